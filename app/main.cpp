// main.cpp: arguments in, exit code out; the only place that catches what nobody expected.
#include <exception>
#include <string>
#include <vector>

#include "app/console.hpp"
#include "app/exit_code.hpp"
#include "app/privileges.hpp"
#include "app/run_app.hpp"
#include "app/terminal.hpp"

int main(int argc, char** argv) {
  sonde::app::secure_start();
  try {
    const std::vector<std::string> arguments = sonde::app::program_arguments(argc, argv);
    sonde::app::Console console;
    return sonde::app::end_process(sonde::app::run_app(arguments, console));
  } catch (const std::exception& error) {
    // Without memory, perhaps: no string is built here.
    (void)sonde::app::write_all(sonde::app::kStderr, "sonde: ");
    (void)sonde::app::write_all(sonde::app::kStderr, error.what());
    (void)sonde::app::write_all(sonde::app::kStderr, "\n");
    return sonde::app::end_process(sonde::app::ExitCode::system);
  }
}
