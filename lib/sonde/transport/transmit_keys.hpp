// transmit_keys.hpp: from the key of a kernel transmit stamp back to the number of the send.
// The kernel counts a socket's sends in 32 bits from when it was asked to
// (SOF_TIMESTAMPING_OPT_ID); whether a send that failed was counted depends on its version and on
// how far the packet got, so after a failure the count is started anew, and restart() says which
// send will be key 0. Pure.
#pragma once

#include <cstdint>
#include <optional>

namespace sonde::transport {

class TransmitKeys {
 public:
  // `next_number` is the number of the next send (probe::RecentSends::count()).
  void restart(std::uint64_t next_number) noexcept {
    base_ = next_number;
    sent_ = 0;
    seen_ = 0;
  }
  void sent(std::uint64_t count) noexcept { sent_ += count; }

  // The send that a stamp is for; nullopt: a key that was not used since the last restart.
  [[nodiscard]] std::optional<std::uint64_t> number_of(std::uint32_t key) noexcept {
    constexpr std::uint64_t kWrap = std::uint64_t{1} << 32;
    std::uint64_t index = (sent_ & ~(kWrap - 1)) | key;
    if (index >= sent_ && index >= kWrap) {
      index -= kWrap;  // from before the 32 bits wrapped
    }
    if (index >= sent_) {
      return std::nullopt;
    }
    if (index >= seen_) {
      seen_ = index + 1;
    }
    return base_ + index;
  }
  // The newest send has no stamp yet: there may be one to fetch.
  [[nodiscard]] bool expecting() const noexcept { return seen_ < sent_; }

 private:
  std::uint64_t base_ = 0;
  std::uint64_t sent_ = 0;  // since restart
  std::uint64_t seen_ = 0;  // newest stamped index + 1
};

}  // namespace sonde::transport
