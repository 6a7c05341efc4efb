#include "sonde/transport/linux/receiver.hpp"

#include <utility>

#include "sonde/base/optional.hpp"
#include "sonde/transport/linux/queued_error.hpp"
#include "sonde/transport/posix/socket_address.hpp"
#include "sonde/transport/rx_time.hpp"

namespace sonde::transport {
namespace {

using probe::Observation;

// What the message says, into a packet that is used again and again: `ancillary` too.
void read_message(const ReceiveBatch::Message& message, Ancillary& ancillary,
                  Packet& packet) noexcept {
  parse_ancillary(message.control, ancillary);
  packet.data = message.data;
  copy_value(ancillary.stamp, packet.stamp);
  packet.device_stamp = ancillary.device_stamp;
  if (packet.layout == PacketLayout::ipv4) {
    return;  // the header says the rest
  }
  if (!read_address(message.name, packet.source)) {
    packet.source = {};
  }
  copy_value(ancillary.ttl, packet.ttl);
  copy_value(ancillary.tos, packet.tos);
  packet.header_options = {};
  if (!ancillary.header_options.empty()) {
    packet.header_options = ancillary.header_options;
  }
  if (packet.layout == PacketLayout::udp) {
    packet.port = decode_port(message.name).value_or(net::Port());
  }
}

// Of what was turned away.
void note_untold(const Packet& packet, const Matcher& matcher, Channel& channel) {
  if (packet.layout == PacketLayout::udp &&
      matcher.untold({packet.data, packet.source, packet.port})) {
    channel.heard_untold();
  }
}

}  // namespace

Matcher Receiver::matcher_of(Channel& channel) const noexcept {
  Matcher matcher{*sealer_, channel.recent(), channel.ident(), source_rule_};
  return channel.shape().is_trace() ? matcher.of_trace(channel.shape(), channel.sources())
                                    : matcher;
}

// Of a channel without stamps only the steady clock is of use.
ReadTime Receiver::read_time(const Channel& channel) noexcept {
  return channel.stamps() == Stamps::none ? ReadTime({.steady = clock_->now(), .wall = {}})
                                          : read_times_.at(read_both(*clock_));
}

std::expected<Receiver::Read, int> Receiver::packets(Channel& channel, const Inlet& inlet,
                                                     std::span<Observation> out) {
  batch_.want_names(inlet.layout != PacketLayout::ipv4);
  const auto count = batch_.read(inlet.fd, ReceiveBatch::Queue::packets, out.size());
  if (!count) {
    return std::unexpected(count.error());
  }
  const ReadTime now = read_time(channel);
  const Matcher matcher = matcher_of(channel);
  std::expected<Read, int> result;  // the only one returned from here: never copied
  Read& read = *result;
  read.messages = *count;
  read.maybe_more = batch_.full();
  Ancillary ancillary;
  Packet packet;
  packet.layout = inlet.layout;
  for (std::size_t i = 0; i < *count; ++i) {
    batch_.prefetch(i + 1);
    const ReceiveBatch::Message message = batch_.message(i);
    if (message.cut && packet.layout != PacketLayout::udp) {
      // Neither its checksum nor its length can be told, and it is longer than any honest answer.
      rejects_.add(probe::Reject::malformed);
      continue;
    }
    read_message(message, ancillary, packet);
    const auto ours = interpret(packet, matcher, now, out[read.observations]);
    if (ours) {
      ++read.observations;
    } else {
      rejects_.add(ours.error());
      note_untold(packet, matcher, channel);
    }
  }
  return result;
}

std::expected<Receiver::Read, int> Receiver::errors(Channel& channel, std::span<Observation> out) {
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
    read.icmp = read.icmp || ancillary.error->origin == ErrorOrigin::icmp;
    if (queued(channel, {i, ancillary, *ancillary.error}, now, out[read.observations])) {
      ++read.observations;
    }
  }
  return read;
}

bool Receiver::queued(Channel& channel, const Entry& entry, const ReadTime& now,
                      Observation& seen) {
  if (entry.error.origin == ErrorOrigin::transmit_stamp) {
    return transmitted(channel, entry, now, seen);
  }
  if (entry.error.origin != ErrorOrigin::icmp || !channel.queues_errors()) {
    return false;
  }
  const auto error = queued_icmp_error(
      {batch_.message(entry.index).name,
       batch_.data_with_headroom(entry.index, ReceiveBatch::kHeadroom), entry.ancillary},
      channel.family(), channel.shape().is_udp() ? kUdpHeader : 0);
  if (!error) {
    rejects_.add(probe::Reject::malformed);
    return false;
  }
  const Matcher matcher = matcher_of(channel);
  const auto ours = interpret(*error, matcher, now, seen);
  if (!ours) {
    rejects_.add(ours.error());
    if (matcher.untold(error->destination, error->port, error->quoted)) {
      channel.heard_untold();
    }
  }
  return ours.has_value();
}

bool Receiver::transmitted(Channel& channel, const Entry& entry, const ReadTime& now,
                           Observation& seen) {
  const auto number = channel.keys().number_of(entry.error.data);
  const probe::SentProbe* const sent = number ? channel.recent().by_number(*number) : nullptr;
  if (sent == nullptr) {
    return false;
  }
  if (entry.ancillary.device_stamp != DeviceTime{}) {
    seen = Observation{.probe = sent->id,
                       .kind = probe::ObservationKind::transmitted,
                       .stamp = probe::StampSource::hardware,
                       .at = sent->at,
                       .device = entry.ancillary.device_stamp};
    return true;
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

}  // namespace sonde::transport
