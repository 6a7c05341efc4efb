#include "sonde/transport/tcp_interpret.hpp"

#include "sonde/wire/icmp_extensions.hpp"
#include "sonde/wire/icmpv4.hpp"
#include "sonde/wire/icmpv6.hpp"
#include "sonde/wire/ipv4.hpp"
#include "sonde/wire/quoted.hpp"
#include "sonde/wire/tcp.hpp"

namespace sonde::transport {
namespace {

using probe::Observation;
using probe::Reject;
using Answer = std::expected<Observation, Reject>;

// A packet without its IP header, and what that said.
struct Content {
  Bytes data;
  net::Address source;
  std::optional<net::Ttl> ttl{};
  std::optional<net::Tos> tos{};
};

std::expected<Content, Reject> content_of(const Packet& packet) noexcept {
  if (packet.layout != PacketLayout::ipv4) {
    return Content{
        .data = packet.data, .source = packet.source, .ttl = packet.ttl, .tos = packet.tos};
  }
  const auto ip = wire::decode_ipv4(packet.data);
  if (!ip) {
    return std::unexpected(Reject::malformed);
  }
  return Content{.data = ip->payload,
                 .source = ip->header.source,
                 .ttl = ip->header.ttl,
                 .tos = ip->header.tos};
}

bool answers_syn(const wire::TcpHeader& h) noexcept {
  const bool acknowledges = (h.control & wire::tcp::kAck) != 0;
  return acknowledges && (h.control & (wire::tcp::kSyn | wire::tcp::kRst)) != 0;
}

// The checksum of the quoted header, where the quote reaches that far and the header is not one
// that a router cut and filled up with zeros.
std::optional<std::uint16_t> quoted_checksum(const wire::QuotedDatagram& quoted) noexcept {
  constexpr std::size_t kBehindQuote = 8;  // acknowledgment, offset, control, window
  Reader in{quoted.payload};
  const std::uint32_t acknowledgment = in.u32();
  const std::uint8_t offset = in.u8();
  const std::uint8_t control = in.u8();
  in.skip(kBehindQuote - in.position());
  const std::uint16_t checksum = in.u16();
  const bool plain = acknowledgment == 0 && offset != 0 && (control & wire::tcp::kSyn) != 0;
  return in.failed() || !plain ? std::nullopt : std::optional(checksum);
}

bool rewritten(const wire::QuotedDatagram& quoted, const SentSyn& sent, net::Port port) noexcept {
  if (!quoted.source.same_host(sent.source) || quoted.source_port != sent.source_port ||
      quoted.destination_port != port) {
    return true;
  }
  return quoted_checksum(quoted).value_or(sent.checksum) != sent.checksum;
}

probe::QuotedHeader quoted_header(const wire::QuotedDatagram& quoted, const SentSyn& sent,
                                  net::Port port) noexcept {
  return {.ttl = quoted.ttl, .tos = quoted.tos, .rewritten = rewritten(quoted, sent, port)};
}

std::expected<wire::IcmpMessage, Reject> icmp_error_in(const Content& content) noexcept {
  const auto message = content.source.is_v6() ? wire::decode_icmpv6(content.data)
                                              : wire::decode_icmpv4(content.data);
  if (!message) {
    return std::unexpected(message.error() == wire::DecodeError::bad_checksum ? Reject::checksum
                                                                              : Reject::malformed);
  }
  if (message->message_class != wire::IcmpClass::error) {
    return std::unexpected(Reject::stranger);
  }
  return *message;
}

}  // namespace

Answer interpret_segment(const Packet& packet, const SentSyns& sends, net::Port port,
                         const ReadTime& now) {
  const auto content = content_of(packet);
  if (!content) {
    return std::unexpected(content.error());
  }
  const auto segment = wire::decode_tcp(content->data);
  if (!segment) {
    return std::unexpected(Reject::malformed);
  }
  const wire::TcpHeader& h = segment->header;
  const SentSyn* const sent = answers_syn(h) ? sends.find(h.acknowledgment - 1) : nullptr;
  if (sent == nullptr || h.source != port || h.destination != sent->source_port) {
    return std::unexpected(Reject::stranger);
  }
  if (!content->source.same_host(sent->destination)) {
    return std::unexpected(Reject::source);
  }
  Observation seen = tcp_reply(*sent, arrival_of(packet.stamp, now, sent->at));
  seen.bytes = static_cast<std::uint32_t>(content->data.size());
  seen.ttl = content->ttl;
  seen.tos = content->tos;
  return seen;
}

Answer interpret_syn_error(const Packet& packet, const SentSyns& sends, net::Port port,
                           const ReadTime& now) {
  const auto content = content_of(packet);
  if (!content) {
    return std::unexpected(content.error());
  }
  const auto message = icmp_error_in(*content);
  if (!message) {
    return std::unexpected(message.error());
  }
  const wire::ErrorBody body = wire::split_error_body(message->body, message->quoted_length);
  const auto quoted = wire::decode_quoted(body.quoted, content->source.family());
  if (!quoted) {
    return std::unexpected(Reject::malformed);
  }
  const SentSyn* const sent =
      quoted->protocol == net::kTcp ? sends.find(quoted->tcp_sequence) : nullptr;
  if (sent == nullptr || !quoted->destination.same_host(sent->destination)) {
    return std::unexpected(Reject::quote);
  }
  const QueuedIcmpError error{.icmp = message->icmp,
                              .responder = content->source,
                              .destination = quoted->destination,
                              .next_hop_mtu = message->next_hop_mtu,
                              .quoted = body.quoted,
                              .extensions = body.extensions,
                              .ttl = content->ttl,
                              .tos = content->tos,
                              .stamp = packet.stamp};
  if (!is_outcome(error)) {
    return std::unexpected(Reject::stranger);
  }
  Observation seen = tcp_error(*sent, error, now);
  seen.quoted = quoted_header(*quoted, *sent, port);
  return seen;
}

}  // namespace sonde::transport
