#include "app/sweep_presentation.hpp"

#include <string>
#include <utility>

#include "app/version.hpp"
#include "sonde/report/json_sweep.hpp"
#include "sonde/report/ndjson_sweep.hpp"
#include "sonde/report/sweep_notes.hpp"
#include "sonde/report/sweep_progress.hpp"
#include "sonde/report/wall_text.hpp"

namespace sonde::app {

std::vector<stats::SweepListener*> SweepListeners::views() const {
  std::vector<stats::SweepListener*> out;
  out.reserve(owned.size());
  for (const auto& listener : owned) {
    out.push_back(listener.get());
  }
  return out;
}

report::TextSweepOptions text_options(const SweepOptions& options, const Surroundings& around) {
  using report::SweepShow;
  const SweepShow one_kind = options.alive ? SweepShow::alive : SweepShow::unreachable;
  return {.show = options.alive || options.unreachable ? one_kind : SweepShow::all,
          .elapsed = options.elapsed,
          .quiet = options.quiet,
          .numeric = options.numeric,
          .named = options.resolve,
          .list_rounds = options.vcount || options.merge,  // as far as they are known
          .totals = options.stats.totals,
          .percentiles = options.stats.percentiles,
          .colour = colour(options.color, around),
          .stamps = stamps_of(options.stamps),
          .utc_offset = report::system_utc_offset,
          .utf8 = utf8_of(around)};
}

SweepListeners sweep_listeners(const SweepOptions& options, const SweepPlan& plan,
                               const SweepOutputs& outputs) {
  const Surroundings around{.environment = read_environment(),
                            .stdout_is_terminal = is_terminal(kStdout)};
  SweepListeners listeners;
  const auto add = [&listeners]<typename Listener>(std::unique_ptr<Listener> listener) {
    listeners.owned.push_back(std::move(listener));
  };
  if (is_terminal(kStderr) && !around.environment.dumb) {  // first: it makes way for the others
    add(std::make_unique<report::SweepProgress>(outputs.err, outputs.out,
                                                [] { return terminal_columns(kStderr); }));
    listeners.progress_every = report::SweepProgress::kEvery;
  }
  if (plan.format == Format::text || outputs.file != nullptr) {
    add(std::make_unique<report::TextSweep>(outputs.out, text_options(options, around)));
  }
  report::Sink& machine = outputs.file != nullptr ? *outputs.file : outputs.out;
  const bool probes = options.json_probes || options.vcount || options.merge;
  if (plan.format == Format::json) {
    add(std::make_unique<report::JsonSweep>(machine, std::string(kVersion), probes));
  } else if (plan.format == Format::ndjson) {
    auto ndjson =
        std::make_unique<report::NdjsonSweep>(machine, std::string(kVersion), options.json_probes);
    listeners.ndjson = ndjson.get();
    add(std::move(ndjson));
  }
  add(std::make_unique<report::SweepNotes>(
      outputs.err, report::SweepNotesOptions{.verbose = options.verbose,
                                             .quiet = options.quiet,
                                             .lines = !options.alive && !options.unreachable,
                                             .numeric = options.numeric,
                                             .utf8 = utf8_of(around)}));
  return listeners;
}

}  // namespace sonde::app
