// signals.hpp: the user's signals, as wishes to a running session.
// SIGINT, SIGTERM, SIGHUP: stop and report; a SIGINT after one of these ends the process at once
// (130). A SIGHUP that was ignored from the start (nohup) stays ignored.
// SIGQUIT (Ctrl-\): interim statistics. SIGPIPE is ignored: writes say EPIPE. A SIGINT that was
// ignored from the start (nohup, background jobs) stays ignored unless stdin is a terminal.
#pragma once

#include "sonde/run/control.hpp"
#include "sonde/transport/transport.hpp"

namespace sonde::app {

// While it lives, signals act on `control` and wake the transport; one at a time.
class SignalScope {
 public:
  SignalScope(run::Control& control, transport::Transport& transport);
  ~SignalScope();
  SignalScope(const SignalScope&) = delete;
  SignalScope& operator=(const SignalScope&) = delete;
};

// At start-up: nothing blocked, and no death by SIGPIPE.
void reset_signals() noexcept;

}  // namespace sonde::app
