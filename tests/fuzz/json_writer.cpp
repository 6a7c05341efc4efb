// json_writer.cpp: fuzzes the writer of all machine output: what it writes is one line that a
// terminal may see, is read again by our own reader, and says the same.
// In:  a list of | what (1) | argument |: see Writer::step(). The end closes what is open.
// Oracles: the tree that was meant, built beside the text; whole numbers, times and durations to
// the last digit; text that is no UTF-8 keeps all its bytes as hex.
#include "sonde/report/json_writer.hpp"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "sonde/report/json_tree.hpp"
#include "tests/support/fuzz.hpp"

using namespace sonde;
using report::JsonValue;
using Kind = JsonValue::Kind;

namespace {

constexpr std::size_t kDeepest = 12;
constexpr std::size_t kMostSteps = 512;
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// Strictly RFC 3629, written apart from clean_text.cpp.
bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto at = [&](std::size_t k) -> unsigned {
      return i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0U;
    };
    const auto tail = [&](std::size_t k) { return at(k) >= 0x80 && at(k) <= 0xBF; };
    const unsigned a = at(0);
    const unsigned b = at(1);
    if (a < 0x80) {
      i += 1;
    } else if (a >= 0xC2 && a <= 0xDF && tail(1)) {
      i += 2;
    } else if (a >= 0xE0 && a <= 0xEF && tail(1) && tail(2) && (a != 0xE0 || b >= 0xA0) &&
               (a != 0xED || b < 0xA0)) {
      i += 3;
    } else if (a >= 0xF0 && a <= 0xF4 && tail(1) && tail(2) && tail(3) &&
               (a != 0xF0 || b >= 0x90) && (a != 0xF4 || b < 0x90)) {
      i += 4;
    } else {
      return false;
    }
  }
  return true;
}

// What is still to be read of the input; it ends in zeros.
class Input {
 public:
  explicit Input(std::string_view rest) : rest_(rest) {}
  [[nodiscard]] bool empty() const { return rest_.empty(); }
  std::string_view text(std::size_t most) {
    const std::string_view out = rest_.substr(0, most);
    rest_.remove_prefix(out.size());
    return out;
  }
  std::uint8_t byte() {
    const std::string_view one = text(1);
    return one.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(one[0]);
  }
  std::string_view counted_text() { return text(byte()); }
  std::uint64_t word() {
    std::uint64_t out = 0;
    const std::string_view eight = text(sizeof out);
    for (const char c : eight) {
      out = out << 8U | static_cast<unsigned char>(c);
    }
    return out;
  }

 private:
  std::string_view rest_;
};

// What was put, as it must be read again. `exact` judges the very text of a number or a time.
class Document {
 public:
  explicit Document(Input input) : input_(input) {
    json_.begin_object();
    open_.push_back({.kind = Kind::object});
  }

  void fill() {
    for (std::size_t i = 0; i < kMostSteps && !input_.empty(); ++i) {
      step();
    }
    while (!open_.empty()) {
      close();
    }
    json_.end_line();
  }
  [[nodiscard]] std::string_view text() const { return json_.text(); }
  [[nodiscard]] const JsonValue& meant() const { return root_; }

 private:
  [[nodiscard]] bool in_array() const { return open_.back().is(Kind::array); }

  void step() {
    constexpr unsigned kKinds = 12;
    const unsigned what = input_.byte() % kKinds;
    if (what == 0) {
      return open_.size() > 1 ? close() : void();
    }
    if (in_array()) {
      return what % 2 == 0 ? element() : text_element();
    }
    member(what);
  }

  void member(unsigned what) {
    switch (what) {
      case 1:
        return begin("document.targets", Kind::array);
      case 2:
        return begin("document.tool", Kind::object);
      case 3:
        return put_flag(input_.byte() % 2 == 1);
      case 4:
        return put_whole(input_.word());
      case 5:
        return put_signed(std::bit_cast<std::int64_t>(input_.word()));
      case 6:
        return put_double(std::bit_cast<double>(input_.word()));
      case 7:
        return put_duration(Duration(std::bit_cast<std::int64_t>(input_.word())));
      case 8:
        return put_time(input_.word());
      case 9:
        return put_text(std::string(input_.counted_text()));
      case 10:
        return put_name(std::string(input_.counted_text()));
      default:
        return put_address(input_.word());
    }
  }

  void element() {
    const std::uint64_t value = input_.word();
    json_.element(value);
    add({.kind = Kind::whole, .whole = value, .number = static_cast<double>(value)});
  }
  void text_element() {
    std::string value(input_.counted_text());
    json_.element(std::string_view(value));
    add({.kind = Kind::string, .text = std::move(value)});
  }

  void begin(report::FieldRef field, Kind kind) {
    if (open_.size() == kDeepest) {
      return;
    }
    kind == Kind::array ? json_.begin_array(field) : json_.begin_object(field);
    open_.push_back({.kind = kind, .key = std::string(field.key())});
  }
  void close() {
    in_array() ? json_.end_array() : json_.end_object();
    JsonValue done = std::move(open_.back());
    open_.pop_back();
    if (open_.empty()) {
      root_ = std::move(done);
    } else {
      open_.back().items.push_back(std::move(done));
    }
  }
  void add(JsonValue value) { open_.back().items.push_back(std::move(value)); }
  void add(report::FieldRef field, JsonValue value) {
    value.key = field.key();
    add(std::move(value));
  }
  // The text of the member that was put last.
  [[nodiscard]] std::string_view last() const {
    const std::string_view all = json_.text();
    return all.substr(all.rfind(':') + 1);
  }

