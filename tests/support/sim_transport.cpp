#include "tests/support/sim_transport.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "sonde/transport/rx_time.hpp"
#include "sonde/wire/checksum.hpp"
#include "tests/support/sim_kernel.hpp"

namespace sonde::test {

using probe::Observation;

namespace {

// Two bytes behind the token make the checksum what it is for this flow.
void keep_checksum(EchoPacket& echo, std::uint16_t flow) {
  constexpr std::uint16_t kOfFlow0 = 0x4242;
  constexpr std::size_t kTunedAt = probe::TokenSealer::kFull;
  if (echo.payload.size() < kTunedAt + 2) {
    return;
  }
  const MutableBytes tuned = MutableBytes(echo.payload).subspan(kTunedAt, 2);
  Writer(tuned).u16(0);
  const PacketBytes packet = encode(echo);
  const std::uint16_t checksum = Reader(Bytes(packet).subspan(icmp_offset(packet) + 2)).u16();
  const auto wanted = static_cast<std::uint16_t>(kOfFlow0 + flow);
  // RFC 1624: ~checksum + tuned = ~wanted.
  const std::uint16_t inverse =
      wire::checksum_update(static_cast<std::uint16_t>(~checksum), wanted, 0);
  Writer(tuned).u16(static_cast<std::uint16_t>(~inverse));
}

}  // namespace

SimTransport::SimTransport(SimTransportConfig config, PacketNetwork& network, VirtualClock& clock,
                           Rng& rng)
    : config_(std::move(config)),
      network_(network),
      clock_(clock),
      noise_(rng.next()),
      sealer_(rng),
      matcher_(
          sealer_, recent_, config_.ident,
          config_.any_source ? transport::SourceRule::any : transport::SourceRule::must_match) {
  if (config_.constant_flows) {
    matcher_.of_trace(shape_, sources_);
  }
  for (const SimFaults::Step& step : config_.faults.wall_steps) {
    at(clock_.now() + step.at, [this, by = step.by] {
      clock_.step_wall(by);
      steps_.push_back({.at = clock_.now(), .by = by});
    });
  }
  for (const SimFaults::Pause& pause : config_.faults.pauses) {
    at(clock_.now() + pause.at, [this, pause] {
      const Instant woken = clock_.now() + pause.length;
      if (pause.deaf) {
        coming_.erase(coming_.lower_bound(clock_.now()), coming_.upper_bound(woken));
      }
      clock_.set(woken);
    });
  }
}

transport::Capabilities SimTransport::capabilities() const {
  probe::RttClock best = probe::RttClock::steady;
  if (config_.receive_stamps) {
    best = config_.transmit_stamps ? probe::RttClock::kernel_tx_rx : probe::RttClock::kernel_rx;
  }
  return {.backend = "sim", .privileged = config_.socket == SimSocket::raw, .clock = best};
}

void SimTransport::at(Instant when, std::function<void()> action) {
  actions_.emplace(when, std::move(action));
}

std::optional<probe::SendError> SimTransport::refusal(const probe::ProbeSpec& spec,
                                                      std::size_t size) const {
  for (const SimFaults::Send& fault : config_.faults.sends) {
    if (fault.first <= attempts_ && attempts_ <= fault.last) {
      return fault.error;
    }
  }
  const auto& mtu = config_.faults.mtu;
  if (mtu && size > mtu->value && (spec.ip.dont_fragment || spec.destination.is_v6())) {
    constexpr int kMessageTooLong = 90;  // EMSGSIZE
    return probe::SendError{
        .failure = probe::SendFailure::too_big, .os_code = kMessageTooLong, .mtu = mtu};
  }
  return std::nullopt;
}

EchoPacket SimTransport::request_of(const probe::ProbeSpec& spec) {
  constexpr net::Ttl kDefaultTtl{64};
  EchoPacket echo{.ip = {.source = spec.destination.is_v4() ? config_.source_v4 : config_.source_v6,
                         .destination = spec.destination,
                         .ttl = spec.ip.ttl.value_or(kDefaultTtl),
                         .tos = spec.ip.tos,
                         .dont_fragment = spec.ip.dont_fragment || spec.destination.is_v6(),
                         .header_options = {spec.ip.header_options.bytes().begin(),
                                            spec.ip.header_options.bytes().end()}},
                  .icmp = echo_request_of(spec.destination.family()),
                  .ident = config_.ident,
                  .seq = net::IcmpSeq(static_cast<std::uint16_t>(spec.id.sequence)),
                  .payload = {spec.payload.begin(), spec.payload.end()}};
  if (spec.authenticate) {
    sealer_.seal(spec.id, spec.destination, config_.ident, echo.payload);
  }
  if (config_.constant_flows) {
    keep_checksum(echo, spec.flow);
  }
  return echo;
}

std::size_t SimTransport::send(std::span<const probe::ProbeSpec> specs,
                               std::span<probe::SendReport> reports) {
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const probe::ProbeSpec& spec = specs[i];
    ++attempts_;
    EchoPacket request = request_of(spec);
    const PacketBytes packet = encode(request);
    reports[i] = {.id = spec.id, .at = clock_.now(), .error = refusal(spec, packet.size())};
    if (reports[i].error) {
      continue;
    }
    if (config_.constant_flows) {
      payloads_.push_back(std::move(request.payload));
    }
    const probe::SentProbe sent{.id = spec.id,
                                .destination = spec.destination,
                                .seq = net::IcmpSeq(static_cast<std::uint16_t>(spec.id.sequence)),
                                .authenticated = spec.authenticate,
                                .payload = config_.constant_flows ? payloads_.back() : spec.payload,
                                .at = clock_.now()};
    recent_.add(sent);
    emit(spec, packet, sent);
  }
  return specs.size();
}

