// command_line.cpp: fuzzes the whole way of a command line, from words to what would be opened and
// sent. Nothing is looked up, opened or sent.
// In:  | how (1): bit 0 Windows' slashes, bit 1 root | words, each ended by a NUL |.
// Oracles: a refusal is one line that a terminal may see; what was understood, written out in the
// plainest spelling, is understood the same; plans keep the bounds that their headers state.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "app/cli.hpp"
#include "app/resolve_options.hpp"
#include "app/resolve_sweep.hpp"
#include "app/resolve_trace.hpp"
#include "app/slash_options.hpp"
#include "sonde/engine/ping.hpp"
#include "sonde/engine/sweep.hpp"
#include "sonde/engine/trace.hpp"
#include "tests/support/fuzz.hpp"

using namespace sonde;

namespace {

constexpr std::size_t kMostBytes = 4096;
constexpr std::size_t kMostWords = 64;
constexpr std::size_t kMostPayload = 65'535;

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty() && words.size() < kMostWords) {
    const std::size_t end = std::min(text.find('\0'), text.size());
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

bool printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

void check(const app::UsageError& error) {
  test::expect(!error.message.empty());
  test::expect(printable(error.message) && printable(error.hint));
}

// "--name=value ... -- operand ...": no letters, no bundles, no order.
std::vector<std::string> plainly(const app::CommandLine& line) {
  std::vector<std::string> words;
  for (const app::GivenOption& given : line.options) {
    const std::string name = "--" + std::string(given.spec->name);
    const bool bare = given.spec->value == app::Value::none || given.value.empty();
    words.push_back(bare ? name : name + "=" + given.value);
    if (given.spec->value == app::Value::required && given.value.empty()) {
      words.emplace_back();
    }
  }
  words.emplace_back("--");
  words.insert(words.end(), line.operands.begin(), line.operands.end());
  return words;
}

void check_again(app::Mode mode, const app::CommandLine& line) {
  const auto again = app::read_command_line(mode, plainly(line));
  test::expect(again.has_value() && again->operands == line.operands);
  test::expect(again->options.size() == line.options.size());
  for (const app::GivenOption& given : line.options) {
    const app::GivenOption* same = again->find(given.spec->id);
    test::expect(same != nullptr && same->value == given.value);
    test::expect(app::belongs_to(*given.spec, mode));
  }
}

void check_ping(const app::CommandLine& line, const app::Situation& situation) {
  const auto options = app::read_ping_options(line);
  if (!options) {
    return check(options.error());
  }
  SeededRng rng{1};
  const auto plan = app::resolve_ping(*options, situation, rng);
  if (!plan) {
    return check(plan.error());
  }
  test::expect(!plan->targets.empty() && plan->targets.size() == options->targets.size());
  test::expect(plan->engine.payload.size() <= kMostPayload);
  const auto engine = engine::PingEngine::make(plan->engine);
  if (!engine) {
    return check({.message = engine.error().message});
  }
  test::expect(plan->engine.timeout > Duration{} && plan->engine.interval >= Duration{});
  test::expect(!plan->engine.count || *plan->engine.count > 0);
}

void check_trace(const app::CommandLine& line, const app::Situation& situation) {
  const auto options = app::read_trace_options(line);
  if (!options) {
    return check(options.error());
  }
  auto plan = app::resolve_trace(*options, situation);
  if (!plan) {
    return check(plan.error());
  }
  test::expect(!plan->targets.empty());
  const auto engine = engine::TraceEngine::make(plan->engine);
  if (!engine) {
    return check({.message = engine.error().message});
  }
  app::state_varying_flows(*plan);
  if (plan->may_fall_back) {
    app::fall_back_to_udp(*plan);
    test::expect(engine::TraceEngine::make(plan->engine).has_value());
  }
}

void check_sweep(const app::CommandLine& line, const app::Situation& situation) {
  const auto options = app::read_sweep_options(line);
  if (!options) {
    return check(options.error());
  }
  SeededRng rng{1};
  const auto plan = app::resolve_sweep(*options, situation, rng);
  if (!plan) {
    return check(plan.error());
  }
  test::expect(plan->engine.payload.size() <= kMostPayload);
  test::expect(plan->engine.shard >= 1 && plan->engine.shard <= plan->engine.shards);
  const net::AddressList none;
  const auto engine = engine::SweepEngine::make(plan->engine, none);
  if (!engine) {
    check({.message = engine.error().message});
  }
}

void check_line(app::Mode mode, const app::CommandLine& line, const app::Situation& situation) {
  check_again(mode, line);
  switch (mode) {
    case app::Mode::ping:
      return check_ping(line, situation);
    case app::Mode::trace:
      return check_trace(line, situation);
    case app::Mode::sweep:
      return check_sweep(line, situation);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + std::min(size, kMostBytes));
  const unsigned how = text.empty() ? 0 : static_cast<unsigned char>(text.front());
  const auto words = words_of(std::string_view(text).substr(text.empty() ? 0 : 1));
  const auto invocation = app::choose_mode(words);
  if (!invocation) {
    check(invocation.error());
    return 0;
  }
  std::vector<std::string> plain(invocation->arguments.begin(), invocation->arguments.end());
  if ((how & 1U) != 0) {
    (void)app::slash_spellings(invocation->mode, plain);
    auto put = app::without_slashes(invocation->mode, plain);
    if (!put) {
      check(put.error());
      return 0;
    }
    plain = *std::move(put);
  }
  const auto line = app::read_command_line(invocation->mode, plain);
  if (!line) {
    check(line.error());
    return 0;
  }
  check_line(invocation->mode, *line, {.trusted = (how & 2U) != 0});
  return 0;
}
