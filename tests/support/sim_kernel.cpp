#include "tests/support/sim_kernel.hpp"

#include "sonde/transport/interpret.hpp"
#include "sonde/wire/icmp_extensions.hpp"
#include "sonde/wire/icmpv4.hpp"
#include "sonde/wire/icmpv6.hpp"
#include "sonde/wire/ipv4.hpp"
#include "sonde/wire/ipv6.hpp"
#include "tests/support/interpreted.hpp"

namespace sonde::test {

using probe::Observation;
using probe::Reject;

namespace {

struct Received {  // a packet as the kernel sees it
  net::Address source;
  net::Address destination;
  net::Ttl ttl;
  net::Tos tos;
  Bytes header_options;
  Bytes icmp;
};

std::optional<Received> take_apart(Bytes packet) {
  if (const auto v4 = wire::decode_ipv4(packet)) {
    return Received{.source = v4->header.source,
                    .destination = v4->header.destination,
                    .ttl = v4->header.ttl,
                    .tos = v4->header.tos,
                    .header_options = v4->header.options,
                    .icmp = v4->payload};
  }
  if (const auto v6 = wire::decode_ipv6(packet)) {
    return Received{.source = v6->header.source,
                    .destination = v6->header.destination,
                    .ttl = v6->header.hop_limit,
                    .tos = v6->header.traffic_class,
                    .header_options = {},
                    .icmp = v6->payload};
  }
  return std::nullopt;
}

transport::Packet message_of(const Received& received, const std::optional<WallTime>& stamp) {
  return {.data = received.icmp,
          .layout = transport::PacketLayout::icmp,
          .source = received.source,
          .ttl = received.ttl,
          .tos = received.tos,
          .header_options = received.header_options,
          .stamp = stamp};
}

// The kernel's own check, before any socket sees the packet.
std::expected<wire::IcmpMessage, wire::DecodeError> verified(const Received& received) {
  if (received.source.is_v4()) {
    return wire::decode_icmpv4(received.icmp);
  }
  const wire::Ipv6Ends ends{.source = received.source, .destination = received.destination};
  return wire::decode_icmpv6(received.icmp, &ends);
}

}  // namespace

std::expected<Observation, Reject> read_raw(Bytes packet, const std::optional<WallTime>& stamp,
                                            const transport::Matcher& matcher,
                                            const transport::ReadTime& now) {
  const auto received = take_apart(packet);
  if (!received) {
    return std::unexpected(Reject::malformed);
  }
  if (received->source.is_v4()) {
    return interpreted(transport::Packet{.data = packet,
                                         .layout = transport::PacketLayout::ipv4,
                                         .source = received->source,
                                         .stamp = stamp},
                       matcher, now);
  }
  if (const auto message = verified(*received);
      !message && message.error() == wire::DecodeError::bad_checksum) {
    return std::unexpected(Reject::checksum);
  }
  return interpreted(message_of(*received, stamp), matcher, now);
}

std::expected<Observation, Reject> read_dgram(Bytes packet, const std::optional<WallTime>& stamp,
                                              const transport::Matcher& matcher,
                                              const transport::ReadTime& now) {
  const auto received = take_apart(packet);
  const auto message = received ? verified(*received)
                                : std::expected<wire::IcmpMessage, wire::DecodeError>(
                                      std::unexpected(wire::DecodeError::truncated));
  if (!message) {
    return std::unexpected(Reject::malformed);
  }
  if (message->message_class == wire::IcmpClass::echo_reply) {
    return interpreted(message_of(*received, stamp), matcher, now);
  }
  if (message->message_class != wire::IcmpClass::error) {
    return std::unexpected(Reject::stranger);
  }
  // The kernel hands over the quote without its IP header, and its destination beside it.
  const wire::ErrorBody body = wire::split_error_body(message->body, message->quoted_length);
  const auto quoted = take_apart(body.quoted);
  if (!quoted) {
    return std::unexpected(Reject::malformed);
  }
  return interpreted(transport::QueuedIcmpError{.icmp = message->icmp,
                                                .responder = received->source,
                                                .destination = quoted->destination,
                                                .next_hop_mtu = message->next_hop_mtu,
                                                .quoted = quoted->icmp,
                                                .extensions = body.extensions,
                                                .ttl = received->ttl,
                                                .tos = received->tos,
                                                .stamp = stamp},
                     matcher, now);
}

}  // namespace sonde::test
