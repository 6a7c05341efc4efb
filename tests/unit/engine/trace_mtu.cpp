// trace_mtu.cpp: a trace that looks for the path MTU once the path is known.
#include <doctest/doctest.h>

#include "tests/unit/engine/trace_harness.hpp"

namespace sonde::engine {
namespace {

using probe::EventKind;
using probe::ProbeSpec;

constexpr std::uint32_t kHeaders = 28;

TraceConfig with_mtu() {
  return {.queries = 1, .find_mtu = true, .payload = std::vector<std::byte>(1500 - kHeaders)};
}

// Four hops; the link into hop 3 takes `mtu` bytes.
Network narrow(std::uint32_t mtu, const std::vector<Coming>& complaint) {
  return [=](const ProbeSpec& spec, Instant) -> std::vector<Coming> {
    const unsigned hop = std::min<unsigned>(spec.ip.ttl->value, 4);
    const auto size = static_cast<std::uint32_t>(spec.payload.size()) + kHeaders;
    if (hop >= 3 && size > mtu && spec.ip.dont_fragment) {
      return complaint;
    }
    return {hop == 4 ? echo_reply(40ms) : time_exceeded(router(hop), hop * 10ms)};
  };
}

std::vector<std::string> mtus(const TraceHarness& trace) {
  std::vector<std::string> lines;
  for (const probe::Event& event : trace.of(EventKind::path_mtu)) {
    CHECK(event.probe.sequence == 0);
    lines.push_back(std::to_string(event.step.ttl.value) + ": " +
                    std::to_string(event.path_mtu->mtu.value) + " " +
                    std::to_string(static_cast<int>(event.path_mtu->evidence)));
  }
  return lines;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("trace: the MTU that a router names is found for every hop, before the path ends") {
  Coming named = unreachable(router(2), 4, 20ms);
  named.seen.next_hop_mtu = net::Mtu(1400);
  TraceHarness trace(with_mtu(), narrow(1400, {named}));
  trace.run();
  CHECK(mtus(trace) == Lines{"1: 1500 0", "2: 1500 0", "3: 1400 1", "4: 1400 1"});
  CHECK(trace.end() == probe::PathEnd::reached);
  CHECK(trace.events.back().kind == EventKind::path_end);
  CHECK(trace.elapsed() <= 300ms);
}

TEST_CASE("trace: the first probes are small, those of the search have query 0 and DF") {
  TraceHarness trace(with_mtu(), [](const ProbeSpec& spec, Instant) -> std::vector<Coming> {
    const bool large = spec.payload.size() > 32;
    CHECK(spec.ip.dont_fragment == large);
    return {spec.ip.ttl->value == 1 ? time_exceeded(router(1), 5ms) : echo_reply(9ms)};
  });
  trace.run();
  const auto sent = trace.of(EventKind::sent);
  CHECK(std::ranges::count(sent, 0, [](const auto& event) { return event.step.query; }) == 2);
  CHECK(mtus(trace) == Lines{"1: 1500 0", "2: 1500 0"});
}

TEST_CASE("trace: a black hole is found without a word from it") {
  TraceHarness trace(with_mtu(), narrow(1432, {}));
  trace.run();
  CHECK(mtus(trace) == Lines{"1: 1500 0", "2: 1500 0", "3: 1432 3", "4: 1432 3"});
  CHECK(trace.elapsed() <= 5s);
}

TEST_CASE("trace: our own interface can be the narrow one") {
  TraceHarness trace(with_mtu(), plain_path(3));
  trace.refuse = [](const ProbeSpec& spec, Instant) -> std::optional<probe::SendError> {
    if (spec.payload.size() + kHeaders <= 1280) {
      return std::nullopt;
    }
    return probe::SendError{.failure = probe::SendFailure::too_big, .mtu = net::Mtu(1280)};
  };
  trace.run();
  CHECK(mtus(trace) == Lines{"1: 1280 0", "2: 1280 0", "3: 1280 0"});
  CHECK(trace.end() == probe::PathEnd::reached);
}

TEST_CASE("trace: no MTU is found where nobody answers, and the trace ends") {
  TraceHarness trace(with_mtu(), [](const ProbeSpec&, Instant) { return std::vector<Coming>{}; });
  trace.run();
  CHECK(mtus(trace).empty());
  CHECK(trace.end() == probe::PathEnd::gap);
}

}  // namespace sonde::engine
