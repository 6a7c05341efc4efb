#include "sonde/transport/linux/transport.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <iterator>
#include <utility>

#include "sonde/transport/linux/socket_options.hpp"

namespace sonde::transport {
namespace {

constexpr unsigned kFreeTroubles = 1;    // one spurious wake-up is normal
constexpr unsigned kFreeInterrupts = 4;  // and so are signals
constexpr unsigned kMostTrouble = 5;

// 10, 40, 160, 640 ms for the first, second ... time in a row.
Duration penalty_of(unsigned times) noexcept {
  constexpr Duration kFirst = 10ms;
  constexpr unsigned kGrowth = 2;  // as a shift
  constexpr unsigned kMost = 4;
  return kFirst * (1U << (kGrowth * (std::clamp(times, 1U, kMost) - 1)));
}

timespec timespec_of(Duration d) noexcept {
  constexpr std::int64_t kNanoseconds = 1'000'000'000;
  const std::int64_t ns = std::max<std::int64_t>(d.count(), 0);
  return {.tv_sec = static_cast<time_t>(ns / kNanoseconds),
          .tv_nsec = static_cast<long>(ns % kNanoseconds)};
}

constexpr std::size_t index_of(net::Family family) noexcept {
  return family == net::Family::v4 ? 0 : 1;
}

int descriptor_of(const std::optional<Channel>& channel, std::size_t inlet) noexcept {
  return channel ? channel->descriptor(inlet) : -1;
}

bool queue_empty(int os_code) noexcept {
  return os_code == EAGAIN || os_code == EWOULDBLOCK || os_code == EINTR;
}

}  // namespace

LinuxTransport::LinuxTransport(LinuxTransportParts parts, const Clock& clock, Rng& rng)
    : clock_(&clock),
      sealer_(rng),
      ports_{Port{.channel = std::move(parts.v4), .why_none = parts.why_no_v4},
             Port{.channel = std::move(parts.v6), .why_none = parts.why_no_v6}},
      wake_(std::move(parts.wake)),
      receiver_(clock, sealer_, parts.source_rule),
      sender_(clock, sealer_, receiver_) {}

Capabilities LinuxTransport::capabilities() const {
  bool raw = false;
  bool dgram = false;
  ProbeShape shape;
  bool constant = true;
  auto worst = Stamps::transmit_and_receive;
  for (const Port& port : ports_) {
    if (port.channel) {
      (port.channel->kind() == SocketKind::raw ? raw : dgram) = true;
      worst = std::min(worst, port.channel->stamps());
      shape = port.channel->shape();
      constant = constant && shape.is_constant();
    }
  }
  Capabilities out;
  out.backend = shape.is_udp() ? raw ? "linux-udp-raw" : "linux-udp-errqueue"
                : raw && dgram ? "linux-icmp-mixed"
                : raw          ? "linux-icmp-raw"
                               : "linux-icmp-dgram";
  out.privileged = raw;
  out.clock = worst == Stamps::transmit_and_receive ? probe::RttClock::kernel_tx_rx
              : worst == Stamps::receive            ? probe::RttClock::kernel_rx
                                                    : probe::RttClock::steady;
  out.sets_ident = !shape.is_udp();
  out.sees_errors = true;
  out.constant_flows = constant;
  out.sees_quoted_header = raw && !dgram;
  return out;
}

std::uint64_t LinuxTransport::dropped() const {
  std::uint64_t sum = 0;
  for (const Port& port : ports_) {
    sum += port.channel ? port.channel->dropped() : 0;
  }
  return sum;
}

int LinuxTransport::receive_error() const {
  int why = 0;
  for (const Port& port : ports_) {
    for (const ReadTrouble& trouble : port.trouble) {
      why = why == 0 ? trouble.why() : why;
    }
  }
  return why;
}

LinuxTransport::Port& LinuxTransport::port_of(net::Family family) noexcept {
  return ports_[index_of(family)];
}

// How many of the first probes go to one channel in one socket state.
std::size_t LinuxTransport::next_run(std::span<const probe::ProbeSpec> specs) const noexcept {
  const probe::ProbeSpec& first = specs.front();
  const std::size_t most = std::min(specs.size(), SendBatch::kMessages);
  std::size_t run = 1;
  while (run < most && specs[run].destination.family() == first.destination.family() &&
         Channel::same_state(specs[run].ip, first.ip)) {
    ++run;
  }
  return run;
}

std::size_t LinuxTransport::send(std::span<const probe::ProbeSpec> specs,
                                 std::span<probe::SendReport> reports) {
  receiver_.expect_replies(specs.size());
  std::size_t done = 0;
  while (done < specs.size()) {
    const std::size_t run = next_run(specs.subspan(done));
    Port& port = port_of(specs[done].destination.family());
    if (port.channel) {
      sender_.send(*port.channel, specs.subspan(done, run), reports.subspan(done, run));
    } else {
      refuse(specs.subspan(done, run), reports.subspan(done, run));
    }
    done += run;
  }
  flags_valid_ = false;
  return specs.size();
}

// Probes of a family that has no socket.
void LinuxTransport::refuse(std::span<const probe::ProbeSpec> specs,
                            std::span<probe::SendReport> reports) const {
  const Instant now = clock_->now();
  const Port& port = ports_[index_of(specs.front().destination.family())];
  const probe::SendError error = no_socket_error(port.why_none);
  for (std::size_t i = 0; i < specs.size(); ++i) {
    reports[i] = {.id = specs[i].id, .at = now, .error = error};
  }
}

std::size_t LinuxTransport::receive(std::span<probe::Observation> out) {
  progress_ = false;
  failed_ = false;
  std::size_t count = take_backlog(out);
  for (std::size_t i = 0; i < kChannels && count < out.size(); ++i) {
    Port& port = ports_[(first_port_ + i) % kChannels];
    if (port.channel && port.channel->recent().count() > 0) {
      count += receive_from(port, *port.channel, out.subspan(count));
      ask_again(*port.channel);
    }
  }
  count += take_backlog(out.subspan(count));
  first_port_ = (first_port_ + 1) % kChannels;
  judge_progress();
  // Queues that were just emptied need no second look, unless the caller asks once more.
  flags_valid_ = count > 0;
  return count;
}

std::size_t LinuxTransport::take_backlog(std::span<probe::Observation> out) {
  Sender::Backlog& backlog = sender_.backlog();
  const std::size_t count = std::min(out.size(), backlog.size());
  const auto end = backlog.begin() + static_cast<std::ptrdiff_t>(count);
  std::move(backlog.begin(), end, out.begin());
  backlog.erase(backlog.begin(), end);
  progress_ = progress_ || count > 0;
  return count;
}

void LinuxTransport::ask_again(Channel& channel) {
  for (const probe::ProbeId& id : channel.vary_ports()) {
    sender_.backlog().push_back(
        {.probe = id,
         .kind = probe::ObservationKind::send_error,
         .at = clock_->now(),
         .send_error = probe::SendError{.failure = probe::SendFailure::untold}});
  }
}

std::size_t LinuxTransport::receive_from(Port& port, Channel& channel,
                                         std::span<probe::Observation> out) {
  std::size_t count = 0;
  port.heard_icmp = false;
  if (port.has_errors || channel.keys().expecting()) {
    count = read_errors(port, channel, out).observations;
  }
  for (std::size_t inlet = 0; inlet < channel.inlets(); ++inlet) {
    count += read_inlet(port, channel, inlet, out.subspan(count));
  }
  return count;
}

std::size_t LinuxTransport::read_inlet(Port& port, Channel& channel, std::size_t inlet,
                                       std::span<probe::Observation> out) {
  bool& readable = port.readable[inlet];
  std::size_t count = 0;
  bool look = !flags_valid_ || readable || port.has_errors;
  // Without room for what it may hold, the queue stays one to look at.
  readable = look;
  for (std::size_t reads = 0; look && reads < kMostReads && count < out.size(); ++reads) {
    const std::size_t seen = read_packets(port, channel, inlet, out.subspan(count));
    count += seen;
    port.answered = std::min<std::uint64_t>(port.answered + seen, channel.recent().count());
    // When all have been answered, nothing is missed by not asking for more.
    look = readable && port.answered < channel.recent().count();
  }
  return count;
}

LinuxTransport::ErrorsRead LinuxTransport::read_errors(Port& port, Channel& channel,
                                                       std::span<probe::Observation> out) {
  const auto read = receiver_.errors(channel, out);
  if (!read) {
    port.has_errors = false;
    failed_ = failed_ || !queue_empty(read.error());
    return {};
  }
  progress_ = progress_ || read->messages > 0;
  if (read->icmp) {
    port.heard_icmp = true;
    port.trouble[0].note(0);
  }
  port.has_errors = read->maybe_more;
  return {.observations = read->observations, .icmp = read->icmp};
}

// An ICMP error about any probe makes a read of a datagram socket fail once (sk_err), and each one
// that is taken out of the error queue arms the next one there: so the packets are read again
// before the errors are. What the error queue does not explain is a trouble of the socket.
std::size_t LinuxTransport::read_packets(Port& port, Channel& channel, std::size_t inlet,
                                         std::span<probe::Observation> out) {
  constexpr unsigned kMostAttempts = 16;  // strangers may send errors faster than these are told
  const Inlet from = channel.inlet(inlet);
  unsigned unexplained = 0;
  std::size_t count = 0;
  for (unsigned attempt = 0; attempt < kMostAttempts && count < out.size(); ++attempt) {
    const auto read = receiver_.packets(channel, from, out.subspan(count));
    const bool told = attempt > 0;
    if (read || queue_empty(read.error())) {
      port.trouble[inlet].note(read ? 0 : read.error());
      port.readable[inlet] = read && read->maybe_more;
      port.has_errors = port.has_errors || told;
      progress_ = progress_ || told || (read && read->messages > 0);
      return count + (read ? read->observations : 0);
    }
    if (attempt % 2 == 0) {
      continue;
    }
    const ErrorsRead errors = read_errors(port, channel, out.subspan(count));
    count += errors.observations;
    unexplained = errors.icmp ? 0 : unexplained + 1;
    // The error of one that was taken from the queue just now may be told behind that.
    if (unexplained == (port.heard_icmp ? 2 : 1)) {
      port.trouble[inlet].note(read.error());
      port.readable[inlet] = false;
      failed_ = true;
      break;
    }
  }
  return count;
}

// Was there a reason to call receive()?
void LinuxTransport::judge_progress() noexcept {
  if (failed_ || (signalled_ && !progress_)) {
    const unsigned least = failed_ ? kFreeTroubles + 1 : 1;
    trouble_ = std::clamp(trouble_ + 1, least, kMostTrouble);
    penalty_served_ = false;
  } else if (progress_) {
    trouble_ = 0;
  }
  signalled_ = false;
}

void LinuxTransport::wait(Instant until) {
  const Instant now = clock_->now();
  flags_valid_ = false;
  if (until <= now || !sender_.backlog().empty()) {
    return;
  }
  // A penalty is slept once, then the sockets are asked again.
  const bool penalised = trouble_ > kFreeTroubles && !std::exchange(penalty_served_, true);
  const Duration length =
      penalised ? std::min(until - now, penalty_of(trouble_ - kFreeTroubles)) : until - now;
  PollSet polled = poll_set(!penalised);
  const timespec timeout = timespec_of(length);
  const bool for_ever = until == Instant::max() && !penalised;
  const int ready = ::ppoll(polled.data(), polled.size(), for_ever ? nullptr : &timeout, nullptr);
  const int failure = ready < 0 ? errno : clear_wake(polled[0]);
  if (failure != 0) {
    recover(failure, length);
    return;
  }
  failed_waits_ = 0;
  if (!penalised) {
    note_readiness(polled);
  }
}

LinuxTransport::PollSet LinuxTransport::poll_set(bool with_sockets) const noexcept {
  PollSet polled{};
  polled[0] = {.fd = wake_.get(), .events = POLLIN, .revents = 0};
  auto next = polled.begin();
  for (const Port& port : ports_) {
    for (std::size_t i = 0; i < Channel::kMostInlets; ++i) {
      *++next = {
          .fd = with_sockets ? descriptor_of(port.channel, i) : -1, .events = POLLIN, .revents = 0};
    }
  }
  return polled;
}

int LinuxTransport::clear_wake(const pollfd& polled) const noexcept {
  if (polled.revents == 0) {
    return 0;
  }
  std::uint64_t count = 0;
  const bool read = ::read(wake_.get(), &count, sizeof count) == sizeof count;
  return read || errno == EAGAIN ? 0 : errno;
}

void LinuxTransport::note_readiness(const PollSet& polled) noexcept {
  signalled_ = false;
  auto next = polled.begin();
  for (Port& port : ports_) {
    port.has_errors = false;
    for (bool& readable : port.readable) {
      const short events = (++next)->revents;
      readable = (events & ~POLLERR) != 0;
      port.has_errors = port.has_errors || (events & POLLERR) != 0;
      signalled_ = signalled_ || events != 0;
    }
  }
  flags_valid_ = true;
  if (!signalled_) {
    trouble_ = 0;
  }
}

// The wait itself failed. A signal is normal; whatever does not stop is slept off.
void LinuxTransport::recover(int failure, Duration length) noexcept {
  ++failed_waits_;
  if (failure == EINTR && failed_waits_ <= kFreeInterrupts) {
    return;
  }
  const timespec time = timespec_of(std::min(length, penalty_of(failed_waits_)));
  (void)::clock_nanosleep(CLOCK_MONOTONIC, 0, &time, nullptr);
}

void LinuxTransport::wake() noexcept {
  const std::uint64_t one = 1;
  const int saved = errno;  // a signal handler must leave it as it was
  (void)!::write(wake_.get(), &one, sizeof one);
  errno = saved;
}

}  // namespace sonde::transport
