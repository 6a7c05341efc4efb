// schema.hpp: the schema table as a JSON Schema (draft 2020-12) and as the manual page
// sonde-json(5). Pure; the same text every time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sonde/report/schema_table.hpp"

namespace sonde::report {

// Readers must allow members they do not know (1.x adds some); our tests must not.
enum class Strict : std::uint8_t { no, yes };

// One schema for the document and for each line of --ndjson. Ends with a line feed.
[[nodiscard]] std::string json_schema(Strict strict = Strict::no);

// man/sonde-json.5, in mdoc.
[[nodiscard]] std::string json_man_page();

// A shape's own members and those that it includes, in the order of the table.
[[nodiscard]] std::vector<const Field*> members_of(const Shape& shape);
// Null: no such shape.
[[nodiscard]] const Shape* find_shape(std::string_view name) noexcept;
// "a|b|c" as a list.
[[nodiscard]] std::vector<std::string_view> values_of(const Field& field);

}  // namespace sonde::report
