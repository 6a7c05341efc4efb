#include "sonde/transport/interpret.hpp"

#include <memory>
#include <utility>

#include "sonde/base/optional.hpp"
#include "sonde/transport/rx_time.hpp"
#include "sonde/wire/icmp_extensions.hpp"
#include "sonde/wire/icmpv4.hpp"
#include "sonde/wire/icmpv6.hpp"
#include "sonde/wire/ipv4.hpp"
#include "sonde/wire/quoted.hpp"

namespace sonde::transport {
namespace {

using probe::Observation;
using probe::ObservationKind;
using probe::Reject;

Reject reject_of(wire::DecodeError error) noexcept {
  return error == wire::DecodeError::bad_checksum ? Reject::checksum : Reject::malformed;
}

// An ICMP message, and who brought it.
struct Arrival {
  const Bytes& message;
  const net::Address& source;
  const Bytes& header_options;
  wire::VerifyChecksum verify;
  const std::optional<WallTime>& stamp;
  const DeviceTime& device_stamp;
};

// Whom to ask, and where the answer goes.
struct Judge {
  const Matcher& matcher;
  const ReadTime& now;
  Observation& seen;
};

std::expected<wire::IcmpMessage, wire::DecodeError> decode_icmp(const Arrival& arrival) noexcept {
  return arrival.source.is_v6() ? wire::decode_icmpv6(arrival.message)
                                : wire::decode_icmpv4(arrival.message, arrival.verify);
}

bool is_no_outcome(net::Family family, std::uint8_t type) noexcept {
  return family == net::Family::v4 &&
         (type == wire::icmpv4::kRedirect || type == wire::icmpv4::kSourceQuench);
}

// What replies and errors have in common, and what most of them lack. Field by field, here and
// below: a slot that was filled in pieces and then copied whole costs a stall for each word of it.
void fill_common(Observation& seen, const Match& match, const std::optional<WallTime>& stamp,
                 const ReadTime& now) noexcept {
  const Instant earliest = match.sent != nullptr ? match.sent->at : Instant::min();
  const StampedInstant arrival = arrival_of(stamp, now, earliest);
  seen.probe.target = match.id.target;
  seen.probe.sequence = match.id.sequence;
  seen.at = arrival.at;
  seen.stamp = arrival.source;
  seen.device = DeviceTime{};
  seen.verified = match.verified;
  seen.bytes = 0;
  seen.ttl.reset();
  seen.tos.reset();
  seen.next_hop_mtu.reset();
  seen.quoted.reset();
  seen.corruption.reset();
  seen.truncated = false;
  seen.dont_fragment = false;
  seen.send_error.reset();
}

// Header options, and a payload that differs from what was sent.
[[gnu::noinline]] std::shared_ptr<const probe::ObservationExtras> extras_of_reply(
    Bytes header_options, Bytes payload) {
  if (header_options.empty() && payload.empty()) {
    return nullptr;
  }
  return std::make_shared<const probe::ObservationExtras>(probe::ObservationExtras{
      .extensions = {},
      .header_options = probe::HeaderOptions::from(header_options).value_or(probe::HeaderOptions{}),
      .payload = {payload.begin(), payload.end()}});
}

std::expected<void, Reject> interpret_reply(const Arrival& arrival, const wire::IcmpMessage& echo,
                                            const Judge& judge) {
  const auto match = judge.matcher.reply(echo, arrival.source);
  if (!match) {
    return std::unexpected(match.error());
  }
  Observation& seen = judge.seen;
  fill_common(seen, *match, arrival.stamp, judge.now);
  seen.kind = ObservationKind::reply;
  seen.device = arrival.device_stamp;
  seen.responder = arrival.source;
  seen.icmp.type = echo.icmp.type;
  seen.icmp.code = echo.icmp.code;
  seen.status = probe::Status::success;
  seen.bytes = static_cast<std::uint32_t>(arrival.message.size());
  copy_value(match->corruption, seen.corruption);
  seen.truncated = match->truncated;
  const bool differs = seen.corruption || seen.truncated;
  seen.extras = extras_of_reply(arrival.header_options, differs ? echo.body : Bytes{});
  return {};
}

// Extensions that do not decode are left out: the error itself is still true.
std::shared_ptr<const probe::ObservationExtras> extras_of(Bytes structure) {
  if (structure.empty()) {
    return nullptr;
  }
  auto extensions = wire::decode_extensions(structure);
  if (!extensions || extensions->objects.empty()) {
    return nullptr;
  }
  return std::make_shared<const probe::ObservationExtras>(
      probe::ObservationExtras{.extensions = std::move(*extensions), .header_options = {}});
}

// Which probe it was about; null: one that is forgotten.
std::expected<const probe::SentProbe*, Reject> interpret_error(const QueuedIcmpError& error,
                                                               const wire::QuotedDatagram& quoted,
                                                               const Judge& judge) {
  const auto match = judge.matcher.error(quoted);
  if (!match) {
    return std::unexpected(match.error());
  }
  Observation& seen = judge.seen;
  fill_common(seen, *match, error.stamp, judge.now);
  seen.kind = ObservationKind::icmp_error;
  seen.responder = error.responder;
  seen.icmp = error.icmp;
  seen.status = probe::status_of(error.responder.family(), error.icmp);
  seen.ttl = error.ttl;
  seen.tos = error.tos;
  seen.next_hop_mtu = error.next_hop_mtu;
  seen.extras = extras_of(error.extensions);
  return match->sent;
}

[[gnu::noinline]] std::expected<void, Reject> interpret_error_packet(
    const Arrival& arrival, const wire::IcmpMessage& message, const Judge& judge) {
  const net::Family family = arrival.source.family();
  if (is_no_outcome(family, message.icmp.type)) {
    return std::unexpected(Reject::stranger);
  }
  const wire::ErrorBody body = wire::split_error_body(message.body, message.quoted_length);
  const auto quoted = wire::decode_quoted(body.quoted, family);
  if (!quoted) {
    return std::unexpected(Reject::malformed);
  }
  const QueuedIcmpError error{.icmp = message.icmp,
                              .responder = arrival.source,
                              .destination = quoted->destination,
                              .next_hop_mtu = message.next_hop_mtu,
                              .quoted = body.quoted,
                              .extensions = body.extensions,
                              .stamp = arrival.stamp};
  const auto about = interpret_error(error, *quoted, judge);
  if (!about) {
    return std::unexpected(about.error());
  }
  judge.seen.quoted = probe::QuotedHeader{
      .ttl = quoted->ttl,
      .tos = quoted->tos,
      .rewritten = *about != nullptr && judge.matcher.rewritten(**about, *quoted)};
  return {};
}

std::expected<void, Reject> interpret_icmp(const Arrival& arrival, const Judge& judge) {
  const auto message = decode_icmp(arrival);
  if (!message) {
    return std::unexpected(reject_of(message.error()));
  }
  switch (message->message_class) {
    case wire::IcmpClass::echo_reply:
      return interpret_reply(arrival, *message, judge);
    case wire::IcmpClass::error:
      return interpret_error_packet(arrival, *message, judge);
    case wire::IcmpClass::echo_request:
    case wire::IcmpClass::other:
      break;
  }
  return std::unexpected(Reject::stranger);
}

// A UDP service at the probed port answered.
[[gnu::noinline]] std::expected<void, Reject> interpret_datagram(const Packet& packet,
                                                                 const Judge& judge) {
  const auto match = judge.matcher.datagram(
      {.payload = packet.data, .source = packet.source, .port = packet.port});
  if (!match) {
    return std::unexpected(match.error());
  }
  Observation& seen = judge.seen;
  fill_common(seen, *match, packet.stamp, judge.now);
  seen.kind = ObservationKind::reply;
  seen.responder = packet.source;
  seen.icmp = {};
  seen.status = probe::Status::success;
  seen.bytes = static_cast<std::uint32_t>(kUdpHeader + packet.data.size());
  seen.corruption = match->corruption;
  seen.truncated = match->truncated;
  seen.ttl = packet.ttl;
  seen.tos = packet.tos;
  seen.extras = nullptr;
  return {};
}

// The quote as it is where the headers are cut off: the kernel has matched them.
std::expected<wire::QuotedDatagram, wire::DecodeError> quote_of(const QueuedIcmpError& error,
                                                                const Matcher& matcher) {
  if (!matcher.is_udp()) {
    return wire::decode_quoted_transport(error.quoted,
                                         error.destination.is_v4() ? net::kIcmp : net::kIcmpV6);
  }
  wire::QuotedDatagram quoted;
  quoted.protocol = net::kUdp;
  quoted.source_port = net::Port(matcher.ident().value);
  quoted.destination_port = error.port;
  quoted.payload = error.quoted;
  return quoted;
}

// The IPv4 header says what for other packets stands in the fields beside.
std::expected<void, Reject> interpret_ipv4(const Packet& packet, const Judge& judge) {
  const auto ip = wire::decode_ipv4(packet.data);
  if (!ip) {
    return std::unexpected(reject_of(ip.error()));
  }
  const Arrival arrival{.message = ip->payload,
                        .source = ip->header.source,
                        .header_options = ip->header.options,
                        .verify = wire::VerifyChecksum::yes,
                        .stamp = packet.stamp,
                        .device_stamp = packet.device_stamp};
  const auto result = interpret_icmp(arrival, judge);
  if (result) {
    judge.seen.ttl = ip->header.ttl;
    judge.seen.tos = ip->header.tos;
    judge.seen.dont_fragment = ip->header.dont_fragment;
  }
  return result;
}

}  // namespace

std::expected<void, Reject> interpret(const Packet& packet, const Matcher& matcher,
                                      const ReadTime& now, Observation& seen) {
  if (packet.layout == PacketLayout::ipv4) {
    return interpret_ipv4(packet, {matcher, now, seen});
  }
  if (packet.layout == PacketLayout::udp) {
    return interpret_datagram(packet, {matcher, now, seen});
  }
  const Arrival arrival{.message = packet.data,
                        .source = packet.source,
                        .header_options = packet.header_options,
                        .verify = wire::VerifyChecksum::no,
                        .stamp = packet.stamp,
                        .device_stamp = packet.device_stamp};
  const auto result = interpret_icmp(arrival, {matcher, now, seen});
  if (result) {
    copy_value(packet.ttl, seen.ttl);
    copy_value(packet.tos, seen.tos);
  }
  return result;
}

std::expected<void, Reject> interpret(const QueuedIcmpError& error, const Matcher& matcher,
                                      const ReadTime& now, Observation& seen) {
  if (is_no_outcome(error.destination.family(), error.icmp.type)) {
    return std::unexpected(Reject::stranger);
  }
  auto quoted = quote_of(error, matcher);
  if (!quoted) {
    return std::unexpected(Reject::malformed);
  }
  quoted->destination = error.destination;
  const auto about = interpret_error(error, *quoted, {matcher, now, seen});
  return about ? std::expected<void, Reject>{} : std::unexpected(about.error());
}

}  // namespace sonde::transport
