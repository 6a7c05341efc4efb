// presentation.hpp: how a run looks on stdout and stderr: options and surroundings become the
// options of the text reporters. Pure.
#pragma once

#include <cstddef>

#include "app/options.hpp"
#include "app/resolve_options.hpp"
#include "app/terminal.hpp"
#include "app/trace_options.hpp"
#include "sonde/report/text_notes.hpp"
#include "sonde/report/text_ping.hpp"
#include "sonde/report/text_trace.hpp"

namespace sonde::app {

struct Surroundings {
  Environment environment;
  bool stdout_is_terminal = false;
  std::size_t columns = 0;  // of that terminal; 0: it is none
};

// What every mode makes of --color, -D and the locale.
[[nodiscard]] bool colour(When when, const Surroundings& around);
[[nodiscard]] report::Stamps stamps_of(Stamping stamping);
[[nodiscard]] report::Utf8Terminal utf8_of(const Surroundings& around);

[[nodiscard]] report::TextPingOptions text_options(const PingOptions& options, const PingPlan& plan,
                                                   const Surroundings& around);
[[nodiscard]] report::TextTraceOptions trace_text_options(const TraceOptions& options,
                                                          const Surroundings& around);
[[nodiscard]] report::TextNotesOptions notes_options(const EchoOptions& options,
                                                     const Surroundings& around);

}  // namespace sonde::app
