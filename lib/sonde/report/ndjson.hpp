// ndjson.hpp: --ndjson: one event a line, as it happens.
// Shapes: those marked `event` in the schema table. A line goes to the sink whole, and the sink is
// flushed behind each, except for events less than 100 us after the last flush (more than 10,000
// a second): flush(), which the session calls before it sleeps, brings those out.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sonde/report/json_writer.hpp"
#include "sonde/report/path_json.hpp"
#include "sonde/report/sink.hpp"
#include "sonde/stats/listener.hpp"

namespace sonde::report {

class NdjsonReporter final : public stats::Listener {
 public:
  static constexpr Duration kFlushEvery = 100us;

  // version: of the program.
  NdjsonReporter(Sink& out, std::string version) : out_(out), version_(std::move(version)) {}

  void on_start(const stats::RunStart& start) override;
  void on_target(const stats::Target& target) override;
  void on_name(const net::Address& address, const Untrusted& name) override;
  void on_event(const probe::Event& event, const stats::TargetResult& after) override;
  void on_interim(Instant now, std::span<const stats::TargetResult> targets) override;
  void on_end(const stats::RunEnd& end, std::span<const stats::TargetResult> targets) override;
  void flush() override;

 private:
  struct Watch {  // what `state` events compare
    bool down = false;
    std::optional<Instant> since;  // when the present state began; absent: nothing known yet
  };

  void begin(std::string_view event, Instant at, std::optional<std::uint32_t> target);
  void end_line(Instant at);
  void tell_hops(const probe::Event& event, const stats::TargetResult& after);
  void hop_line(const stats::Hop& hop, std::uint32_t target, Instant at);
  void last_words(const stats::TargetResult& result, Instant at);
  void watch_state(const probe::Event& event, const stats::TargetResult& after);

  Sink& out_;
  std::string version_;
  stats::RunStart start_;
  Instant now_;  // the newest moment known, for events that carry none
  std::vector<Watch> watches_;
  std::map<std::uint32_t, net::Ttl> told_;  // trace: the last hop of each target that has a line
  Names names_;                             // of a trace's responders
  std::optional<Instant> last_flush_;
  bool unflushed_ = false;
  JsonWriter json_;
};

}  // namespace sonde::report
