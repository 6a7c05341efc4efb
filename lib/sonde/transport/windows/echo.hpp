// echo.hpp: the thread that makes the system's echo calls and is there when they complete.
// A completion routine runs on the thread that made the call, in an alertable wait; a thread of
// its own keeps the time between a reply and its stamp short, whatever the caller is busy with. No
// call costs a thread or an event. At most kMostOutstanding are under way at a time: Wine's driver
// serves 256 and says nothing of the others, Windows' own limit is not known.
// Calls cannot be cancelled: a service that goes while some are outstanding leaves its thread to
// wait for them, with all that they write to; the end of the process does not.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <vector>

#include "sonde/base/clock.hpp"
#include "sonde/probe/ip_options.hpp"
#include "sonde/probe/recent_sends.hpp"
#include "sonde/probe/spec.hpp"
#include "sonde/transport/windows/iphlpapi.hpp"

namespace sonde::transport {

// One probe: what to ask, and after take() what came of it.
struct EchoJob {
  probe::SentProbe sent{};  // sent.at: just before the call
  std::optional<net::Address> source{};
  probe::IpOptions ip{};
  std::vector<std::byte> payload{};  // as it goes out, token and all
  Duration timeout{};                // how long its answer matters; 0: the service's window
  std::vector<std::byte> reply{};    // the system writes here
  std::uint32_t replies = 0;         // IPv4: how many structures are in `reply`
  Instant completed_at{};
  int error = 0;  // the Win32 code that the call ended with
};
using EchoJobs = std::vector<std::unique_ptr<EchoJob>>;

class EchoService {
 public:
  static constexpr std::size_t kMostOutstanding = 200;
  // So many calls may listen on for late replies, twice as long as their answer matters or a second
  // more; those beyond them stop then, so that silent hosts do not hold up the others.
  static constexpr std::size_t kMayLinger = 32;

  struct Started {
    Instant at{};  // just before the call
    std::optional<probe::SendError> error{};
  };

  // `clock` outlives the service. Error: the Win32 code of what could not be made.
  [[nodiscard]] static std::expected<std::unique_ptr<EchoService>, int> make(
      std::unique_ptr<IcmpApi> api, const Clock& clock, Duration reply_window);
  ~EchoService();
  EchoService(const EchoService&) = delete;
  EchoService& operator=(const EchoService&) = delete;

  // Returns when the calls were made, not when they complete: one result each, `no_buffer` beyond
  // kMostOutstanding, and where the system holds up the thread for longer than kPatience.
  [[nodiscard]] std::vector<Started> start(EchoJobs jobs);
  // What has completed since the last call, in that order.
  [[nodiscard]] EchoJobs take();
  // Until something completes, wake() is called or `until` is there; at once if something has.
  void wait(Instant until);
  void wake() noexcept;

  static constexpr Duration kPatience = 1s;

 private:
  struct State;
  explicit EchoService(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;  // shared with the thread
};

}  // namespace sonde::transport
