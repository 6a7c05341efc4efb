// trace_path_mtu.cpp: the part of a traced path that looks for its MTU.
#include <algorithm>
#include <array>

#include "sonde/engine/trace_path.hpp"

namespace sonde::engine {

using probe::Observation;

namespace {

// Behind the headers, of the probes that are not about size: what `traceroute` sends.
constexpr std::size_t kUsualPayload = 32;

}  // namespace

std::uint32_t TracePath::headers() const noexcept {
  constexpr std::uint32_t kV4Header = 20;
  constexpr std::uint32_t kV6Header = 40;
  return config_->headers + (destination_.is_v4() ? kV4Header : kV6Header);
}

net::Mtu TracePath::packet_size(std::size_t payload) const noexcept {
  return net::Mtu(static_cast<std::uint32_t>(payload) + headers());
}

net::Mtu TracePath::usual_size() const noexcept {
  const std::size_t payload = config_->payload.size();
  return packet_size(config_->find_mtu ? std::min(payload, kUsualPayload) : payload);
}

void TracePath::start_mtu() {
  std::vector<net::Ttl> hops;
  mtu_flow_ = ways_.farthest();  // the search keeps to it
  const PathShape& way = ways_.of(mtu_flow_);
  for (unsigned number = way.first().value; number <= way.end().value; ++number) {
    const net::Ttl ttl(static_cast<std::uint8_t>(number));
    if (way.at(ttl).passing || way.at(ttl).arrived) {
      hops.push_back(ttl);
    }
  }
  out_.clear();  // what went beyond the destination
  mtu_.emplace(destination_.family(),
               MtuRange{.smallest = usual_size(), .largest = packet_size(config_->payload.size())},
               hops);
}

void TracePath::mtu_answer(const Probe& probe, const Observation& seen) {
  if (!mtu_) {
    return;
  }
  const PathMtuSearch::Probe asked{.ttl = probe.step.ttl, .size = probe.size};
  if (probe.state == State::pending) {
    mtu_->back(asked);
  }
  if (probe::says_too_big(seen)) {
    mtu_->too_big(asked, seen.next_hop_mtu);
  } else {
    mtu_->passed(asked, seen.at);
  }
}

// Our own system sent nothing: what is not too big will be asked again.
void TracePath::mtu_unsent(const Probe& probe, const probe::SendError& error) {
  if (!mtu_) {
    return;
  }
  const PathMtuSearch::Probe asked{.ttl = probe.step.ttl, .size = probe.size};
  if (probe.state == State::handed_out || probe.state == State::pending) {
    mtu_->back(asked);
  }
  if (error.failure != probe::SendFailure::too_big) {
    return;
  }
  if (error.mtu && *error.mtu < probe.size) {
    mtu_->local_limit(*error.mtu);
  } else {
    mtu_->too_big(asked, std::nullopt);
  }
}

void TracePath::mtu_silent(const Probe& probe, Instant now) {
  if (mtu_ && of_mtu(probe)) {
    const PathMtuSearch::Probe asked{.ttl = probe.step.ttl, .size = probe.size};
    mtu_->back(asked);
    mtu_->silent(asked, now);
  }
}

void TracePath::report_mtu(Instant now, Events& events) {
  if (!mtu_) {
    return;
  }
  while (const auto found = mtu_->take()) {
    probe::Event event{
        .kind = probe::EventKind::path_mtu, .probe = {.target = id_}, .at = now, .sent_at = now};
    event.step.ttl = found->ttl;
    event.path_mtu = found->mtu;
    events.push_back(std::move(event));
  }
}

}  // namespace sonde::engine
