#include "sonde/transport/linux/tcp_raw.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <utility>

#include "sonde/transport/linux/ancillary.hpp"
#include "sonde/transport/linux/sender.hpp"
#include "sonde/transport/linux/socket_options.hpp"
#include "sonde/transport/posix/socket_address.hpp"
#include "sonde/transport/tcp_interpret.hpp"

namespace sonde::transport {
namespace {

timespec timespec_of(Duration d) noexcept {
  constexpr std::int64_t kNanoseconds = 1'000'000'000;
  const std::int64_t ns = std::max<std::int64_t>(d.count(), 0);
  return {.tv_sec = static_cast<time_t>(ns / kNanoseconds),
          .tv_nsec = static_cast<long>(ns % kNanoseconds)};
}

Packet packet_of(const ReceiveBatch::Message& message, net::Family family) noexcept {
  Ancillary ancillary;
  parse_ancillary(message.control, ancillary);
  Packet packet;
  packet.data = message.data;
  packet.stamp = ancillary.stamp;
  if (family == net::Family::v4) {
    packet.layout = PacketLayout::ipv4;
    return packet;  // the header says the rest
  }
  packet.source = decode_address(message.name).value_or(net::Address());
  packet.ttl = ancillary.ttl;
  packet.tos = ancillary.tos;
  return packet;
}

}  // namespace

TcpRawTransport::TcpRawTransport(std::vector<TcpRawChannel> channels, Missing missing, Fd wake,
                                 FlowStyle flow_style, const Clock& clock)
    : channels_(std::move(channels)),
      missing_(missing),
      wake_(std::move(wake)),
      flow_style_(flow_style),
      clock_(&clock),
      read_times_(read_both(clock)) {}

Capabilities TcpRawTransport::capabilities() const {
  const auto all = [this](auto has) { return std::ranges::all_of(channels_, has); };
  Capabilities out{.backend = "linux-tcp-raw", .privileged = true};
  out.clock = all(&TcpRawChannel::transmit_stamps)  ? probe::RttClock::kernel_tx_rx
              : all(&TcpRawChannel::receive_stamps) ? probe::RttClock::kernel_rx
                                                    : probe::RttClock::steady;
  out.constant_flows = flow_style_ == FlowStyle::constant;
  out.sees_quoted_header = true;
  return out;
}

std::uint64_t TcpRawTransport::dropped() const {
  std::uint64_t sum = 0;
  for (const TcpRawChannel& channel : channels_) {
    sum += queue_drops(channel.tcp()) + queue_drops(channel.icmp());
  }
  return sum;
}

int TcpRawTransport::receive_error() const {
  const auto refused =
      std::ranges::find_if(trouble_, [](const auto& socket) { return socket.second.why() != 0; });
  return refused == trouble_.end() ? 0 : refused->second.why();
}

std::size_t TcpRawTransport::send(std::span<const probe::ProbeSpec> specs,
                                  std::span<probe::SendReport> reports) {
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const auto channel =
        std::ranges::find(channels_, specs[i].destination.family(), &TcpRawChannel::family);
    if (channel != channels_.end()) {
      reports[i] = channel->send(specs[i], *clock_);
    } else {
      reports[i] = {
          .id = specs[i].id,
          .at = clock_->now(),
          .error = no_socket_error(specs[i].destination.is_v4() ? missing_.v4 : missing_.v6)};
    }
  }
  return specs.size();
}

std::size_t TcpRawTransport::receive(std::span<probe::Observation> out) {
  progress_ = false;
  std::size_t count = 0;
  for (TcpRawChannel& channel : channels_) {
    count += receive_from(channel, out.subspan(count));
  }
  if (progress_) {
    fruitless_ = 0;
  } else if (signalled_) {
    ++fruitless_;
    penalty_due_ = true;
  }
  signalled_ = false;
  return count;
}

// Transmit stamps first: they belong to what is answered next.
std::size_t TcpRawTransport::receive_from(TcpRawChannel& channel,
                                          std::span<probe::Observation> out) {
  std::size_t count = read_stamps(channel, out);
  count += drain(channel, channel.tcp(), out.subspan(count));
  return count + drain(channel, channel.icmp(), out.subspan(count));
}

std::size_t TcpRawTransport::drain(const TcpRawChannel& channel, int fd,
                                   std::span<probe::Observation> out) {
  std::size_t count = 0;
  for (int reads = 0; reads < kMostReads && count < out.size(); ++reads) {
    count += read_packets(channel, fd, out.subspan(count));
    if (!batch_.full()) {
      break;
    }
  }
  return count;
}

