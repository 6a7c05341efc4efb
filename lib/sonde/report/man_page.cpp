// man_page.cpp: sonde-json(5) from the schema table.
#include <fmt/format.h>

#include <algorithm>

#include "sonde/report/schema.hpp"

namespace sonde::report {
namespace {

// The page's own date, in mdoc's form: moved when its text changes.
constexpr std::string_view kHead = R"(.\" Generated from lib/sonde/report/schema_table.hpp.
.Dd November 21, 2026
.Dt SONDE-JSON 5
.Os
.Sh NAME
.Nm sonde-json
.Nd machine-readable output of sonde
.Sh DESCRIPTION
With
.Fl -json ,
.Xr sonde 1
writes exactly one object, on one line, when the run has ended: also when
nothing answered, on Ctrl-C, when a name does not resolve and on a system
error.
With
.Fl -ndjson
it writes one object a line for each event, as it happens.
.Pp
Numbers are numbers and finite; the unit stands at the end of the key:
.Ql _ms ,
.Ql _bytes ,
.Ql _ratio .
What was not measured is
.Cm null ,
never 0.
Enumerations are closed lists.
Times are UTC in the form of RFC 3339, with microseconds.
Text that came from the network or the user is valid UTF-8: bytes that are
not become U+FFFD, and a member with
.Ql _hex
at its end then holds all of them.
Control characters are always escaped.
.Pp
Versions 1.x only add members, values and events: readers pass over those
they do not know.
.Ql sonde --print-schema
prints the whole as a JSON Schema, draft 2020-12.
)";

constexpr std::string_view kTail = R"(.Sh SEE ALSO
.Xr sonde 1 ,
.Xr sonde-ping 1 ,
.Xr sonde-sweep 1 ,
.Xr sonde-trace 1
)";

// Text as lines of mdoc: at most 78 columns, a sentence starts a line, nothing is a request or an
// escape by accident.
[[nodiscard]] std::string prose(std::string_view text) {
  constexpr std::size_t kColumns = 78;
  std::string out;
  std::size_t column = 0;
  bool sentence_ended = false;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    const bool breaks = sentence_ended || column + 1 + word.size() > kColumns;
    if (column > 0) {
      out += breaks ? '\n' : ' ';
      column = breaks ? 0 : column + 1;
    }
    out += column == 0 && (word.starts_with('.') || word.starts_with('\'')) ? "\\&" : "";
    for (const char c : word) {
      out += c == '\\' ? "\\e" : std::string(1, c);
    }
    column += word.size();
    sentence_ended = word.ends_with('.');
  }
  return out;
}

[[nodiscard]] std::string_view kind(const Field& field) {
  switch (field.type) {
    case Type::string:
      return "string";
    case Type::integer:
      return "integer";
    case Type::number:
      return "number";
    case Type::boolean:
      return "boolean";
    case Type::timestamp:
      return "time";
    case Type::address:
      return "address";
    case Type::object:
      return "object";
    case Type::array:
    case Type::integers:
      break;
  }
  return "array";
}

[[nodiscard]] std::string type_text(const Field& field) {
  std::string text(kind(field));
  if (!field.of.empty()) {
    text += fmt::format(" of {}", field.of);
  } else if (field.type == Type::array) {
    text += " of strings";
  } else if (field.type == Type::integers) {
    text += " of integers";
  }
  return text + (field.nullable ? " or null" : "") + (field.optional ? ", when needed" : "");
}

[[nodiscard]] std::string values_text(const Field& field) {
  std::string text;
  for (const std::string_view value : values_of(field)) {
    text += fmt::format("{}{}", text.empty() ? "One of: " : ", ", value);
  }
  return text.empty() ? text : text + ".\n";
}

void append_field(std::string& out, const Field& field) {
  const std::string since = field.since == "1.0" ? "" : fmt::format(" (since {})", field.since);
  out += fmt::format(".It Cm {}\n{}{}.\n", field.key, type_text(field), since);
  const Shape* const shape = field.type == Type::object ? find_shape(field.of) : nullptr;
  const std::string doc = prose(shape != nullptr ? shape->doc : field.doc);
  out += doc.empty() ? doc : doc + "\n";
  out += values_text(field);
}

void append_shape(std::string& out, const Shape& shape) {
  out += fmt::format(".Ss {}\n{}\n", shape.name, prose(shape.doc));
  for (const std::string_view included : shape.includes) {
    if (!included.empty()) {
      out += fmt::format("Has the members of\n.Sx {} .\n", included);
    }
  }
  const auto own = [&](const Field& field) { return field.shape == shape.name; };
  if (std::ranges::none_of(kFields, own)) {
    return;
  }
  out += ".Bl -tag -width probes_truncated\n";
  for (const Field& field : kFields) {
    if (own(field)) {
      append_field(out, field);
    }
  }
  out += ".El\n";
}

[[nodiscard]] std::string shapes(bool event) {
  std::string out;
  for (const Shape& shape : kShapes) {
    if (shape.event == event) {
      append_shape(out, shape);
    }
  }
  return out;
}

}  // namespace

std::string json_man_page() {
  return std::string(kHead) +
         ".Sh OBJECTS\nThe outermost one is\n.Sx document ,\nof a sweep\n.Sx sweep_document .\n" +
         shapes(false) + ".Sh EVENTS\nLines of\n.Fl -ndjson .\n" + shapes(true) +
         std::string(kTail);
}

}  // namespace sonde::report
