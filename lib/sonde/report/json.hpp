// json.hpp: --json: exactly one document, written when the run has ended, however it ended.
// Its shape is `document` of the schema table. The text goes out in pieces of about 16 KiB, so that
// it is never held whole; a line feed ends it.
#pragma once

#include <string>

#include "sonde/report/path_json.hpp"
#include "sonde/report/probe_log.hpp"
#include "sonde/report/sink.hpp"
#include "sonde/stats/listener.hpp"

namespace sonde::report {

class JsonReporter final : public stats::Listener {
 public:
  // version: of the program.
  JsonReporter(Sink& out, std::string version) : out_(out), version_(std::move(version)) {}

  void on_start(const stats::RunStart& start) override { start_ = start; }
  void on_target(const stats::Target& /*target*/) override {}
  void on_name(const net::Address& address, const Untrusted& name) override {
    if (start_.options.trace) {
      names_.insert_or_assign(address, name);
    }
  }
  void on_event(const probe::Event& event, const stats::TargetResult& after) override {
    if (!after.path) {  // a path keeps its probes itself
      log_.apply(event);
    }
  }
  void on_interim(Instant /*now*/, std::span<const stats::TargetResult> /*targets*/) override {}
  void on_end(const stats::RunEnd& end, std::span<const stats::TargetResult> targets) override;
  void flush() override {}

 private:
  void head(JsonWriter& json, const stats::RunEnd& end) const;
  void target(JsonWriter& json, const stats::TargetResult& result);
  void path(JsonWriter& json, const stats::TargetResult& result);
  void probe(JsonWriter& json, const ProbeRecord& record) const;
  // Hands the text to the sink, unless it is no longer than `keep`.
  void drain(JsonWriter& json, std::size_t keep);

  Sink& out_;
  std::string version_;
  stats::RunStart start_;
  ProbeLog log_;
  Names names_;  // of a trace's responders
};

}  // namespace sonde::report
