#include "app/man_options.hpp"

#include <fmt/format.h>

#include <optional>

#include "app/help.hpp"

namespace sonde::app {

namespace {

constexpr std::size_t kColumns = 78;

// mdoc takes a leading dot or quote as a request and a backslash as an escape.
std::string mdoc_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return out.starts_with('.') || out.starts_with('\'') ? "\\&" + out : out;
}

// ".It Fl i Ar DUR , Fl -interval Ns = Ns Ar DUR"
std::string item(const OptionSpec& spec) {
  std::string line = ".It";
  const bool takes = spec.value == Value::required;
  if (spec.letter != 0) {
    line += fmt::format(" Fl {}", spec.letter);
    line += takes ? fmt::format(" Ar {} ,", spec.value_name) : " ,";
  }
  line += fmt::format(" Fl \\-{}", mdoc_text(spec.name));
  if (takes) {
    line += fmt::format(" Ns = Ns Ar {}", spec.value_name);
  } else if (spec.value == Value::optional) {
    line += fmt::format(" Ns Op Ns = Ns Ar {}", spec.value_name);
  }
  return line + "\n";
}

std::string body(const OptionSpec& spec) {
  std::string text = mdoc_text(spec.doc);
  text[0] = text[0] >= 'a' && text[0] <= 'z' ? static_cast<char>(text[0] - 'a' + 'A') : text[0];
  text = wrapped(text + ".\n", 0, kColumns);
  if (!spec.standard.empty()) {
    text += fmt::format("Default: {}.\n", mdoc_text(spec.standard));
  }
  if (spec.traits.linux_only) {
    text += "Linux only.\n";
  }
  if (spec.traits.no_effect) {
    text += "Accepted, without effect.\n";
  }
  return text;
}

}  // namespace

std::string man_options(Mode mode) {
  std::string text;
  std::optional<Group> group;
  for (const OptionSpec& spec : option_table()) {
    if (!belongs_to(spec, mode) || spec.traits.visibility == Visibility::internal) {
      continue;
    }
    if (group != spec.group) {
      text += group ? ".El\n" : "";
      group = spec.group;
      text += fmt::format(".Ss {}\n.Bl -tag -width Ds\n", group_title(spec.group));
    }
    text += item(spec) + body(spec);
  }
  return text + ".El\n";
}

}  // namespace sonde::app
