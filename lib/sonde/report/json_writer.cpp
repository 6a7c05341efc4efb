#include "sonde/report/json_writer.hpp"

#include <rapidjson/internal/dtoa.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "sonde/report/clean_text.hpp"
#include "sonde/report/numbers.hpp"

namespace sonde::report {

char* JsonWriter::room(std::size_t bytes) {
  constexpr std::size_t kFirst = 1024;
  if (buffer_.size() - used_ < bytes) {
    buffer_.resize(std::max(2 * buffer_.size(), used_ + bytes + kFirst));
  }
  return buffer_.data() + used_;
}

void JsonWriter::raw(std::string_view text) {
  std::ranges::copy(text, room(text.size()));
  used_ += text.size();
}

void JsonWriter::comma() {
  if (!first_) {
    *room(1) = ',';
    ++used_;
  }
  first_ = false;
}

void JsonWriter::begin(char bracket) {
  comma();
  *room(1) = bracket;
  ++used_;
  first_ = true;
}

void JsonWriter::end(char bracket) {
  *room(1) = bracket;
  ++used_;
  first_ = false;
}

// The schema's keys have nothing to be escaped.
void JsonWriter::key(FieldRef field) {
  constexpr std::size_t kAround = 4;  // ,"":
  const std::string_view name = field.key();
  char* out = room(name.size() + kAround);
  if (!first_) {
    *out++ = ',';
    ++used_;
  }
  *out++ = '"';
  out = std::ranges::copy(name, out).out;
  *out++ = '"';
  *out = ':';
  used_ += name.size() + kAround - 1;
  first_ = true;  // its value stands behind no comma
}

void JsonWriter::begin_object(FieldRef field) {
  key(field);
  begin('{');
}

void JsonWriter::begin_array(FieldRef field) {
  key(field);
  begin('[');
}

void JsonWriter::quoted(std::string_view text) {
  char* out = room(text.size() + 2);
  *out++ = '"';
  out = std::ranges::copy(text, out).out;
  *out = '"';
  used_ += text.size() + 2;
}

void JsonWriter::escaped(std::string_view text) {
  scratch_.clear();
  append_json_string(scratch_, text);
  raw(scratch_);
}

void JsonWriter::whole(std::uint64_t value) {
  constexpr std::size_t kDigits = 20;
  char* const out = room(kDigits);
  used_ += static_cast<std::size_t>(std::to_chars(out, out + kDigits, value).ptr - out);
}

void JsonWriter::fraction(double value) {
  if (value == 0 && !std::signbit(value)) {
    raw("0.0");
    return;
  }
  // The digits that rapidjson::Writer has, without its buffer: that one takes memory each time, and
  // does not look whether it got some.
  constexpr std::size_t kLongest = 25;
  char* const out = room(kLongest);
  used_ += static_cast<std::size_t>(rapidjson::internal::dtoa(value, out) - out);
}

void JsonWriter::put_bool(FieldRef field, bool value) {
  key(field);
  raw(value ? "true" : "false");
  first_ = false;
}

void JsonWriter::put_unsigned(FieldRef field, std::uint64_t value) {
  key(field);
  whole(value);
  first_ = false;
}

void JsonWriter::put_signed(FieldRef field, std::int64_t value) {
  key(field);
  if (value < 0) {
    raw("-");
  }
  whole(value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value));
  first_ = false;
}

void JsonWriter::put_null(FieldRef field) {
  key(field);
  raw("null");
  first_ = false;
}

void JsonWriter::put(FieldRef field, double value) {
  if (!std::isfinite(value)) {
    put_null(field);
    return;
  }
  key(field);
  fraction(value);
  first_ = false;
}

void JsonWriter::put(FieldRef field, std::string_view value) {
  key(field);
  escaped(value);
  first_ = false;
}

void JsonWriter::put(FieldRef field, Duration value) {
  key(field);
  scratch_.clear();
  append_exact_ms(scratch_, value);
  raw(scratch_);
  first_ = false;
}

void JsonWriter::put(FieldRef field, WallTime value) {
  key(field);
  scratch_.clear();
  utc_.append(scratch_, value);
  quoted(scratch_);
  first_ = false;
}

void JsonWriter::put(FieldRef field, const net::Address& value) {
  key(field);
  scratch_.clear();
  value.append_text(scratch_);
  quoted(scratch_);
  first_ = false;
}

void JsonWriter::element(std::string_view value) {
  comma();
  escaped(value);
}

void JsonWriter::element(std::uint64_t value) {
  comma();
  whole(value);
}

void JsonWriter::end_line() {
  raw("\n");
  first_ = true;
}

void JsonWriter::put_text(FieldRef field, FieldRef hex, const Untrusted& text) {
  const JsonText clean = json_text(text);
  put(field, std::string_view(clean.text));
  if (clean.hex) {
    put(hex, std::string_view(*clean.hex));
  }
}

void JsonWriter::put_name(FieldRef field, FieldRef hex, const std::optional<Untrusted>& name) {
  if (name && json_name(*name)) {
    put_text(field, hex, *name);
  } else {
    put_null(field);
  }
}

}  // namespace sonde::report
