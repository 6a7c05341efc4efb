// What Windows' control events do. They are told as the system tells them, on a thread of their
// own; Wine 8 has no console that would send a Ctrl-Break.
#include <doctest/doctest.h>

#include <atomic>
#include <cstring>

#include "app/signals.hpp"
#include "sonde/transport/windows/handle.hpp"

namespace sonde::app {
namespace {

class Woken final : public transport::Transport {
 public:
  [[nodiscard]] transport::Capabilities capabilities() const override { return {}; }
  std::size_t send(std::span<const probe::ProbeSpec> specs,
                   std::span<probe::SendReport> /*reports*/) override {
    return specs.size();
  }
  [[nodiscard]] std::size_t receive(std::span<probe::Observation> /*out*/) override { return 0; }
  void wait(Instant /*until*/) override {}
  void wake() noexcept override {
    ++times;
    (void)::SetEvent(woken.get());
  }
  [[nodiscard]] probe::RejectCounts rejects() const override { return {}; }

  std::atomic<int> times{0};
  transport::Handle woken = transport::make_event();
};

constexpr DWORD kPatience = 20'000;

// Null: this system does not show the routine that its console calls.
LPTHREAD_START_ROUTINE control_routine() {
  const HMODULE library = ::GetModuleHandleW(L"kernelbase.dll");
  const FARPROC found = library == nullptr ? nullptr : ::GetProcAddress(library, "CtrlRoutine");
  LPTHREAD_START_ROUTINE routine = nullptr;
  static_assert(sizeof found == sizeof routine);
  std::memcpy(&routine, &found, sizeof found);
  if (routine == nullptr) {
    MESSAGE("[skipped] no CtrlRoutine in kernelbase.dll");
  }
  return routine;
}

transport::Handle press(LPTHREAD_START_ROUTINE routine, DWORD event) {
  return transport::Handle(::CreateThread(
      nullptr, 0, routine, reinterpret_cast<void*>(static_cast<ULONG_PTR>(event)), 0, nullptr));
}

void press_and_wait(LPTHREAD_START_ROUTINE routine, DWORD event) {
  const transport::Handle thread = press(routine, event);
  REQUIRE(thread.valid());
  CHECK(::WaitForSingleObject(thread.get(), kPatience) == WAIT_OBJECT_0);
}

TEST_CASE("signals: Ctrl-Break asks for figures and goes on, Ctrl-C for the end") {
  run::Control control;
  Woken transport;
  const SignalScope scope(control, transport);
  const auto routine = control_routine();
  if (routine == nullptr) {
    return;
  }
  press_and_wait(routine, CTRL_BREAK_EVENT);
  CHECK(control.interim);
  CHECK_FALSE(control.stop);
  CHECK(transport.times == 1);
  control.interim = false;
  press_and_wait(routine, CTRL_BREAK_EVENT);
  CHECK(control.interim);
  press_and_wait(routine, CTRL_C_EVENT);
  CHECK(control.stop);
  CHECK(transport.times == 3);
}

// The last of this file: the process counts as closing from here on.
TEST_CASE("signals: a window that is closed gives the run its time to end") {
  const auto routine = control_routine();
  if (routine == nullptr) {
    return;
  }
  run::Control control;
  Woken transport;
  {
    const SignalScope scope(control, transport);
    const sonde::transport::Handle thread = press(routine, CTRL_CLOSE_EVENT);
    REQUIRE(::WaitForSingleObject(transport.woken.get(), kPatience) == WAIT_OBJECT_0);
    CHECK(control.stop);
    CHECK(::WaitForSingleObject(thread.get(), 0) == WAIT_TIMEOUT);  // it would end the process
  }
  CHECK(transport.times == 1);
}

}  // namespace
}  // namespace sonde::app
