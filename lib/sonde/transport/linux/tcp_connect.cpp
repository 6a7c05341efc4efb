#include "sonde/transport/linux/tcp_connect.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <utility>

#include "sonde/transport/destination.hpp"
#include "sonde/transport/linux/privilege.hpp"
#include "sonde/transport/linux/queued_error.hpp"
#include "sonde/transport/linux/sender.hpp"
#include "sonde/transport/linux/socket_options.hpp"

namespace sonde::transport {
namespace {

constexpr net::Port kHttp{80};
constexpr std::uint64_t kWakeUp = UINT64_MAX;  // in epoll's data; sockets have their index

std::size_t socket_limit() noexcept {
  constexpr rlim_t kForOthers = 32;
  constexpr rlim_t kLeast = 4;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur <= kForOthers + kLeast) {
    return kLeast;
  }
  return std::min<rlim_t>(limit.rlim_cur - kForOthers, TcpConnectTransport::kMostSockets);
}

timespec timespec_of(Duration d) noexcept {
  constexpr std::int64_t kNanoseconds = 1'000'000'000;
  const std::int64_t ns = std::max<std::int64_t>(d.count(), 0);
  return {.tv_sec = static_cast<time_t>(ns / kNanoseconds),
          .tv_nsec = static_cast<long>(ns % kNanoseconds)};
}

bool is_ready(int fd) noexcept {
  pollfd polled{.fd = fd, .events = POLLOUT, .revents = 0};
  return ::poll(&polled, 1, 0) > 0;
}

probe::SendError send_error(int os_code) noexcept {
  const bool no_room = os_code == EMFILE || os_code == ENFILE;
  return {.failure = no_room ? probe::SendFailure::no_buffer : send_failure_of(os_code),
          .os_code = os_code};
}

}  // namespace

std::vector<net::Family> wanted_families(const OpenOptions& options) {
  std::vector<net::Family> families;
  for (const net::Family family : {net::Family::v4, net::Family::v6}) {
    const bool wanted = family == net::Family::v4 ? options.v4 : options.v6;
    if (wanted && (!options.source || options.source->family() == family)) {
      families.push_back(family);
    }
  }
  return families;
}

Error wrong_family(const OpenOptions& options) {
  return {.code = ErrorCode::bad_source,
          .operation = "send from " + options.source.value_or(net::Address()).to_text(),
          .os_code = EAFNOSUPPORT,
          .why = "not an address of the family that was asked for",
          .what_to_do = {}};
}

TcpConnectTransport::TcpConnectTransport(TraceOpenOptions options, const Clock& clock)
    : options_(std::move(options)),
      route_(options_.common),
      clock_(&clock),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      most_sockets_(socket_limit()),
      read_times_(read_both(clock)) {}

std::expected<std::unique_ptr<TcpConnectTransport>, Error> TcpConnectTransport::open(
    const TraceOpenOptions& options, const Clock& clock) {
  std::unique_ptr<TcpConnectTransport> out(new TcpConnectTransport(options, clock));
  epoll_event wake{.events = EPOLLIN, .data = {.u64 = kWakeUp}};
  if (!out->epoll_.valid() || !out->wake_.valid() ||
      ::epoll_ctl(out->epoll_.get(), EPOLL_CTL_ADD, out->wake_.get(), &wake) != 0) {
    return std::unexpected(system_error("make an event descriptor", errno));
  }
  std::optional<Error> failure;
  for (const net::Family family : wanted_families(options.common)) {
    if (const auto opened = out->open_sockets(family); !opened) {
      failure = opened.error();
    }
  }
  if (out->slots_.empty() || (failure && failure->code == ErrorCode::bad_source)) {
    return std::unexpected(failure ? std::move(*failure) : wrong_family(options.common));
  }
  return out;
}

std::expected<void, Error> TcpConnectTransport::open_sockets(net::Family family) {
  constexpr std::size_t kMarked = 128;
  const OpenOptions& common = options_.common;
  std::optional<RaisedPrivilege> raised;
  if (common.mark || !common.interface.empty()) {
    raised.emplace();
  }
  const std::size_t wanted = common.mark ? std::min(kMarked, most_sockets_ / kFamilies) : 1;
  may_open_ = !common.mark;
  for (std::size_t i = 0; i < wanted; ++i) {
    if (auto added = add_socket(family); !added) {
      return std::unexpected(std::move(added.error()));
    } else {
      idle(family).push_back(*added);
    }
  }
  return {};
}