// Of a channel without stamps only the steady clock is of use.
ReadTime TcpRawTransport::read_time(const TcpRawChannel& channel) noexcept {
  return channel.receive_stamps() ? read_times_.at(read_both(*clock_))
                                  : ReadTime({.steady = clock_->now(), .wall = {}});
}

std::size_t TcpRawTransport::read_stamps(TcpRawChannel& channel,
                                         std::span<probe::Observation> out) {
  const bool look = channel.keys().expecting() || signalled_;
  if (!look || out.empty()) {
    return 0;
  }
  const auto read = batch_.read(channel.tcp(), ReceiveBatch::Queue::errors, out.size());
  if (!read) {
    return 0;
  }
  progress_ = progress_ || *read > 0;
  const ReadTime now = read_time(channel);
  std::size_t count = 0;
  Ancillary ancillary;
  for (std::size_t i = 0; i < *read; ++i) {
    parse_ancillary(batch_.message(i).control, ancillary);
    if (!ancillary.error || ancillary.error->origin != ErrorOrigin::transmit_stamp) {
      continue;
    }
    const auto number = channel.keys().number_of(ancillary.error->data);
    const SentSyn* const sent = number ? channel.sends().by_number(*number) : nullptr;
    const auto at = sent != nullptr
                        ? instant_of_stamp(ancillary.stamp, now, sent->at - kStampTolerance)
                        : std::nullopt;
    if (at) {
      out[count++] = {.probe = sent->id,
                      .kind = probe::ObservationKind::transmitted,
                      .stamp = probe::StampSource::kernel,
                      .at = *at};
    }
  }
  return count;
}

std::size_t TcpRawTransport::read_packets(const TcpRawChannel& channel, int fd,
                                          std::span<probe::Observation> out) {
  const auto read = batch_.read(fd, ReceiveBatch::Queue::packets, out.size());
  trouble_[fd].note(read ? 0 : read.error());
  if (!read) {
    return 0;
  }
  progress_ = progress_ || *read > 0;
  const ReadTime now = read_time(channel);
  const auto interpret_one = fd == channel.tcp() ? interpret_segment : interpret_syn_error;
  std::size_t count = 0;
  for (std::size_t i = 0; i < *read; ++i) {
    auto seen = interpret_one(packet_of(batch_.message(i), channel.family()), channel.sends(),
                              channel.port(), now);
    if (seen) {
      out[count++] = std::move(*seen);
    } else {
      rejects_.add(seen.error());
    }
  }
  return count;
}

std::vector<pollfd> TcpRawTransport::poll_set() const {
  std::vector<pollfd> polled{{.fd = wake_.get(), .events = POLLIN, .revents = 0}};
  for (const TcpRawChannel& channel : channels_) {
    polled.push_back({.fd = channel.tcp(), .events = POLLIN, .revents = 0});
    polled.push_back({.fd = channel.icmp(), .events = POLLIN, .revents = 0});
  }
  return polled;
}

void TcpRawTransport::wait(Instant until) {
  constexpr unsigned kFree = 1;  // one spurious wake-up is normal
  constexpr Duration kPenalty = 10ms;
  constexpr unsigned kMostShift = 6;  // 640 ms
  const Instant now = clock_->now();
  if (until <= now) {
    return;
  }
  std::vector<pollfd> polled = poll_set();
  Duration length = until - now;
  // A penalty is slept once, then the sockets are asked again.
  const bool penalised = fruitless_ > kFree && std::exchange(penalty_due_, false);
  if (penalised) {
    polled.resize(1);  // the wake-up alone
    length = std::min(length, kPenalty * (1U << std::min(fruitless_ - kFree - 1, kMostShift)));
  }
  const timespec timeout = timespec_of(length);
  const bool for_ever = until == Instant::max() && !penalised;
  const int ready = ::ppoll(polled.data(), polled.size(), for_ever ? nullptr : &timeout, nullptr);
  if (ready < 0 && errno != EINTR) {
    const timespec pause = timespec_of(std::min(length, kPenalty));
    (void)::clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, nullptr);
  }
  std::uint64_t wakes = 0;
  (void)!::read(wake_.get(), &wakes, sizeof wakes);
  signalled_ = ready > 0 && std::ranges::any_of(polled.begin() + 1, polled.end(),
                                                [](const pollfd& p) { return p.revents != 0; });
  if (ready == 0 && !penalised) {
    fruitless_ = 0;
  }
}

void TcpRawTransport::wake() noexcept {
  const std::uint64_t one = 1;
  const int saved = errno;  // a signal handler must leave it as it was
  (void)!::write(wake_.get(), &one, sizeof one);
  errno = saved;
}

}  // namespace sonde::transport
