// presentation.hpp: how a ping run looks on stdout and stderr: options and surroundings become the
// options of the text reporters. Pure.
#pragma once

#include "app/options.hpp"
#include "app/resolve_options.hpp"
#include "app/terminal.hpp"
#include "sonde/report/text_notes.hpp"
#include "sonde/report/text_ping.hpp"

namespace sonde::app {

struct Surroundings {
  Environment environment;
  bool stdout_is_terminal = false;
};

// What every mode makes of --color, -D and the locale.
[[nodiscard]] bool colour(When when, const Surroundings& around);
[[nodiscard]] report::Stamps stamps_of(Stamping stamping);
[[nodiscard]] report::Utf8Terminal utf8_of(const Surroundings& around);

[[nodiscard]] report::TextPingOptions text_options(const PingOptions& options, const PingPlan& plan,
                                                   const Surroundings& around);
[[nodiscard]] report::TextNotesOptions notes_options(const EchoOptions& options,
                                                     const Surroundings& around);

}  // namespace sonde::app
