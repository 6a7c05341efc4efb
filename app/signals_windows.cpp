#include <windows.h>

#include <atomic>

#include "app/exit_code.hpp"
#include "app/signals.hpp"

namespace sonde::app {

namespace {

// The only mutable globals of the program: a control handler has no argument.
std::atomic<run::Control*> active_control{nullptr};            // NOLINT
std::atomic<transport::Transport*> active_transport{nullptr};  // NOLINT
std::atomic<bool> closing{false};                              // NOLINT

void wake() noexcept {
  if (transport::Transport* transport = active_transport.load()) {
    transport->wake();
  }
}

// On a thread of the system's. TRUE: dealt with.
BOOL WINAPI on_control(DWORD event) {
  run::Control* const control = active_control.load();
  if (control == nullptr) {
    return FALSE;
  }
  switch (event) {
    case CTRL_C_EVENT:
      if (control->stop.exchange(true)) {
        ::ExitProcess(static_cast<UINT>(number(ExitCode::interrupted)));
      }
      wake();
      return TRUE;
    case CTRL_BREAK_EVENT:
      control->interim = true;
      wake();
      return TRUE;
    default:
      // The window, the session or the computer closes: the process ends when this returns, so it
      // is given its time to report.
      control->stop = true;
      closing = true;
      wake();
      ::Sleep(INFINITE);
      return TRUE;
  }
}

}  // namespace

SignalScope::SignalScope(run::Control& control, transport::Transport& transport) {
  active_transport = &transport;
  active_control = &control;
  (void)::SetConsoleCtrlHandler(&on_control, TRUE);
}

SignalScope::~SignalScope() {
  active_control = nullptr;
  active_transport = nullptr;
  // While a handler runs, nobody else gets at the list of them: it would be waited for, and it
  // sleeps until the process ends.
  if (!closing) {
    (void)::SetConsoleCtrlHandler(&on_control, FALSE);
  }
}

// Ctrl-C ignored is inherited; there is no SIGPIPE.
void reset_signals() noexcept { (void)::SetConsoleCtrlHandler(nullptr, FALSE); }

}  // namespace sonde::app
