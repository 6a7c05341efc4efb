#include "sonde/report/json_writer.hpp"

#include <cmath>

#include "sonde/report/clean_text.hpp"
#include "sonde/report/numbers.hpp"

namespace sonde::report {

void JsonWriter::key(FieldRef field) {
  writer_.Key(field.key().data(), static_cast<rapidjson::SizeType>(field.key().size()));
}

void JsonWriter::begin_object(FieldRef field) {
  key(field);
  writer_.StartObject();
}

void JsonWriter::begin_array(FieldRef field) {
  key(field);
  writer_.StartArray();
}

void JsonWriter::string(std::string_view value) {
  scratch_.clear();
  append_json_string(scratch_, value);
  writer_.RawValue(scratch_.data(), scratch_.size(), rapidjson::kStringType);
}

void JsonWriter::put_bool(FieldRef field, bool value) {
  key(field);
  writer_.Bool(value);
}

void JsonWriter::put_unsigned(FieldRef field, std::uint64_t value) {
  key(field);
  writer_.Uint64(value);
}

void JsonWriter::put_signed(FieldRef field, std::int64_t value) {
  key(field);
  writer_.Int64(value);
}

void JsonWriter::put_null(FieldRef field) {
  key(field);
  writer_.Null();
}

void JsonWriter::put(FieldRef field, double value) {
  if (!std::isfinite(value)) {
    put_null(field);
    return;
  }
  key(field);
  writer_.Double(value);
}

void JsonWriter::put(FieldRef field, std::string_view value) {
  key(field);
  string(value);
}

void JsonWriter::put(FieldRef field, Duration value) {
  key(field);
  scratch_.clear();
  append_exact_ms(scratch_, value);
  writer_.RawValue(scratch_.data(), scratch_.size(), rapidjson::kNumberType);
}

void JsonWriter::put(FieldRef field, WallTime value) {
  key(field);
  scratch_.assign(1, '"');
  utc_.append(scratch_, value);
  scratch_ += '"';
  writer_.RawValue(scratch_.data(), scratch_.size(), rapidjson::kStringType);
}

void JsonWriter::end_line() {
  buffer_.Put('\n');
  writer_.Reset(buffer_);
}

void JsonWriter::put(FieldRef field, const net::Address& value) { put(field, value.to_text()); }

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
