#include "sonde/transport/linux/receiver.hpp"

#include <algorithm>
#include <utility>

#include "sonde/base/optional.hpp"
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

// What the message says, into a packet that is used again and again: `ancillary` too.
void read_message(const ReceiveBatch::Message& message, bool has_header, Ancillary& ancillary,
                  Packet& packet) noexcept {
  parse_ancillary(message.control, ancillary);
  packet.data = message.data;
  copy_value(ancillary.stamp, packet.stamp);
  if (has_header) {
    packet.layout = PacketLayout::ipv4;
    return;  // the header says the rest
  }
  packet.layout = PacketLayout::icmp;
  packet.source = decode_address(message.name).value_or(net::Address());
  copy_value(ancillary.ttl, packet.ttl);
  copy_value(ancillary.tos, packet.tos);
  packet.header_options = ancillary.header_options;
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
  const bool has_header = has_ip_header(channel);
  Ancillary ancillary;
  Packet packet;
  for (std::size_t i = 0; i < *count; ++i) {
    batch_.prefetch(i + 1);
    read_message(batch_.message(i), has_header, ancillary, packet);
    const auto ours = interpret(packet, matcher, now, out[read.observations]);
    if (ours) {
      ++read.observations;
    } else {
      rejects_.add(ours.error());
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
  Ancillary ancillary;
  for (std::size_t i = 0; i < *count; ++i) {
    parse_ancillary(batch_.message(i).control, ancillary);
    if (!ancillary.error) {
      continue;
    }
    if (ancillary.error->origin == ErrorOrigin::local) {
      read.local = ancillary.error;
      continue;
    }
    if (queued(channel, {i, ancillary, *ancillary.error}, now, out[read.observations])) {
      ++read.observations;
    }
  }
  return read;
}

bool Receiver::queued(IcmpChannel& channel, const Entry& entry, const ReadTime& now,
                      Observation& seen) {
  if (entry.error.origin == ErrorOrigin::transmit_stamp) {
    return transmitted(channel, entry, now, seen);
  }
  if (entry.error.origin != ErrorOrigin::icmp || channel.kind() == SocketKind::raw) {
    return false;
  }
  const auto error = icmp_error(channel, entry);
  if (!error) {
    rejects_.add(probe::Reject::malformed);
    return false;
  }
  const auto ours = interpret(*error, matcher_of(channel), now, seen);
  if (!ours) {
    rejects_.add(ours.error());
  }
  return ours.has_value();
}

bool Receiver::transmitted(IcmpChannel& channel, const Entry& entry, const ReadTime& now,
                           Observation& seen) {
  const auto number = channel.keys().number_of(entry.error.data);
  const probe::SentProbe* const sent = number ? channel.recent().by_number(*number) : nullptr;
  if (sent == nullptr) {
    return false;
  }
  const auto at = instant_of_stamp(entry.ancillary.stamp, now, sent->at - kStampTolerance);
  if (!at) {
    return false;
  }
  seen = Observation{.probe = sent->id,
                     .kind = probe::ObservationKind::transmitted,
                     .stamp = probe::StampSource::kernel,
                     .at = *at};
  return true;
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
