// sweep_feed.hpp: the run::TargetFeed of `sonde sweep`: the operands, then the lines of -f; names
// go to the resolver, at most kNamesAtOnce at a time, so that the wait in its queue costs no name
// its patience. What may not be probed, and lines that are no target, become targets with an error.
// Nothing here waits.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/sweep_policy.hpp"
#include "app/sweep_verdict.hpp"
#include "app/target_reader.hpp"
#include "app/target_text.hpp"
#include "sonde/resolve/resolver.hpp"
#include "sonde/run/target_feed.hpp"

namespace sonde::app {

class SweepFeed final : public run::TargetFeed {
 public:
  static constexpr std::size_t kNamesAtOnce = 2048;
  static constexpr Duration kPatience = 5s;  // for a name
  static constexpr std::size_t kOperandsAtOnce = 2048;

  struct Parts {
    std::vector<TargetText> operands{};  // allowed by the policy
    TargetReader* reader = nullptr;      // null: no -f
    resolve::Resolver& resolver;
    SweepPolicy policy{};
    resolve::FamilyWanted family = resolve::FamilyWanted::any;
    // One line about a target of a file, or about the file; on stderr, say.
    std::function<void(const std::string&)> complain = [](const std::string&) {};
  };
  explicit SweepFeed(Parts parts) : parts_(std::move(parts)) {}

  void supply(net::AddressList& list, std::vector<run::NameAnswer>& answers, Instant now,
              bool hungry) override;
  [[nodiscard]] bool complete() const override {
    return read_ && operand_ == parts_.operands.size();
  }
  [[nodiscard]] bool all_answered() const override { return waiting_.empty() && asked_ == 0; }
  [[nodiscard]] std::optional<Instant> deadline() const override {
    return parts_.resolver.deadline();
  }

  // All of it at once, waiting for the file where it must; then supply() has only names to answer.
  // A name that has its address in the list by then is not asked for. False: `stop` came first.
  [[nodiscard]] bool preload(net::AddressList& list, const std::atomic<bool>& stop);

  // Why not everything that was asked for could be probed; the run is no success then.
  [[nodiscard]] const std::optional<CutShort>& cut_short() const noexcept { return cut_short_; }

 private:
  void take_answers(std::vector<run::NameAnswer>& answers);
  void take_operands(net::AddressList& list);
  void take_batch(net::AddressList& list, std::vector<run::NameAnswer>& answers);
  void add_read(const ReadTarget& read, net::AddressList& list,
                std::vector<run::NameAnswer>& answers);
  void add_addresses(const TargetText& target, const net::AddressRange& range,
                     net::AddressList& list);
  void add_range(const net::AddressRange& range, net::AddressList& list);
  void add_name(const TargetText& target, net::AddressList& list);
  void add_failed(const std::string& text, std::string message, net::AddressList& list,
                  std::vector<run::NameAnswer>& answers);
  void ask_names(const net::AddressList& list);
  void stop_reading(std::string why, ExitCode code = ExitCode::usage);

  Parts parts_;
  std::size_t operand_ = 0;  // the next one
  bool read_ = parts_.reader == nullptr;
  bool all_loopback_ = true;
  std::deque<std::uint32_t> waiting_;  // names not asked for yet
  std::size_t asked_ = 0;              // names under way
  std::optional<CutShort> cut_short_;
  std::vector<run::NameAnswer> early_;  // of preload()
};

}  // namespace sonde::app
