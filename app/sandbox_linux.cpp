#include "app/sandbox_linux.hpp"

#include <ctime>

#include "app/terminal.hpp"

namespace sonde::app {

namespace {

// Sanitizers and coverage open files when the process ends.
constexpr bool kInstrumented = SONDE_INSTRUMENTED != 0;

}  // namespace

std::vector<std::string> enter_sandbox(const SandboxNeeds& needs) {
  if (kInstrumented) {
    return {"sandbox: none in an instrumented build"};
  }
  const SandboxWish wish = read_environment().sandbox;
  if (wish == SandboxWish::off) {
    return {"sandbox: off, by SONDE_SANDBOX"};
  }
  ::tzset();  // reads the zone's file, which is out of reach from here on
  const Violation violation = wish == SandboxWish::fatal ? Violation::fatal : Violation::refused;
  // In this order: the filter leaves no call that Landlock is made of.
  std::vector<std::string> told;
  told.push_back("sandbox: " + close_files(needs));
  told.push_back("sandbox: " + filter_system_calls(needs, violation));
  return told;
}

}  // namespace sonde::app
