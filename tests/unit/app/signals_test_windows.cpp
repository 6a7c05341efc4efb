// What Windows' control events do. They are told as the system tells them, on a thread of their
// own; Wine 8 has no console that would send a Ctrl-Break.
#include <doctest/doctest.h>
#include <windows.h>

#include <atomic>
#include <cstring>

#include "app/signals.hpp"

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
  void wake() noexcept override { ++times; }
  [[nodiscard]] probe::RejectCounts rejects() const override { return {}; }

  std::atomic<int> times{0};
};

// False: this system does not show the routine that its console calls.
bool press(DWORD event) {
  const HMODULE library = ::GetModuleHandleW(L"kernelbase.dll");
  const FARPROC found = library == nullptr ? nullptr : ::GetProcAddress(library, "CtrlRoutine");
  LPTHREAD_START_ROUTINE routine = nullptr;
  static_assert(sizeof found == sizeof routine);
  std::memcpy(&routine, &found, sizeof found);
  if (routine == nullptr) {
    return false;
  }
  constexpr DWORD kPatience = 20'000;
  const HANDLE thread = ::CreateThread(
      nullptr, 0, routine, reinterpret_cast<void*>(static_cast<ULONG_PTR>(event)), 0, nullptr);
  REQUIRE(thread != nullptr);
  CHECK(::WaitForSingleObject(thread, kPatience) == WAIT_OBJECT_0);
  (void)::CloseHandle(thread);
  return true;
}

TEST_CASE("signals: Ctrl-Break asks for figures and goes on, Ctrl-C for the end") {
  run::Control control;
  Woken transport;
  const SignalScope scope(control, transport);
  if (!press(CTRL_BREAK_EVENT)) {
    MESSAGE("[skipped] no CtrlRoutine in kernelbase.dll");
    return;
  }
  CHECK(control.interim);
  CHECK_FALSE(control.stop);
  CHECK(transport.times == 1);
  control.interim = false;
  (void)press(CTRL_BREAK_EVENT);
  CHECK(control.interim);
  (void)press(CTRL_C_EVENT);
  CHECK(control.stop);
  CHECK(transport.times == 3);
}

}  // namespace
}  // namespace sonde::app
