// Typed options of a sweep become configurations, or one clear refusal.
#include "app/resolve_sweep.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "app/cli.hpp"

namespace sonde::app {
namespace {

using Words = std::vector<std::string>;

std::expected<SweepPlan, UsageError> plan(const Words& words) {
  const auto line = read_command_line(Mode::sweep, words);
  if (!line) {
    return std::unexpected(line.error());
  }
  const auto options = read_sweep_options(*line);
  if (!options) {
    return std::unexpected(options.error());
  }
  SeededRng rng(1);
  return resolve_sweep(*options, {.trusted = true}, rng);
}

}  // namespace

TEST_CASE("sweep plan: a socket for loopback alone needs every target to be loopback") {
  CHECK(plan({"127.0.0.1", "127.1.0.0/16", "127.2.0.1-9"})->transport.only_loopback);
  CHECK_FALSE(plan({"127.0.0.1", "192.0.2.1"})->transport.only_loopback);
  CHECK_FALSE(plan({"127.0.0.1", "localhost"})->transport.only_loopback);
  CHECK_FALSE(plan({"127.0.0.1", "-f", "more"})->transport.only_loopback);
}

TEST_CASE("sweep plan: the kernel tells only what is shown") {
  const auto shown = [](const Words& words) {
    const transport::OpenOptions open = plan(words).value().transport;
    return std::string(open.received_header ? "header " : "") +
           (open.receive_stamps ? "received " : "") + (open.transmit_stamps ? "sent" : "");
  };
  CHECK(shown({"-a", "127.0.0.1"}).empty());
  CHECK(shown({"-e", "127.0.0.1"}) == "received sent");
  CHECK(shown({"-c3", "127.0.0.1"}) == "received sent");
  CHECK(shown({"-J", "127.0.0.1"}) == "header received sent");
  CHECK(shown({"-J", "--rate=max", "127.0.0.1"}) == "header received ");
}

}  // namespace sonde::app
