// path_script.hpp: the events of a trace, made one by one, as the engine tells them. Times are
// milliseconds after a fixed start; the destination is 198.51.100.9.
#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "sonde/probe/event.hpp"

namespace sonde::test {

inline constexpr Instant kPathStart{1000s};
inline const net::Address kDestination = net::Address::parse("198.51.100.9").value();

inline net::Address at(std::string_view text) { return net::Address::parse(text).value(); }

struct PathProbe {
  std::uint64_t sequence = 0;
  probe::PathStep step{};
  Duration sent = 0ms;
};

inline probe::Event path_event(probe::EventKind kind, const PathProbe& of, Duration when) {
  probe::Event event{.kind = kind,
                     .probe = {.target = 0, .sequence = of.sequence},
                     .at = kPathStart + when,
                     .sent_at = kPathStart + of.sent};
  event.step = of.step;
  return event;
}

inline probe::Event path_sent(const PathProbe& of) {
  return path_event(probe::EventKind::sent, of, of.sent);
}

inline probe::Event path_timeout(const PathProbe& of, Duration when) {
  return path_event(probe::EventKind::timeout, of, when);
}

// An ICMP error; time exceeded unless said otherwise.
inline probe::Event path_error(const PathProbe& of, std::string_view from, Duration rtt,
                               std::pair<int, int> type_and_code = {11, 0}) {
  probe::Event event = path_event(probe::EventKind::error, of, of.sent + rtt);
  event.rtt = rtt;
  event.clock = probe::RttClock::kernel_tx_rx;
  event.observation.kind = probe::ObservationKind::icmp_error;
  event.observation.responder = at(from);
  event.observation.icmp = {.type = static_cast<std::uint8_t>(type_and_code.first),
                            .code = static_cast<std::uint8_t>(type_and_code.second)};
  event.observation.ttl = net::Ttl(static_cast<std::uint8_t>(65 - of.step.ttl.value));
  return event;
}

inline probe::Event path_reply(const PathProbe& of, Duration rtt) {
  probe::Event event = path_event(probe::EventKind::reply, of, of.sent + rtt);
  event.rtt = rtt;
  event.clock = probe::RttClock::kernel_tx_rx;
  event.observation.responder = kDestination;
  event.observation.bytes = 40;
  event.observation.ttl = net::Ttl(static_cast<std::uint8_t>(65 - of.step.ttl.value));
  return event;
}

inline probe::Event path_ended(probe::PathEnd how, int last_ttl, Duration when) {
  probe::Event event = path_event(probe::EventKind::path_end, {}, when);
  event.path_end = how;
  event.step.ttl = net::Ttl(static_cast<std::uint8_t>(last_ttl));
  return event;
}

inline probe::Event path_mtu(int ttl, std::uint32_t mtu, probe::MtuEvidence evidence,
                             Duration when) {
  probe::Event event = path_event(probe::EventKind::path_mtu, {}, when);
  event.step.ttl = net::Ttl(static_cast<std::uint8_t>(ttl));
  event.path_mtu = {.mtu = net::Mtu(mtu), .evidence = evidence};
  return event;
}

}  // namespace sonde::test
