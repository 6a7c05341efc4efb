#include "sonde/transport/probe_shape.hpp"

#include <algorithm>

#include "sonde/probe/token.hpp"
#include "sonde/wire/checksum.hpp"

namespace sonde::transport {
namespace {

constexpr net::Port kTraceroutePort{33434};
// 0 and 0xffff are the same sum and left out: UDP says "none" with 0 (RFC 768), and no sum of a
// packet that is not all zeros folds to 0.
constexpr std::uint32_t kChecksums = 0xfffe;
constexpr std::uint32_t kPorts = 0x10000;
// More than any trace has probes that a late answer may be for.
constexpr std::uint32_t kFewestPorts = 1024;

std::size_t token_within(std::size_t payload) noexcept {
  using probe::TokenSealer;
  for (const std::size_t size : {TokenSealer::kFull, TokenSealer::kTag, TokenSealer::kShortTag}) {
    if (payload >= size) {
      return size;
    }
  }
  return 0;
}

}  // namespace

std::optional<std::size_t> balance_at(std::size_t payload_size) noexcept {
  const std::size_t at = token_within(payload_size);
  return at + kBalance <= payload_size ? std::optional(at) : std::nullopt;
}

// RFC 1624 equation 3, solved for the new field: ~wanted = ~checksum + field.
void balance(MutableBytes message, std::size_t at, std::uint16_t checksum,
             std::uint16_t wanted) noexcept {
  const auto inverted = static_cast<std::uint16_t>(~wanted);
  const auto field = static_cast<std::uint16_t>(
      ~wire::checksum_update(static_cast<std::uint16_t>(~checksum), 0xffff, inverted));
  constexpr int kByte = 8;  // bits
  message[at] = static_cast<std::byte>(field >> kByte);
  message[at + 1] = static_cast<std::byte>(field);
}

ProbeShape::ProbeShape(const TraceOpenOptions& options, bool reads_headers, Rng& rng)
    : udp_(options.protocol == TraceProtocol::udp),
      trace_(true),
      constant_(options.flow_style == FlowStyle::constant),
      may_vary_(udp_ && constant_ && options.may_vary),
      base_(static_cast<std::uint16_t>(rng.below(kChecksums))),
      port_(options.port.value_or(kTraceroutePort)) {
  if (udp_ && !constant_) {
    key_ = Key::udp_port;
  } else if (udp_) {
    key_ = reads_headers ? Key::udp_checksum : Key::nothing;
  }
}

bool ProbeShape::vary() noexcept {
  if (!may_vary_ || kPorts - port_.value < kFewestPorts) {
    return false;
  }
  may_vary_ = constant_ = false;
  key_ = Key::udp_port;
  return true;
}

std::optional<std::uint16_t> ProbeShape::checksum_of(const probe::ProbeId& id,
                                                     std::uint16_t flow) const noexcept {
  if (key_ == Key::udp_checksum) {
    return key_of(id).value;
  }
  if (!constant_ || udp_) {
    return std::nullopt;
  }
  return static_cast<std::uint16_t>(1 + (std::uint32_t{base_} + flow) % kChecksums);
}

// Ports wrap from the last to the first that was asked for.
net::Port ProbeShape::port_of(const probe::ProbeId& id, std::uint16_t flow) const noexcept {
  const std::uint32_t above = kPorts - port_.value;
  const std::uint64_t step = (constant_ ? flow : id.sequence - 1) % (kPorts - 1);  // there is no 0
  return net::Port(static_cast<std::uint16_t>(step < above ? port_.value + step
                                                           : port_.value - 1 - (step - above)));
}

net::IcmpSeq ProbeShape::key_of(const probe::ProbeId& id) const noexcept {
  switch (key_) {
    case Key::udp_checksum:
      return net::IcmpSeq(static_cast<std::uint16_t>(1 + (base_ + id.sequence) % kChecksums));
    case Key::udp_port:
      return net::IcmpSeq(port_of(id, 0).value);
    case Key::icmp_sequence:
    case Key::nothing:
      break;
  }
  return net::IcmpSeq(static_cast<std::uint16_t>(id.sequence));
}

std::optional<net::IcmpSeq> ProbeShape::key_of(const wire::QuotedDatagram& quoted) const noexcept {
  switch (key_) {
    case Key::icmp_sequence:
      return quoted.seq;
    case Key::udp_checksum:
      return net::IcmpSeq(quoted.transport_checksum);
    case Key::udp_port:
      return net::IcmpSeq(quoted.destination_port.value);
    case Key::nothing:
      break;
  }
  return std::nullopt;
}

namespace {

// Where the balancing bytes of this probe stand; they are zero then. nullopt: none of them.
std::optional<std::size_t> make_room(const probe::ProbeSpec& spec, MutableBytes payload) noexcept {
  const auto at = spec.authenticate ? balance_at(payload.size()) : std::nullopt;
  if (at) {
    std::ranges::fill(payload.subspan(*at, kBalance), std::byte{0});
  }
  return at;
}

}  // namespace

// The checksum that is balanced for ICMPv6 is that of the message alone: the pseudo header is the
// same for all probes of a flow.
ShapedChecksum shape_echo(const ProbeShape& shape, const probe::ProbeSpec& spec,
                          MutableBytes message, const ProbeEnds& ends) noexcept {
  ShapedChecksum out;
  if (const auto wanted = shape.checksum_of(spec.id, spec.flow)) {
    if (const auto at = make_room(spec, message.subspan(wire::kIcmpHeader))) {
      balance(message, wire::kIcmpHeader + *at, wire::internet_checksum(message), *wanted);
      out.balanced = true;
    }
  }
  if (ends.destination.is_v4()) {
    out.on_the_wire = wire::internet_checksum(message);
  } else if (ends.source) {
    wire::ChecksumSum sum;
    sum.add_pseudo_header(*ends.source, ends.destination, net::kIcmpV6,
                          static_cast<std::uint32_t>(message.size()));
    sum.add(message);
    out.on_the_wire = sum.value();
  }
  return out;
}

ShapedChecksum shape_udp(const ProbeShape& shape, const probe::ProbeSpec& spec,
                         MutableBytes payload, const ProbeEnds& ends) noexcept {
  ShapedChecksum out;
  if (!ends.source) {
    return out;
  }
  const auto wanted = shape.checksum_of(spec.id, spec.flow);
  const auto at = wanted ? make_room(spec, payload) : std::nullopt;
  const auto length = static_cast<std::uint32_t>(kUdpHeader + payload.size());
  wire::ChecksumSum sum;
  sum.add_pseudo_header(*ends.source, ends.destination, net::kUdp, length);
  sum.add_u16(ends.source_port.value);
  sum.add_u16(ends.destination_port.value);
  sum.add_u16(static_cast<std::uint16_t>(length));
  sum.add(payload);
  constexpr std::uint16_t kInPlaceOfZero = 0xffff;  // RFC 768
  out.on_the_wire = sum.value() == 0 ? kInPlaceOfZero : sum.value();
  if (at) {
    balance(payload, *at, sum.value(), *wanted);
    out.balanced = true;
    out.on_the_wire = *wanted;
  }
  return out;
}

}  // namespace sonde::transport