  void put_flag(bool value) {
    json_.put("options.df", value);
    add("options.df", {.kind = Kind::boolean, .flag = value});
  }
  void put_whole(std::uint64_t value) {
    json_.put("counts.sent", value);
    add("counts.sent", {.kind = Kind::whole, .whole = value, .number = static_cast<double>(value)});
  }
  void put_signed(std::int64_t value) {
    json_.put("counts.sent", value);
    const bool whole = value >= 0;
    test::expect(last() == std::to_string(value));
    add("counts.sent", {.kind = whole ? Kind::whole : Kind::number,
                        .whole = whole ? static_cast<std::uint64_t>(value) : 0,
                        .number = static_cast<double>(value)});
  }
  void put_double(double value) {
    json_.put("figures.loss_ratio", value);
    if (!std::isfinite(value)) {
      return add("figures.loss_ratio", {.kind = Kind::null});
    }
    double read = 0;
    const std::string_view text = last();
    test::expect(std::from_chars(text.data(), text.data() + text.size(), read).ec == std::errc{});
    test::expect(std::bit_cast<std::uint64_t>(read) == std::bit_cast<std::uint64_t>(value));
    add("figures.loss_ratio", {.kind = Kind::number, .number = value});
  }
  // "123.456" milliseconds are 123456000 ns, to the last of them.
  void put_duration(Duration value) {
    json_.put("answer.rtt_ms", value);
    std::string digits(last());
    const std::size_t point = digits.find('.');
    test::expect(point != std::string::npos && digits.size() - point - 1 <= 6);
    digits.append(6 - (digits.size() - point - 1), '0').erase(point, 1);
    std::int64_t read = 0;
    const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), read);
    test::expect(end.ec == std::errc{} && read == value.count());
    add("answer.rtt_ms",
        {.kind = Kind::number, .number = static_cast<double>(value.count()) / 1e6});
  }
  void put_time(std::uint64_t value) {
    // From 1970 to 2262: what 63 bits of nanoseconds hold.
    const auto whole = static_cast<std::int64_t>(value >> 1U);
    const WallTime when{Duration(whole)};
    json_.put("event.ts", when);
    const std::string text = report::utc_text(when);
    test::expect(text.size() == std::string_view("2026-11-21T19:26:27.123456Z").size());
    add("event.ts", {.kind = Kind::string, .text = text});
  }
  void put_text(std::string value) {
    json_.put("identity.input", std::string_view(value));
    add("identity.input", {.kind = Kind::string, .text = std::move(value)});
  }
  void put_name(const std::string& raw) {
    json_.put_name("identity.name", "identity.name_hex", Untrusted(raw));
    if (raw.empty() || raw == ".") {
      return add("identity.name", {.kind = Kind::null});
    }
    add("identity.name", {.kind = Kind::string, .text = raw});
    if (!is_utf8(raw)) {
      const auto bytes = std::as_bytes(std::span(raw));
      add("identity.name_hex", {.kind = Kind::string, .text = test::to_hex(bytes)});
    }
  }
  void put_address(std::uint64_t value) {
    const net::Address address = net::Address::v4(static_cast<std::uint32_t>(value));
    json_.put("identity.address", address);
    add("identity.address", {.kind = Kind::string, .text = address.to_text()});
  }

  Input input_;
  report::JsonWriter json_;
  std::vector<JsonValue> open_;
  JsonValue root_;
};

bool same_text(std::string_view read, std::string_view meant) {
  return is_utf8(meant) ? read == meant : is_utf8(read) && read.contains(kReplacement);
}

// RapidJSON reads a double to within a few units of the last place.
bool same_number(double read, double meant) {
  constexpr double kPlaces = 4;
  return std::abs(read - meant) <=
         kPlaces * std::numeric_limits<double>::epsilon() * std::abs(meant) +
             std::numeric_limits<double>::denorm_min();
}

// NOLINTNEXTLINE(misc-no-recursion): kDeepest levels
bool same(const JsonValue& read, const JsonValue& meant) {
  if (read.kind != meant.kind || read.key != meant.key || read.flag != meant.flag ||
      read.whole != meant.whole || read.items.size() != meant.items.size()) {
    return false;
  }
  if (!same_number(read.number, meant.number) || !same_text(read.text, meant.text)) {
    return false;
  }
  for (std::size_t i = 0; i < read.items.size(); ++i) {
    if (!same(read.items[i], meant.items[i])) {
      return false;
    }
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(data, data + size);
  Document document{Input(bytes)};
  document.fill();
  std::string_view text = document.text();
  test::expect(text.ends_with('\n') && is_utf8(text));
  text.remove_suffix(1);
  test::expect(std::ranges::none_of(
      text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }));
  JsonValue read;
  test::expect(report::parse_json(text, read) && same(read, document.meant()));
  // Told once more, as --resume does.
  std::string again;
  report::append_json(again, read);
  JsonValue second;
  test::expect(report::parse_json(again, second) && same(second, document.meant()));
  return 0;
}
