#include "sonde/transport/linux/receiver.hpp"

#include <algorithm>
#include <utility>

#include "sonde/transport/posix/socket_address.hpp"
#include "sonde/transport/rx_time.hpp"
#include "sonde/wire/icmp_extensions.hpp"
#include "sonde/wire/icmpv4.hpp"
#include "sonde/wire/icmpv6.hpp"
#include "sonde/wire/ipv4.hpp"
#include "sonde/wire/ipv6.hpp"

namespace sonde::transport {
namespace {

using probe::Observation;

bool has_ip_header(const IcmpChannel& channel) noexcept {
  return channel.kind() == SocketKind::raw && channel.family() == net::Family::v4;
}

Packet packet_of(const ReceiveBatch::Message& message, const IcmpChannel& channel) noexcept {
  Packet packet;
  packet.data = message.data;
  const Ancillary ancillary = parse_ancillary(message.control);
  packet.stamp = ancillary.stamp;
  if (has_ip_header(channel)) {
    packet.layout = PacketLayout::ipv4;
    return packet;  // the header says the rest
  }
  packet.source = decode_address(message.name).value_or(net::Address());
  packet.ttl = ancillary.ttl;
  packet.tos = ancillary.tos;
  packet.header_options = ancillary.header_options;
  return packet;
}

std::optional<net::Mtu> mtu_of(net::Family family, const QueuedError& error) noexcept {
  const bool too_big =
      family == net::Family::v4
          ? error.icmp == wire::IcmpType{.type = wire::icmpv4::kDestinationUnreachable,
                                         .code = wire::icmpv4::kCodeFragmentationNeeded}
          : error.icmp.type == wire::icmpv6::kPacketTooBig;
  return too_big && error.info != 0 ? std::optional(net::Mtu(error.info)) : std::nullopt;
}

std::size_t plain_ip_header(net::Family family) noexcept {
  return family == net::Family::v4 ? wire::kIpv4MinHeader : wire::kIpv6Header;
}

// The kernel cuts the quoted IP header off. With zeros of its length in its place the quote is as
// long as it was, and the layout without a length attribute can be told as well (RFC 4884, 5.5).
wire::ErrorBody split_quote(Bytes with_header, std::size_t header, std::size_t extensions_at) {
  const std::size_t quoted_length = extensions_at == 0 ? 0 : header + extensions_at;
  wire::ErrorBody body = wire::split_error_body(with_header, quoted_length);
  body.quoted = body.quoted.subspan(std::min(header, body.quoted.size()));
  return body;
}

}  // namespace

// Of a channel without stamps only the steady clock is of use.
ReadTime Receiver::read_time(const IcmpChannel& channel) noexcept {
  return channel.stamps() == Stamps::none ? ReadTime({.steady = clock_->now(), .wall = {}})
                                          : read_times_.at(read_both(*clock_));
}

std::expected<Receiver::Read, int> Receiver::packets(IcmpChannel& channel,
                                                     std::span<Observation> out) {
  batch_.want_names(!has_ip_header(channel));
  const auto count = batch_.read(channel.fd(), ReceiveBatch::Queue::packets, out.size());
  if (!count) {
    return std::unexpected(count.error());
  }
  const ReadTime now = read_time(channel);
  const Matcher matcher = matcher_of(channel);
  Read read{.messages = *count, .maybe_more = batch_.full()};
  for (std::size_t i = 0; i < *count; ++i) {
    auto seen = interpret(packet_of(batch_.message(i), channel), matcher, now);
    if (seen) {
      out[read.observations++] = std::move(*seen);
    } else {
      rejects_.add(seen.error());
    }
  }
  return read;
}

std::expected<Receiver::Read, int> Receiver::errors(IcmpChannel& channel,
                                                    std::span<Observation> out) {
  batch_.want_names(true);
  const auto count = batch_.read(channel.fd(), ReceiveBatch::Queue::errors, out.size());
  if (!count) {
    return std::unexpected(count.error());
  }
  const ReadTime now = read_time(channel);
  Read read{.messages = *count, .maybe_more = batch_.full()};
  for (std::size_t i = 0; i < *count; ++i) {
    const Ancillary ancillary = parse_ancillary(batch_.message(i).control);
    if (!ancillary.error) {
      continue;
    }
    if (ancillary.error->origin == ErrorOrigin::local) {
      read.local = ancillary.error;
      continue;
    }
    if (auto seen = queued(channel, {i, ancillary, *ancillary.error}, now)) {
      out[read.observations++] = std::move(*seen);
    }
  }
  return read;
}

std::optional<Observation> Receiver::queued(IcmpChannel& channel, const Entry& entry,
                                            const ReadTime& now) {
  if (entry.error.origin == ErrorOrigin::transmit_stamp) {
    return transmitted(channel, entry, now);
  }
  if (entry.error.origin != ErrorOrigin::icmp || channel.kind() == SocketKind::raw) {
    return std::nullopt;
  }
  const auto error = icmp_error(channel, entry);
  if (!error) {
    rejects_.add(probe::Reject::malformed);
    return std::nullopt;
  }
  auto seen = interpret(*error, matcher_of(channel), now);
  if (!seen) {
    rejects_.add(seen.error());
    return std::nullopt;
  }
  return std::move(*seen);
}

std::optional<Observation> Receiver::transmitted(IcmpChannel& channel, const Entry& entry,
                                                 const ReadTime& now) {
  const auto number = channel.keys().number_of(entry.error.data);
  const probe::SentProbe* const sent = number ? channel.recent().by_number(*number) : nullptr;
  if (sent == nullptr) {
    return std::nullopt;
  }
  const auto at = instant_of_stamp(entry.ancillary.stamp, now, sent->at - kStampTolerance);
  if (!at) {
    return std::nullopt;
  }
  return Observation{.probe = sent->id,
                     .kind = probe::ObservationKind::transmitted,
                     .stamp = probe::StampSource::kernel,
                     .at = *at};
}

std::optional<QueuedIcmpError> Receiver::icmp_error(const IcmpChannel& channel,
                                                    const Entry& entry) const {
  const auto& [index, ancillary, error] = entry;
  const auto destination = decode_address(batch_.message(index).name);
  if (!destination || !error.offender) {
    return std::nullopt;
  }
  const std::size_t header = plain_ip_header(channel.family());
  const wire::ErrorBody body =
      split_quote(batch_.data_with_headroom(index, header), header, error.extensions_at);
  return QueuedIcmpError{.icmp = error.icmp,
                         .responder = *error.offender,
                         .destination = *destination,
                         .next_hop_mtu = mtu_of(channel.family(), error),
                         .quoted = body.quoted,
                         .extensions = body.extensions,
                         .ttl = ancillary.ttl,
                         .tos = ancillary.tos,
                         .stamp = ancillary.stamp};
}

}  // namespace sonde::transport
