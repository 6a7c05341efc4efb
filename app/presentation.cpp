#include "app/presentation.hpp"

#include "sonde/report/wall_text.hpp"

namespace sonde::app {

bool colour(When when, const Surroundings& around) {
  if (when != When::automatic) {
    return when == When::always;
  }
  return around.stdout_is_terminal && !around.environment.no_color && !around.environment.dumb;
}

report::Stamps stamps_of(Stamping stamping) {
  switch (stamping) {
    case Stamping::local:
      return report::Stamps::rfc3339;
    case Stamping::epoch:
      return report::Stamps::epoch;
    case Stamping::off:
      break;
  }
  return report::Stamps::none;
}

report::Utf8Terminal utf8_of(const Surroundings& around) {
  return around.environment.utf8 ? report::Utf8Terminal::yes : report::Utf8Terminal::no;
}

report::TextPingOptions text_options(const PingOptions& options, const PingPlan& plan,
                                     const Surroundings& around) {
  return {.quiet = options.quiet,
          .flood = options.flood,
          .bell = options.bell,
          .verbose = options.verbose,
          .several = plan.targets.size() > 1,
          .summary = {.ipg = plan.engine.pace == engine::PingPace::self_clocked,
                      .percentiles = options.stats.percentiles,
                      .jitter = options.stats.jitter,
                      .colour = colour(options.color, around)},
          .stamps = stamps_of(options.stamps),
          .utc_offset = report::system_utc_offset,
          .utf8 = utf8_of(around),
          .show_source = options.source.has_value() || options.interface.has_value(),
          .interface = plan.transport.interface,
          .flow_label = options.flow_label,
          .header_option_bytes = plan.policy.header_option_bytes};
}

report::TextTraceOptions trace_text_options(const TraceOptions& options,
                                            const Surroundings& around) {
  return {
      .numeric = options.numeric,
      .detail = options.extensions ? report::ExtensionDetail::all : report::ExtensionDetail::labels,
      .back = options.back,
      .colour = colour(options.color, around),
      .stamps = stamps_of(options.stamps),
      .utc_offset = report::system_utc_offset,
      .utf8 = utf8_of(around),
      .columns = around.columns};
}

report::TextNotesOptions notes_options(const EchoOptions& options, const Surroundings& around) {
  return {.verbose = options.verbose, .utf8 = utf8_of(around)};
}

}  // namespace sonde::app
