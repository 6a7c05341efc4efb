#include "sonde/report/json_tree.hpp"

#include <fmt/format.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

#include "sonde/report/clean_text.hpp"
#include "sonde/report/json_memory.hpp"

namespace sonde::report {
namespace {

using Kind = JsonValue::Kind;

constexpr std::size_t kDeepest = 32;  // ours is six

bool is_all(const std::from_chars_result& read, const char* end) noexcept {
  return read.ec == std::errc{} && read.ptr == end;
}

// What rapidjson::Reader tells; the names are its. open_[0] is the root, back() where values go.
class Builder {
 public:
  explicit Builder(const JsonElements& elements) : elements_(elements) {}

  bool Null() { return add({}); }  // NOLINT(readability-identifier-naming)
  bool Bool(bool value) {          // NOLINT(readability-identifier-naming)
    return add({.kind = Kind::boolean, .flag = value});
  }
  bool RawNumber(const char* text, rapidjson::SizeType size, bool /*copy*/) {  // NOLINT
    JsonValue value{.kind = Kind::whole};
    const char* const end = text + size;
    if (is_all(std::from_chars(text, end, value.whole), end)) {
      value.number = static_cast<double>(value.whole);
      return add(std::move(value));
    }
    value = {.kind = Kind::number};
    return is_all(std::from_chars(text, end, value.number), end) && add(std::move(value));
  }
  // Not called, with numbers as text.
  bool Int(int /*value*/) { return false; }               // NOLINT(readability-identifier-naming)
  bool Uint(unsigned /*value*/) { return false; }         // NOLINT(readability-identifier-naming)
  bool Int64(std::int64_t /*value*/) { return false; }    // NOLINT(readability-identifier-naming)
  bool Uint64(std::uint64_t /*value*/) { return false; }  // NOLINT(readability-identifier-naming)
  bool Double(double /*value*/) { return false; }         // NOLINT(readability-identifier-naming)
  bool String(const char* text, rapidjson::SizeType size, bool /*copy*/) {  // NOLINT
    return add({.kind = Kind::string, .text = std::string(text, size)});
  }
  bool Key(const char* text, rapidjson::SizeType size, bool /*copy*/) {  // NOLINT
    key_.assign(text, size);
    return true;
  }
  bool StartObject() { return open(Kind::object); }                    // NOLINT
  bool EndObject(rapidjson::SizeType /*members*/) { return close(); }  // NOLINT
  bool StartArray() { return open(Kind::array); }                      // NOLINT
  bool EndArray(rapidjson::SizeType /*elements*/) { return close(); }  // NOLINT

  [[nodiscard]] JsonValue take() { return std::move(root_); }

 private:
  bool add(JsonValue value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return true;
    }
    value.key = std::exchange(key_, {});
    constexpr std::size_t kInArray = 2;
    if (open_.size() == kInArray && elements_.on_element && open_[1].is(Kind::array) &&
        open_[1].key == elements_.array) {
      return elements_.on_element(open_[0], value);
    }
    open_.back().items.push_back(std::move(value));
    return true;
  }
  bool open(Kind kind) {
    if (open_.size() == kDeepest) {
      return false;
    }
    open_.push_back({.kind = kind, .key = std::exchange(key_, {})});
    return true;
  }
  bool close() {
    JsonValue value = std::move(open_.back());
    open_.pop_back();
    key_ = std::move(value.key);
    return add(std::move(value));
  }

  const JsonElements& elements_;
  JsonValue root_;
  std::vector<JsonValue> open_;
  std::string key_;
};

// What rapidjson::Reader reads from; the names are its. A zero byte ends every text.
class PieceStream {
 public:
  // NOLINTBEGIN(readability-identifier-naming)
  using Ch = char;
  explicit PieceStream(const JsonPieces& next) : next_(next), piece_(next_()) {}

  [[nodiscard]] Ch Peek() const noexcept { return piece_.empty() ? '\0' : piece_.front(); }
  Ch Take() {
    const Ch first = Peek();
    if (!piece_.empty()) {
      ++taken_;
      piece_.remove_prefix(1);
      if (piece_.empty()) {
        piece_ = next_();
      }
    }
    return first;
  }
  [[nodiscard]] std::size_t Tell() const noexcept { return taken_; }
  // Not called: nothing is written over the text.
  Ch* PutBegin() { return nullptr; }
  void Put(Ch /*c*/) {}
  void Flush() {}
  std::size_t PutEnd(Ch* /*begin*/) { return 0; }
  // NOLINTEND(readability-identifier-naming)

 private:
  const JsonPieces& next_;
  std::string_view piece_;
  std::size_t taken_ = 0;
};

}  // namespace

const JsonValue& JsonValue::member(std::string_view name) const noexcept {
  static const JsonValue kNull;
  const auto at = std::ranges::find(items, name, &JsonValue::key);
  return kind != Kind::object || at == items.end() ? kNull : *at;
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as parse_json() lets it be
void append_json(std::string& out, const JsonValue& value) {
  const bool array = value.is(Kind::array);
  switch (value.kind) {
    case Kind::null:
      out += "null";
      return;
    case Kind::boolean:
      out += value.flag ? "true" : "false";
      return;
    case Kind::whole:
      out += fmt::to_string(value.whole);
      return;
    case Kind::number: {
      const std::string text = fmt::to_string(value.number);
      out += text;
      out += text.find_first_of(".e") == std::string::npos ? ".0" : "";  // as it was
      return;
    }
    case Kind::string:
      append_json_string(out, value.text);
      return;
    case Kind::array:
    case Kind::object:
      break;
  }
  out += array ? '[' : '{';
  for (const JsonValue& item : value.items) {
    out += &item == value.items.data() ? "" : ",";
    if (!array) {
      append_json_string(out, item.key);
      out += ':';
    }
    append_json(out, item);
  }
  out += array ? ']' : '}';
}

bool parse_json(const JsonPieces& next, JsonValue& root, const JsonElements& elements) {
  Builder builder(elements);
  // RapidJSON's own numbers are not exact, and 1e362 with enough digits is infinite or any other.
  constexpr unsigned kHow = rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag;
  rapidjson::GenericReader<rapidjson::UTF8<>, rapidjson::UTF8<>, JsonMemory> reader;
  PieceStream stream(next);
  if (reader.Parse<kHow>(stream, builder).IsError()) {
    return false;
  }
  root = builder.take();
  return true;
}

bool parse_json(std::string_view text, JsonValue& root, const JsonElements& elements) {
  return parse_json([&text] { return std::exchange(text, {}); }, root, elements);
}

}  // namespace sonde::report
