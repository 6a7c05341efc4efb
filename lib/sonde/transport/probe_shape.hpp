// probe_shape.hpp: what a run's probes look like on the wire, beyond what their specs say: which 16
// bits name a probe, and which are the same for all probes of a flow.
// Load balancers look at addresses, protocol and the first four bytes of the transport header: for
// ICMP these hold the checksum, for UDP the ports (Augustin et al., "Avoiding traceroute anomalies
// with Paris traceroute", IMC 2006). So two payload bytes behind the token balance a checksum:
//   ICMP, constant flows   all probes of flow n have the checksum base + n
//   UDP, constant flows    ports are constant; the checksum names the probe where we can read it
//   varying                ICMP: sequence and checksum as they come; UDP: a port for each probe
// Constant UDP ports leave nothing but the token to know a probe by where no header reaches us. A
// router that quotes 8 bytes of the datagram (RFC 792) quotes none of it: then each probe is given
// a port of its own (vary()).
// Payloads that have no room for the two bytes (0, 1, 4, 5, 8, 9, 16 and 17 bytes) go unbalanced.
// Pure; no allocation.
#pragma once

#include <cstdint>
#include <optional>

#include "sonde/base/bytes.hpp"
#include "sonde/base/random.hpp"
#include "sonde/net/address.hpp"
#include "sonde/net/fields.hpp"
#include "sonde/probe/spec.hpp"
#include "sonde/transport/open_trace.hpp"
#include "sonde/wire/quoted.hpp"

namespace sonde::transport {

inline constexpr std::size_t kUdpHeader = 8;  // bytes, RFC 768
inline constexpr std::size_t kBalance = 2;    // bytes

// Where the balancing bytes of a payload stand: behind as much token as it has room for.
[[nodiscard]] std::optional<std::size_t> balance_at(std::size_t payload_size) noexcept;
// Sets the two bytes at `at` (even; zero so far) such that a checksum which is now `checksum`
// becomes `wanted`, which must not be 0xffff.
void balance(MutableBytes message, std::size_t at, std::uint16_t checksum,
             std::uint16_t wanted) noexcept;

class ProbeShape {
 public:
  // What of a quoted probe says which it is, where the token is not quoted.
  enum class Key : std::uint8_t { icmp_sequence, udp_checksum, udp_port, nothing };

  // ICMP probes that nobody balances: ping and sweep.
  ProbeShape() = default;
  // `reads_headers`: the quoted transport header reaches us (a raw ICMP socket).
  ProbeShape(const TraceOpenOptions& options, bool reads_headers, Rng& rng);

  [[nodiscard]] bool is_udp() const noexcept { return udp_; }
  [[nodiscard]] bool is_constant() const noexcept { return constant_ || !trace_; }
  // Of a trace: what was sent is remembered, to notice address translation.
  [[nodiscard]] bool is_trace() const noexcept { return trace_; }
  // The checksum that the probe must have; nullopt: as it comes.
  [[nodiscard]] std::optional<std::uint16_t> checksum_of(const probe::ProbeId& id,
                                                         std::uint16_t flow) const noexcept;
  // From the first port up; behind the highest, from the first one down.
  [[nodiscard]] net::Port port_of(const probe::ProbeId& id, std::uint16_t flow) const noexcept;

  // The 16 bits that name the probe; what RecentSends is asked with.
  [[nodiscard]] net::IcmpSeq key_of(const probe::ProbeId& id) const noexcept;
  // Those of a quote. nullopt: it has none.
  [[nodiscard]] std::optional<net::IcmpSeq> key_of(
      const wire::QuotedDatagram& quoted) const noexcept;
  [[nodiscard]] Key key() const noexcept { return key_; }

  // From now on each UDP probe has a port of its own. False: that may not be, or there are too few
  // ports; nothing has changed then.
  bool vary() noexcept;

 private:
  Key key_ = Key::icmp_sequence;
  bool udp_ = false;
  bool trace_ = false;
  bool constant_ = false;
  bool may_vary_ = false;
  std::uint16_t base_ = 0;  // of the checksums
  net::Port port_{};        // of flow 0, or the first of a run
};

// The ends of a probe. Without a source, only checksums that do not cover it are known.
struct ProbeEnds {
  std::optional<net::Address> source;
  net::Address destination;
  net::Port source_port{};  // UDP
  net::Port destination_port{};
};

struct ShapedChecksum {
  bool balanced = false;
  std::uint16_t on_the_wire = 0;  // 0: not known
};

// Balances a finished packet as the shape asks for, where it has room and a token.
// `message`: from the ICMP header on, its checksum 0.
ShapedChecksum shape_echo(const ProbeShape& shape, const probe::ProbeSpec& spec,
                          MutableBytes message, const ProbeEnds& ends) noexcept;
// `payload`: that of the UDP datagram.
ShapedChecksum shape_udp(const ProbeShape& shape, const probe::ProbeSpec& spec,
                         MutableBytes payload, const ProbeEnds& ends) noexcept;

}  // namespace sonde::transport
