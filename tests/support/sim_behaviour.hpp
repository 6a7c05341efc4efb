// sim_behaviour.hpp: what hosts of the simulated network do to the answers they give, good or bad.
// A behaviour is a function that changes the list of answers to one request: at first that list
// holds the one honest reply, at the end what is left in it travels back. Behaviours follow each
// other, so "duplicate, then corrupt" is two of them. All randomness comes from Exchange::rng.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <variant>
#include <vector>

#include "sonde/base/random.hpp"
#include "sonde/base/time.hpp"
#include "tests/support/sim_packet.hpp"

namespace sonde::test {

struct Answer {
  Duration delay{};  // beyond what the path takes
  std::variant<EchoPacket, ErrorPacket, PacketBytes> content;
  bool bad_checksum = false;
  std::optional<std::size_t> icmp_bytes{};  // cut there
};

struct Exchange {
  const EchoPacket& request;
  Bytes request_bytes;
  net::Address host;
  Rng& rng;
  std::vector<Answer> answers;
};

using Behaviour = std::function<void(Exchange&)>;

// An ICMP error, of a host or of a router on the way.
struct ErrorKind {
  wire::IcmpType icmp;
  std::uint32_t info = 0;
  std::optional<net::Address> from{};  // absent: the host itself
  Duration delay{};
};

namespace behaviour {

[[nodiscard]] Behaviour lose();
[[nodiscard]] Behaviour delay(Duration by, Duration jitter);
[[nodiscard]] Behaviour duplicate(std::size_t copies, Duration gap);
[[nodiscard]] Behaviour ttl(net::Ttl ttl);
[[nodiscard]] Behaviour other_source(const net::Address& source);
// Flips bits of one payload byte; the checksum fits again.
[[nodiscard]] Behaviour corrupt(std::size_t offset, std::byte mask);
[[nodiscard]] Behaviour invert_from(std::size_t offset);
[[nodiscard]] Behaviour fill(std::byte value, std::size_t from, std::size_t to);
[[nodiscard]] Behaviour add_to_word(std::uint64_t value);  // to the first 8 bytes of the payload
[[nodiscard]] Behaviour resize(std::size_t payload_bytes);
[[nodiscard]] Behaviour random_payload();
[[nodiscard]] Behaviour fixed_sequence(net::IcmpSeq seq);
[[nodiscard]] Behaviour shift_sequence(std::uint16_t by);
[[nodiscard]] Behaviour shift_ident(std::uint16_t by);
[[nodiscard]] Behaviour bad_checksum();
[[nodiscard]] Behaviour cut(std::size_t icmp_bytes);
[[nodiscard]] Behaviour icmp_type(wire::IcmpType icmp);  // instead of echo reply
// A router's error instead of the answers, or before them.
[[nodiscard]] Behaviour error(const ErrorKind& kind);
[[nodiscard]] Behaviour also_error(const ErrorKind& kind);
// What of the quoted packet is not what we sent.
enum class QuoteLie : std::uint8_t {
  ident,
  sequence,
  token,
  cut,    // what is behind the 8 bytes that RFC 792 asks for, and the checksum a guess
  zeros,  // padding in place of the payload, and the checksum that of the padding
};
// Its error quotes a packet that somebody else sent, or nobody.
[[nodiscard]] Behaviour strange_error(const ErrorKind& kind, QuoteLie lie = QuoteLie::ident);
// Random bytes as an ICMP message, beside the answers.
[[nodiscard]] Behaviour garbage(std::size_t icmp_bytes);
// A reply to another program's ping, beside the answers.
[[nodiscard]] Behaviour stranger();

}  // namespace behaviour

// The answer as it goes on the wire.
[[nodiscard]] PacketBytes encode(const Answer& answer);

}  // namespace sonde::test
