// schema_types.hpp: what the rows of the schema table (schema_table.hpp) are made of. Values only.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace sonde::report {

enum class Type : std::uint8_t {
  string,
  integer,
  number,
  boolean,
  timestamp,  // UTC, RFC 3339, microseconds
  address,    // RFC 5952 or dotted decimal, %zone as a number
  object,     // of the shape `of`
  array,      // of objects of the shape `of`; of strings when that is empty
  integers,   // an array of them
};

struct Field {
  std::string_view shape;
  std::string_view key;
  Type type = Type::string;
  std::string_view doc;
  std::string_view of{};      // object, array: a shape
  std::string_view values{};  // closed list, separated by |
  bool nullable = false;
  bool optional = false;  // left out when it has nothing to say
  std::string_view since = "1.0";

  [[nodiscard]] constexpr Field or_null() const {
    Field f = *this;
    f.nullable = true;
    return f;
  }
  [[nodiscard]] constexpr Field when_needed() const {
    Field f = *this;
    f.optional = true;
    return f;
  }
  [[nodiscard]] constexpr Field one_of(std::string_view list) const {
    Field f = *this;
    f.values = list;
    return f;
  }
  [[nodiscard]] constexpr Field each(std::string_view element) const {
    Field f = *this;
    f.of = element;
    return f;
  }
};

struct Shape {
  std::string_view name;
  std::string_view doc;
  std::array<std::string_view, 5> includes{};
  bool event = false;  // a line of --ndjson
};

// Two parts of the table as one.
template <typename T, std::size_t N, std::size_t M>
[[nodiscard]] constexpr std::array<T, N + M> joined(const std::array<T, N>& first,
                                                    const std::array<T, M>& second) {
  std::array<T, N + M> out{};
  std::ranges::copy(first, out.begin());
  std::ranges::copy(second, out.begin() + N);
  return out;
}

// Builders, so that a row of the table reads as a line of text.
namespace row {
// clang-format off
constexpr Field text(std::string_view s, std::string_view k, std::string_view d) { return {s, k, Type::string, d}; }
constexpr Field count(std::string_view s, std::string_view k, std::string_view d) { return {s, k, Type::integer, d}; }
constexpr Field number(std::string_view s, std::string_view k, std::string_view d) { return {s, k, Type::number, d}; }
constexpr Field flag(std::string_view s, std::string_view k, std::string_view d) { return {s, k, Type::boolean, d}; }
constexpr Field time(std::string_view s, std::string_view k, std::string_view d) { return {s, k, Type::timestamp, d}; }
constexpr Field address(std::string_view s, std::string_view k, std::string_view d) { return {s, k, Type::address, d}; }
constexpr Field object(std::string_view s, std::string_view k, std::string_view of) { return {s, k, Type::object, {}, of}; }
constexpr Field integers(std::string_view s, std::string_view k, std::string_view d) { return {s, k, Type::integers, d}; }
constexpr Field list(std::string_view s, std::string_view k, std::string_view d) { return {s, k, Type::array, d}; }
// clang-format on
}  // namespace row

}  // namespace sonde::report
