// lane.hpp: an open transport that one call at a time sends its request through.
// A file keeps a lane for each call that was ever in progress at once: calls on other threads never
// share a socket, so none can take another's replies, and no call waits for another thread.
// Requests carry the caller's bytes and nothing else; a reply is known by the socket's identifier,
// the sequence number, which starts at random, and the address that was asked.
#pragma once

#include <windef.h>

#include <array>
#include <compare>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <vector>

#include "icmpapi/reply_buffer.hpp"
#include "sonde/base/random.hpp"
#include "sonde/base/system_clock.hpp"
#include "sonde/base/time.hpp"
#include "sonde/net/address.hpp"
#include "sonde/probe/ip_options.hpp"
#include "sonde/probe/observation.hpp"
#include "sonde/probe/spec.hpp"
#include "sonde/transport/transport.hpp"

namespace sonde::icmpapi {

// Which socket a request needs.
struct LaneKey {
  net::Family family = net::Family::v4;
  std::optional<net::Address> source{};
  bool broadcast = false;  // may send to broadcast addresses, and is answered from any address
  friend auto operator<=>(const LaneKey&, const LaneKey&) = default;
};

struct EchoRequest {
  net::Address destination{};
  probe::IpOptions ip{};
  Bytes payload{};
  Duration timeout{};
};

// The transport with what must outlive it. Errors: the last error for the caller.
struct OpenLane {
  SystemClock clock;
  SystemRng rng;
  std::unique_ptr<transport::Transport> transport;
};
[[nodiscard]] std::expected<std::unique_ptr<OpenLane>, DWORD> open_lane(const LaneKey& key);

// As bytes on the wire; see ProbeSpec.
[[nodiscard]] probe::ProbeSpec spec_of(const EchoRequest& request, std::uint64_t sequence) noexcept;

// What became of a request that the system would not send.
[[nodiscard]] DWORD error_of(const probe::SendError& error, const probe::IpOptions& ip) noexcept;
// The same as the Status of a reply structure.
[[nodiscard]] probe::Status status_of_error(DWORD error) noexcept;
// A broadcast address was refused: a lane with LaneKey::broadcast may send there.
[[nodiscard]] bool needs_broadcast(const probe::SendError& error) noexcept;
// Several hosts may answer: collected until the time-out.
[[nodiscard]] bool is_group(const LaneKey& key, const net::Address& destination) noexcept;

class Lane {
 public:
  [[nodiscard]] static std::expected<std::unique_ptr<Lane>, DWORD> open(const LaneKey& key);
  Lane(const LaneKey& key, std::unique_ptr<OpenLane> opened);

  [[nodiscard]] const LaneKey& key() const noexcept { return key_; }

  struct Exchange {
    std::vector<Answer> answers{};
    DWORD error = 0;               // the request was not sent
    bool needs_broadcast = false;  // and this is why
  };
  // Blocks up to the request's time-out. `buffer` says when enough has come.
  [[nodiscard]] Exchange exchange(const EchoRequest& request, const ReplyBuffer& buffer);

 private:
  [[nodiscard]] std::optional<probe::SendError> send(const EchoRequest& request);
  void collect(const EchoRequest& request, const ReplyBuffer& buffer, Exchange& result);
  [[nodiscard]] bool take(std::size_t count, const EchoRequest& request, Exchange& result);

  static constexpr std::size_t kObservations = 8;
  LaneKey key_;
  std::unique_ptr<OpenLane> opened_;
  std::uint64_t sequence_;
  Instant sent_at_{};
  std::array<probe::Observation, kObservations> seen_{};
};

}  // namespace sonde::icmpapi
