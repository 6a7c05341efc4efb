// name_wait.hpp: the results of a sweep that wait for the names of their addresses. Each waits
// until its name has come, or no name at all has come for kPatience: a slow name server gets its
// time, a dead one costs that much. More than kMost do not wait: the oldest goes without.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "sonde/base/time.hpp"
#include "sonde/run/name_source.hpp"
#include "sonde/stats/sweep_results.hpp"

namespace sonde::run {

class NameWait {
 public:
  static constexpr Duration kPatience = 1s;
  static constexpr std::size_t kMost = 65536;

  struct Held {
    stats::SweepResult result{};  // its views may be stale
    Instant at{};                 // when it was settled
    Instant since{};
  };

  explicit NameWait(NameSource& source) : source_(source) {}

  // Asks for the name of a target, once.
  void ask(std::uint32_t target, const net::Address& address);
  void hold(const stats::SweepResult& result, Instant at, Instant now);
  // Names that have come: which targets have them.
  struct Named {
    std::uint32_t target = 0;
    Untrusted name;
  };
  [[nodiscard]] std::vector<Named> take_names(Instant now);
  // The target's result, which waits no more; nullopt: none is held.
  [[nodiscard]] std::optional<Held> release(std::uint32_t target);
  // One whose time is over, or for which there is no room; nullopt: none.
  [[nodiscard]] std::optional<Held> take_overdue(Instant now);
  [[nodiscard]] std::optional<Held> take_any();

  [[nodiscard]] bool empty() const noexcept { return held_.empty(); }
  [[nodiscard]] std::optional<Instant> deadline() const noexcept;

 private:
  NameSource& source_;
  std::map<net::Address, std::vector<std::uint32_t>> asked_;  // who waits for its name
  std::unordered_map<std::uint32_t, std::uint64_t> places_;   // of held targets, in held_
  std::map<std::uint64_t, Held> held_;                        // in the order in which they came
  std::uint64_t next_ = 0;
  Instant last_name_ = Instant::min();
};

}  // namespace sonde::run
