// sweep_presentation.hpp: who reports a sweep, and where to: options and surroundings become the
// listeners of the run.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "app/output.hpp"
#include "app/presentation.hpp"
#include "app/resolve_sweep.hpp"
#include "app/sweep_options.hpp"
#include "sonde/report/ndjson_sweep.hpp"
#include "sonde/report/text_sweep.hpp"
#include "sonde/stats/sweep_listener.hpp"

namespace sonde::app {

struct SweepOutputs {
  FdSink& out;
  FdSink& err;
  FdSink* file = nullptr;  // of --output
};

struct SweepListeners {
  std::vector<std::unique_ptr<stats::SweepListener>> owned{};
  report::NdjsonSweep* ndjson = nullptr;     // one of them, or none
  std::optional<Duration> progress_every{};  // absent: nobody looks

  [[nodiscard]] std::vector<stats::SweepListener*> views() const;
};

// The machine format takes stdout from the text, unless it has a file of its own, and comes after
// it, so that its verdict knows of a text that was lost. A progress line only on a terminal.
[[nodiscard]] SweepListeners sweep_listeners(const SweepOptions& options, const SweepPlan& plan,
                                             const SweepOutputs& outputs);

[[nodiscard]] report::TextSweepOptions text_options(const SweepOptions& options,
                                                    const Surroundings& around);

}  // namespace sonde::app
