// json_writer.hpp: JSON whose keys come from the schema table, into a buffer of its own.
// Pure ASCII control-free UTF-8 (clean_text.hpp); durations as exact milliseconds; what is absent
// or not finite is null. RapidJSON keeps commas and nesting.
#pragma once

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sonde/base/time.hpp"
#include "sonde/base/untrusted.hpp"
#include "sonde/net/address.hpp"
#include "sonde/report/json_memory.hpp"
#include "sonde/report/schema_table.hpp"
#include "sonde/report/wall_text.hpp"

namespace sonde::report {

class JsonWriter {
 public:
  JsonWriter() : writer_(buffer_) {}

  // What was written since the last clear(); a document may be handed on in pieces.
  [[nodiscard]] std::string_view text() const { return {buffer_.GetString(), buffer_.GetSize()}; }
  void clear() { buffer_.Clear(); }
  // Ends the outermost object's line, and is ready for another.
  void end_line();

  void begin_object() { writer_.StartObject(); }  // the outermost, or an element of an array
  void begin_object(FieldRef field);
  void end_object() { writer_.EndObject(); }
  void begin_array(FieldRef field);
  void end_array() { writer_.EndArray(); }

  void put(FieldRef field, std::same_as<bool> auto value) { put_bool(field, value); }
  void put(FieldRef field, std::unsigned_integral auto value)
    requires(!std::same_as<decltype(value), bool>)
  {
    put_unsigned(field, value);
  }
  void put(FieldRef field, std::signed_integral auto value) { put_signed(field, value); }
  void put(FieldRef field, double value);
  void put(FieldRef field, std::string_view value);
  void put(FieldRef field, Duration value);  // milliseconds
  void put(FieldRef field, WallTime value);
  void put(FieldRef field, const net::Address& value);
  template <typename T>
  void put(FieldRef field, const std::optional<T>& value) {
    if (value) {
      put(field, *value);
    } else {
      put_null(field);
    }
  }
  void put_null(FieldRef field);
  // Text that may be no UTF-8: its bytes go to `hex` then.
  void put_text(FieldRef field, FieldRef hex, const Untrusted& text);
  void put_name(FieldRef field, FieldRef hex, const std::optional<Untrusted>& name);
  void element(std::string_view value) { string(value); }  // of an array of strings
  void element(std::uint64_t value) { writer_.Uint64(value); }

 private:
  void key(FieldRef field);
  void string(std::string_view value);
  void put_bool(FieldRef field, bool value);
  void put_unsigned(FieldRef field, std::uint64_t value);
  void put_signed(FieldRef field, std::int64_t value);

  using Buffer = rapidjson::GenericStringBuffer<rapidjson::UTF8<>, JsonMemory>;
  Buffer buffer_;
  rapidjson::Writer<Buffer, rapidjson::UTF8<>, rapidjson::UTF8<>, JsonMemory> writer_;
  UtcText utc_;
  std::string scratch_;
};

}  // namespace sonde::report
