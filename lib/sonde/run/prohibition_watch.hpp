// prohibition_watch.hpp: are too many of the recent answers "administratively prohibited"?
// That is how a network says that it does not want to be swept (RFC 1812 section 5.2.7.1 codes 9,
// 10, 13; RFC 4443 section 3.1 code 1). Counts windows of kWindow answers; after a yes it looks
// away for kPause, since answers to what is already under way say nothing new. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "sonde/base/time.hpp"
#include "sonde/probe/sweep_event.hpp"

namespace sonde::run {

class ProhibitionWatch {
 public:
  static constexpr std::uint32_t kWindow = 100;
  static constexpr std::uint32_t kShare = 10;  // more than one in so many
  static constexpr Duration kPause = 2s;

  // An answer came; true: slow down now.
  [[nodiscard]] bool too_many(const probe::SweepEvent& event);

 private:
  std::uint32_t answers_ = 0;
  std::uint32_t prohibited_ = 0;
  std::optional<Instant> looks_from_{};
};

[[nodiscard]] bool is_prohibition(const probe::Observation& seen) noexcept;

}  // namespace sonde::run
