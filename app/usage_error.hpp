// usage_error.hpp: why a command line was not understood, for people: two lines on stderr, exit 3.
#pragma once

#include <optional>
#include <string>

namespace sonde::app {

// An option's name in messages, and what was typed in its place.
struct Spelling {
  std::string ours;
  std::string typed;
};

struct UsageError {
  std::string message;  // one line: what is wrong
  std::string hint{};   // one line: what to type instead; empty: the mode's --help is named
};

using Refusal = std::optional<UsageError>;  // nullopt: nothing against it

}  // namespace sonde::app
