// run_record.hpp: what a run was asked to do, met and concluded, as plain values: the content of
// the JSON document beside the numbers. Filled by run/session and app, read by report.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sonde/base/clock.hpp"
#include "sonde/base/time.hpp"
#include "sonde/base/untrusted.hpp"
#include "sonde/net/address.hpp"
#include "sonde/net/fields.hpp"
#include "sonde/probe/event.hpp"
#include "sonde/probe/observation.hpp"
#include "sonde/stats/path_stats.hpp"
#include "sonde/stats/target_stats.hpp"

namespace sonde::stats {

enum class EndReason : std::uint8_t { count, deadline, until, signal, error };

struct EngineInfo {
  std::string backend{};  // Capabilities::backend; empty: none was opened
  bool privileged = false;
  probe::RttClock clock = probe::RttClock::steady;
};

inline constexpr net::Ttl kUsualMaxTtl{30};  // traceroute's

struct TraceRunOptions {
  net::Ttl first_ttl{1};
  net::Ttl max_ttl = kUsualMaxTtl;
  std::uint8_t queries = 3;
  std::uint16_t flows = 1;
  std::optional<net::Port> port{};
  bool constant_flow = true;  // Paris
  bool find_mtu = false;
};

struct RunOptions {
  std::optional<std::uint64_t> count{};
  std::optional<Duration> interval{};  // absent: each probe waits for the outcome of the last
  Duration timeout{};
  std::optional<Duration> deadline{};
  std::uint32_t payload_bytes = 0;
  std::optional<net::Ttl> ttl{};
  net::Tos tos{};
  bool dont_fragment = false;
  std::string protocol = "icmp";
  std::optional<TraceRunOptions> trace{};  // mode trace
};

struct TargetError {
  enum class Kind : std::uint8_t { resolve, system };
  Kind kind = Kind::resolve;
  std::string message{};  // one line for people, without the tool's name
};

struct Target {
  std::uint32_t id = 0;
  std::string input{};  // as typed
  std::optional<net::Address> address{};
  std::optional<Untrusted> name{};  // reverse name, with -H
  std::optional<net::Address> source{};
  std::optional<std::string> label{};
  std::optional<TargetError> error{};
};

struct RunStart {
  std::string mode = "ping";
  ClockPair clock{};  // when it started; carries Instants to wall time for labels
  EngineInfo engine{};
  RunOptions options{};
};

struct Check {  // a threshold and how it went
  std::string metric{};
  std::string op{};
  double limit = 0;
  std::optional<double> actual{};
  bool pass = true;
};

struct Verdict {
  bool pass = true;
  int exit_code = 0;
  std::vector<std::string> reasons{};  // one line each, why it is not a pass
};

struct TargetResult {
  Target target{};
  TargetStats stats{};
  std::optional<PathStats> path{};  // mode trace, once the address is known
  std::vector<Check> checks{};
};

struct RunEnd {
  Instant ended{};
  EndReason reason = EndReason::count;
  EngineInfo engine{};  // with the clock that was really used
  std::optional<probe::RejectCounts> rejects = probe::RejectCounts{};  // absent: not known
  bool constant_flows = true;  // of a trace: false where they became varying ones on the way
  std::uint64_t dropped = 0;   // replies that the system threw away before they could be read
  std::optional<std::uint64_t> list_digest{};  // of a sweep whose whole list was known
  std::optional<std::string> error{};  // a system error that ended the run or kept it from starting
  Verdict verdict{};
};

}  // namespace sonde::stats
