// main.cpp: arguments in, exit code out; the only place that catches what nobody expected.
#include <atomic>
#include <cstdlib>
#include <exception>
#include <new>
#include <string>
#include <vector>

#include "app/console.hpp"
#include "app/exit_code.hpp"
#include "app/privileges.hpp"
#include "app/run_app.hpp"
#include "app/terminal.hpp"

namespace {

using sonde::app::ExitCode;
using sonde::app::kStderr;
using sonde::app::write_all;

std::atomic<bool> memory_was_refused = false;

void refuse_memory() {
  memory_was_refused = true;
  throw std::bad_alloc();
}

// Without memory the exception itself may find no room, or meet a function that must not throw:
// still no crash.
[[noreturn]] void terminate() noexcept {
  if (memory_was_refused) {
    (void)write_all(kStderr, "sonde: not enough memory\n");
    std::_Exit(number(ExitCode::system));
  }
  std::abort();
}

// Before all other static objects: those of the libraries ask for memory, too.
struct MemoryWatch {
  MemoryWatch() noexcept {
    std::set_new_handler(refuse_memory);
    std::set_terminate(terminate);
  }
};
constexpr int kFirst = 101;  // what comes before is the compiler's own
[[gnu::init_priority(kFirst)]] const MemoryWatch kMemoryWatch;

int run(int argc, char** argv) {
  try {
    const std::vector<std::string> arguments = sonde::app::program_arguments(argc, argv);
    sonde::app::Console console;
    return sonde::app::end_process(sonde::app::run_app(arguments, console));
  } catch (const std::bad_alloc&) {
    (void)write_all(kStderr, "sonde: not enough memory\n");
  } catch (const std::exception& error) {
    // No string is built here: there may be no memory for it.
    (void)write_all(kStderr, "sonde: ");
    (void)write_all(kStderr, error.what());
    (void)write_all(kStderr, "\n");
  }
  return sonde::app::end_process(ExitCode::system);
}

}  // namespace

int main(int argc, char** argv) {
  sonde::app::secure_start();
  return run(argc, argv);
}
