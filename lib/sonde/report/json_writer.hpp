// json_writer.hpp: JSON whose keys come from the schema table, into a buffer of its own.
// Pure ASCII control-free UTF-8 (clean_text.hpp); durations as exact milliseconds; what is absent
// or not finite is null. A line of NDJSON has some thirty members, and a sweep writes hundreds of
// thousands of lines a second: text is put straight where it stays, keys as the table has them.
// RapidJSON writes fractions. The caller begins and ends objects and arrays in pairs.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sonde/base/time.hpp"
#include "sonde/base/untrusted.hpp"
#include "sonde/net/address.hpp"
#include "sonde/report/schema_table.hpp"
#include "sonde/report/wall_text.hpp"

namespace sonde::report {

class JsonWriter {
 public:
  // What was written since the last clear(); a document may be handed on in pieces.
  [[nodiscard]] std::string_view text() const noexcept { return {buffer_.data(), used_}; }
  void clear() noexcept { used_ = 0; }
  // Ends the outermost object's line, and is ready for another.
  void end_line();

  void begin_object() { begin('{'); }  // the outermost, or an element of an array
  void begin_object(FieldRef field);
  void end_object() { end('}'); }
  void begin_array(FieldRef field);
  void end_array() { end(']'); }

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
  void element(std::string_view value);  // of an array of strings
  void element(std::uint64_t value);

 private:
  void begin(char bracket);
  void end(char bracket);
  void comma();  // before a member or element that is not the first
  void key(FieldRef field);
  void put_bool(FieldRef field, bool value);
  void put_unsigned(FieldRef field, std::uint64_t value);
  void put_signed(FieldRef field, std::int64_t value);
  void whole(std::uint64_t value);
  void fraction(double value);
  void raw(std::string_view text);
  void quoted(std::string_view text);   // has nothing to be escaped
  void escaped(std::string_view text);  // anything
  // Where `bytes` more may be written; used_ tells how many were.
  [[nodiscard]] char* room(std::size_t bytes);

  std::string buffer_;    // its size is what there is room for
  std::size_t used_ = 0;  // of it
  bool first_ = true;     // of its object or array
  UtcText utc_;
  std::string scratch_;
};

}  // namespace sonde::report
