#include <signal.h>  // NOLINT(modernize-deprecated-headers): sigaction is POSIX
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>

#include "app/exit_code.hpp"
#include "app/signals.hpp"
#include "app/terminal.hpp"

namespace sonde::app {

namespace {

// The only mutable globals of the program: a signal handler has no arguments.
std::atomic<run::Control*> active_control{nullptr};            // NOLINT
std::atomic<transport::Transport*> active_transport{nullptr};  // NOLINT
static_assert(std::atomic<run::Control*>::is_always_lock_free);

void wake() noexcept {
  const int saved = errno;
  if (transport::Transport* transport = active_transport.load()) {
    transport->wake();
  }
  errno = saved;
}

extern "C" void on_stop(int signal) {
  run::Control* control = active_control.load();
  if (control == nullptr) {
    return;
  }
  if (control->stop.exchange(true) && signal == SIGINT) {
    ::_exit(number(ExitCode::interrupted));
  }
  wake();
}

extern "C" void on_interim(int /*signal*/) {
  if (run::Control* control = active_control.load()) {
    control->interim = true;
    wake();
  }
}

struct Handled {
  int signal;
  void (*handler)(int);
};
constexpr std::array<Handled, 4> kHandled{
    {{SIGINT, on_stop}, {SIGTERM, on_stop}, {SIGHUP, on_stop}, {SIGQUIT, on_interim}}};

void handle(int signal, void (*handler)(int)) noexcept {
  struct sigaction action{};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  action.sa_flags = 0;  // no SA_RESTART: a blocked write or poll shall notice
  (void)::sigaction(signal, &action, nullptr);
}

bool stays_ignored(int signal) noexcept {
  struct sigaction present{};
  const bool ignored = ::sigaction(signal, nullptr, &present) == 0 && present.sa_handler == SIG_IGN;
  return ignored && (signal == SIGHUP || !is_terminal(kStdin));
}

}  // namespace

SignalScope::SignalScope(run::Control& control, transport::Transport& transport) {
  active_transport = &transport;
  active_control = &control;
  for (const Handled& handled : kHandled) {
    if (!stays_ignored(handled.signal)) {
      handle(handled.signal, handled.handler);
    }
  }
}

// From here on the process only has its exit code to deliver: a signal may end it as usual.
SignalScope::~SignalScope() {
  for (const Handled& handled : kHandled) {
    if (!stays_ignored(handled.signal)) {
      handle(handled.signal, SIG_DFL);
    }
  }
  active_control = nullptr;
  active_transport = nullptr;
}

void reset_signals() noexcept {
  sigset_t none;
  sigemptyset(&none);
  (void)::sigprocmask(SIG_SETMASK, &none, nullptr);
  handle(SIGPIPE, SIG_IGN);
  handle(SIGXFSZ, SIG_IGN);  // a file that may not grow any more: the write says so
}

}  // namespace sonde::app