void SimTransport::emit(const probe::ProbeSpec& spec, const PacketBytes& packet,
                        const probe::SentProbe& sent) {
  const Instant left = clock_.now() + config_.faults.send_delay;
  if (config_.transmit_stamps) {
    coming_.emplace(left, Arrival{.packet = {}, .transmitted = spec.id, .sent_at = sent.at});
  }
  for (Delivery& delivery : network_.inject(packet, left)) {
    coming_.emplace(delivery.at, Arrival{.packet = std::move(delivery.packet)});
  }
}

// What the wall clock showed at an instant in the past, steps since then undone.
WallTime SimTransport::stamp_at(Instant when) const {
  WallTime wall = clock_.wall() - (clock_.now() - when);
  for (const WallStep& step : steps_) {
    wall -= step.at > when ? step.by : Duration::zero();
  }
  return wall;
}

std::size_t SimTransport::receive(std::span<Observation> out) {
  std::size_t n = 0;
  while (n < out.size() && !coming_.empty() && coming_.begin()->first <= clock_.now()) {
    const auto next = coming_.extract(coming_.begin());
    if (auto seen = interpret(next.mapped(), next.key())) {
      out[n++] = std::move(*seen);
    }
  }
  return n;
}

std::optional<Observation> SimTransport::interpret(const Arrival& arrival, Instant at) {
  const transport::ReadTime now = read_times_.at(read_both(clock_));
  if (arrival.transmitted) {
    const auto left = transport::instant_of_stamp(stamp_at(at) + config_.faults.transmit_skew, now,
                                                  arrival.sent_at - transport::kStampTolerance);
    if (!left) {
      return std::nullopt;
    }
    return Observation{.probe = *arrival.transmitted,
                       .kind = probe::ObservationKind::transmitted,
                       .stamp = probe::StampSource::kernel,
                       .at = *left};
  }
  const std::optional<WallTime> stamp =
      config_.receive_stamps ? std::optional(stamp_at(at) + config_.faults.receive_skew)
                             : std::nullopt;
  const bool raw = config_.socket == SimSocket::raw;
  auto seen = raw ? read_raw(arrival.packet, stamp, matcher_, now)
                  : read_dgram(arrival.packet, stamp, matcher_, now);
  if (!seen) {
    rejects_.add(seen.error());
    return std::nullopt;
  }
  return std::move(*seen);
}

void SimTransport::wait(Instant until) {
  constexpr std::uint64_t kHanging = 1'000'000;
  if (std::exchange(woken_, false)) {
    return;
  }
  const Instant before = clock_.now();
  if (!coming_.empty()) {
    until = std::min(until, coming_.begin()->first);
  }
  if (until == Instant::max() && actions_.empty()) {
    throw std::logic_error("waits for ever: nothing is due and nothing is coming");
  }
  if (until > before) {
    const auto span = static_cast<std::uint64_t>(config_.faults.wake_latency.count()) + 1;
    const Duration late(static_cast<Duration::rep>(noise_.below(span)));
    pass_time(until == Instant::max() ? until : until + late);
  }
  idle_waits_ = clock_.now() > before ? 0 : idle_waits_ + 1;
  if (idle_waits_ > kHanging) {
    throw std::logic_error("spins: a million waits, and time stands still");
  }
}

// Moves the clock, stopping at each timed action, which may wake the run.
void SimTransport::pass_time(Instant until) {
  while (!actions_.empty() && actions_.begin()->first <= until) {
    const auto next = actions_.extract(actions_.begin());
    clock_.set(std::max(clock_.now(), next.key()));
    next.mapped()();
    if (std::exchange(woken_, false)) {
      return;
    }
  }
  if (until != Instant::max()) {
    clock_.set(std::max(clock_.now(), until));
  }
}

}  // namespace sonde::test
