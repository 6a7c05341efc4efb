// json_tree.hpp: JSON text as a tree of values, for reading back what the program wrote. Numbers
// that are whole and not negative stay exact; other numbers are doubles. No recursion: however deep
// the text is nested, the stack is not. Errors: false, also for a number out of a double's range.
// (RapidJSON's own tree does not compile with clang 19.)
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace sonde::report {

struct JsonValue {
  enum class Kind : std::uint8_t { null, boolean, whole, number, string, array, object };

  Kind kind = Kind::null;
  std::string key{};  // in an object: what it is called
  bool flag = false;
  std::uint64_t whole = 0;
  double number = 0;  // of `whole`, too
  std::string text{};
  std::vector<JsonValue> items{};  // elements or members

  [[nodiscard]] bool is(Kind wanted) const noexcept { return kind == wanted; }
  [[nodiscard]] bool is_number() const noexcept {
    return kind == Kind::whole || kind == Kind::number;
  }
  // A value of the kind `null`: there is no such member.
  [[nodiscard]] const JsonValue& member(std::string_view name) const noexcept;
};

// Each element of the outermost object's array of this name is handed over as soon as it is whole,
// with what stood before it, and not kept. False from the callback ends the parsing.
struct JsonElements {
  std::string_view array{};
  std::function<bool(const JsonValue& root, const JsonValue& element)> on_element{};
};

// The next piece of a text, valid until the next call; empty: its end.
using JsonPieces = std::function<std::string_view()>;

// As text again, without a line feed: safe to look at on a terminal, whatever it says. Of a value
// that parse_json() made: the depth is bounded.
void append_json(std::string& out, const JsonValue& value);

[[nodiscard]] bool parse_json(std::string_view text, JsonValue& root,
                              const JsonElements& elements = {});
// Memory: a piece, and what is kept of the tree.
[[nodiscard]] bool parse_json(const JsonPieces& next, JsonValue& root,
                              const JsonElements& elements = {});

}  // namespace sonde::report