std::expected<std::size_t, Error> TcpConnectTransport::add_socket(net::Family family) {
  auto socket = TcpConnectSocket::open(family, options_.common);
  if (!socket) {
    return std::unexpected(std::move(socket.error()));
  }
  slots_.push_back({.socket = std::move(*socket)});
  return slots_.size() - 1;
}

Capabilities TcpConnectTransport::capabilities() const {
  const bool stamps =
      std::ranges::all_of(slots_, [](const Slot& slot) { return slot.socket.stamps(); });
  return {.backend = "linux-tcp-connect",
          .clock = stamps ? probe::RttClock::kernel_rx : probe::RttClock::steady,
          .constant_flows = false};
}

// The errno: ENOBUFS when all are busy.
std::expected<std::size_t, int> TcpConnectTransport::take_socket(net::Family family) {
  std::vector<std::size_t>& free = idle(family);
  if (!free.empty()) {
    const std::size_t index = free.back();
    free.pop_back();
    return index;
  }
  if (!may_open_ || slots_.size() >= most_sockets_) {
    return std::unexpected(ENOBUFS);
  }
  const auto added = add_socket(family);
  return added ? std::expected<std::size_t, int>(*added) : std::unexpected(added.error().os_code);
}

std::size_t TcpConnectTransport::send(std::span<const probe::ProbeSpec> specs,
                                      std::span<probe::SendReport> reports) {
  give_up_old(clock_->now());
  for (std::size_t i = 0; i < specs.size(); ++i) {
    send_one(specs[i], reports[i]);
  }
  return specs.size();
}

void TcpConnectTransport::send_one(const probe::ProbeSpec& spec, probe::SendReport& report) {
  report = {.id = spec.id, .at = clock_->now()};
  const auto taken = take_socket(spec.destination.family());
  if (!taken) {
    report.error = send_error(taken.error());
    return;
  }
  Slot& slot = slots_[*taken];
  const int failure = start(slot, *taken, spec);
  report.at = slot.sent.at;
  if (failure != 0) {
    report.error =
        failure == EINVAL
            ? send_error_on(route_.source_for(slot.sent.destination).has_value(), failure)
            : send_error(failure);
    release(*taken);
    return;
  }
  watch({.slot = *taken, .at = slot.sent.at, .look_at = slot.sent.at + kPatience});
}

// By when they are to be looked at; nearly always the last.
void TcpConnectTransport::watch(const Pending& pending) {
  pending_.insert(std::ranges::upper_bound(pending_, pending.look_at, {}, &Pending::look_at),
                  pending);
}

int TcpConnectTransport::start(Slot& slot, std::size_t index, const probe::ProbeSpec& spec) {
  slot.sent = {
      .id = spec.id, .destination = effective_destination(spec.destination), .at = clock_->now()};
  slot.fruitless = 0;
  slot.busy = true;
  if (const int refused = slot.socket.prepare(spec.ip); refused != 0) {
    return refused;
  }
  epoll_event interest{.events = EPOLLOUT, .data = {.u64 = index}};
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, slot.socket.fd(), &interest) != 0) {
    return errno;
  }
  // Last, so that the time is that of the packet as nearly as can be had.
  slot.sent.at = clock_->now();
  return slot.socket.connect(slot.sent.destination, options_.port.value_or(kHttp));
}

void TcpConnectTransport::release(std::size_t index) noexcept {
  Slot& slot = slots_[index];
  (void)::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, slot.socket.fd(), nullptr);
  const bool usable = slot.socket.disconnect() == 0;
  slot.busy = false;
  // What came between the last look and now is nobody's: the next probe finds an empty queue.
  while (batch_.read(slot.socket.fd(), ReceiveBatch::Queue::errors, ReceiveBatch::kMessages)) {
  }
  if (usable) {
    idle(slot.socket.family()).push_back(index);
  }
}

void TcpConnectTransport::give_up_old(Instant now) {
  while (!pending_.empty()) {
    Pending oldest = pending_.front();
    const Slot& slot = slots_[oldest.slot];
    const bool running = slot.busy && slot.sent.at == oldest.at;
    // An answer that came while the process was stopped is still to be fetched.
    if (running && (now < oldest.look_at || is_ready(slot.socket.fd()))) {
      return;
    }
    pending_.pop_front();
    if (!running) {
      continue;
    }
    // The system still asks the link for the next hop: while it has the SYN it sends no second one.
    oldest.look_at += kSecondSyn;
    if (oldest.look_at - oldest.at <= kLongestHold && now < oldest.look_at &&
        slot.socket.holds_syn()) {
      watch(oldest);
    } else {
      release(oldest.slot);
    }
  }
}

