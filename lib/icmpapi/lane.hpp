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

// Which socket a request needs. The kernel's stamps are for what comes while nobody looks; over
// loopback the answer is there when the send call returns, and milliseconds are asked for.
struct LaneKey {
  net::Family family = net::Family::v4;
  std::optional<net::Address> source{};
  bool broadcast = false;  // may send to broadcast addresses, and is answered from any address
  bool stamps = true;      // arrivals are timed by the kernel
  friend auto operator<=>(const LaneKey&, const LaneKey&) = default;
};

// The spec's sequence and its view of the payload are filled in by who sends it.
struct EchoRequest {
  probe::ProbeSpec spec;
  Bytes payload{};  // the caller's
  Duration timeout{};
};

// The transport with what must outlive it. Errors: the last error for the caller.
struct OpenLane {
  SystemClock clock;
  SystemRng rng;
  std::unique_ptr<transport::Transport> transport;
};
// `most_outstanding`: requests at once.
[[nodiscard]] std::expected<std::unique_ptr<OpenLane>, DWORD> open_lane(
    const LaneKey& key, std::size_t most_outstanding);

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

  struct Outcome {
    DWORD count = 0;               // of answers in the buffer
    DWORD error = 0;               // if there is none
    bool needs_broadcast = false;  // it was not sent, and this is why
  };
  // Sends, waits up to the request's time-out, and fills the buffer.
  // hot, flatten: as in LinuxTransport.
  [[gnu::hot, gnu::flatten]] void exchange(EchoRequest& request, const ReplyBuffer& buffer);
  // Of the last exchange.
  [[nodiscard]] const Outcome& outcome() const noexcept { return outcome_; }

 private:
  [[nodiscard]] Bytes keep(Bytes payload);
  [[nodiscard]] std::optional<probe::SendError> send(EchoRequest& request);
  void collect(const EchoRequest& request, const ReplyBuffer& buffer);
  [[nodiscard]] bool take(std::size_t count, const EchoRequest& request);

  static constexpr std::size_t kObservations = 8;
  LaneKey key_;
  std::unique_ptr<OpenLane> opened_;
  std::uint64_t sequence_;
  Instant sent_at_{};
  DWORD local_error_ = 0;  // reported after the request was sent
  Outcome outcome_{};
  std::vector<Answer> answers_{};
  std::array<probe::Observation, kObservations> seen_{};
  // What is sent stands here: the transport compares also late replies with it. Outgrown ones stay.
  std::vector<std::vector<std::byte>> payloads_{};
};

}  // namespace sonde::icmpapi