// Asks which sockets are ready, if nothing is left of the last time.
void TcpConnectTransport::collect() noexcept {
  if (ready_taken_ < ready_count_) {
    return;
  }
  const int count = ::epoll_wait(epoll_.get(), ready_.data(), static_cast<int>(kEvents), 0);
  ready_at_ = clock_->now();
  ready_taken_ = 0;
  ready_count_ = count > 0 ? static_cast<std::size_t>(count) : 0;
}

std::size_t TcpConnectTransport::receive(std::span<probe::Observation> out) {
  constexpr unsigned kMostFruitless = 3;
  std::size_t count = 0;
  collect();
  for (; ready_taken_ < ready_count_ && count < out.size(); ++ready_taken_) {
    const epoll_event& event = ready_[ready_taken_];
    const std::uint64_t index = event.data.u64;
    if (index >= slots_.size() || !slots_[index].busy) {
      continue;  // the wake-up, or given up since
    }
    Slot& slot = slots_[index];
    const bool told = judge(slot, (event.events & EPOLLERR) != 0, out[count]);
    count += told ? 1 : 0;
    if (told || ++slot.fruitless >= kMostFruitless) {
      release(index);
    }
  }
  give_up_old(clock_->now());
  return count;
}

bool TcpConnectTransport::judge(Slot& slot, bool has_errors, probe::Observation& seen) {
  return (has_errors && judge_queue(slot, seen)) || judge_state(slot, seen);
}

bool TcpConnectTransport::judge_queue(Slot& slot, probe::Observation& seen) {
  const auto count = batch_.read(slot.socket.fd(), ReceiveBatch::Queue::errors, 1);
  if (!count || *count == 0) {
    return false;
  }
  const ReadTime now = read_times_.at(read_both(*clock_));
  Ancillary ancillary;
  parse_ancillary(batch_.message(0).control, ancillary);
  if (!ancillary.error || ancillary.error->origin != ErrorOrigin::icmp) {
    return false;
  }
  const auto error = queued_icmp_error(
      {batch_.message(0).name, batch_.data_with_headroom(0, ReceiveBatch::kHeadroom), ancillary},
      slot.socket.family());
  if (!error) {
    rejects_.add(probe::Reject::malformed);
    return false;
  }
  if (!is_outcome(*error) || slot.socket.state().sent_again) {
    return false;
  }
  seen = tcp_error(slot.sent, *error, now);
  return true;
}

bool TcpConnectTransport::judge_state(Slot& slot, probe::Observation& seen) {
  const TcpConnectSocket::State state = slot.socket.state();
  if (state.sent_again || (!state.answered && state.error == 0)) {
    return false;
  }
  if (!state.answered) {
    seen = {.probe = slot.sent.id,
            .kind = probe::ObservationKind::send_error,
            .at = ready_at_,
            .send_error = send_error(state.error)};
    return true;
  }
  const Instant latest = std::max(ready_at_, slot.sent.at);
  const bool measured = state.rtt && slot.sent.at + *state.rtt <= latest;
  seen = tcp_reply(slot.sent,
                   measured ? StampedInstant{.at = slot.sent.at + *state.rtt,
                                             .source = probe::StampSource::kernel}
                            : StampedInstant{.at = latest, .source = probe::StampSource::user});
  return true;
}

void TcpConnectTransport::wait(Instant until) {
  constexpr Duration kPenalty = 10ms;
  for (Instant now = clock_->now(); now < until && ready_taken_ == ready_count_;
       now = clock_->now()) {
    give_up_old(now);
    const Instant next = pending_.empty() ? until : std::min(until, pending_.front().look_at);
    const timespec timeout = timespec_of(next - now);
    pollfd polled{.fd = epoll_.get(), .events = POLLIN, .revents = 0};
    const bool for_ever = next == Instant::max();
    const int ready = ::ppoll(&polled, 1, for_ever ? nullptr : &timeout, nullptr);
    if (ready < 0 && errno != EINTR) {
      const timespec pause = timespec_of(std::min(next - now, kPenalty));
      (void)::clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, nullptr);
    }
    if (ready == 0) {
      continue;  // the oldest probe is to be given up, or it is `until`
    }
    std::uint64_t wakes = 0;
    (void)!::read(wake_.get(), &wakes, sizeof wakes);
    if (ready > 0) {
      collect();
    }
    return;
  }
}

void TcpConnectTransport::wake() noexcept {
  const std::uint64_t one = 1;
  const int saved = errno;  // a signal handler must leave it as it was
  (void)!::write(wake_.get(), &one, sizeof one);
  errno = saved;
}

}  // namespace sonde::transport
