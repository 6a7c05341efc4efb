#include "sonde/report/schema.hpp"

#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include <algorithm>
#include <charconv>

namespace sonde::report {
namespace {

// RFC 3339 in UTC with microseconds.
constexpr std::string_view kTimestampPattern =
    R"(^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z$)";
constexpr std::string_view kHexPattern = "^([0-9a-f]{2})*$";
// Dotted decimal, or hexadecimal groups with an optional zone number.
constexpr std::string_view kAddressPattern = R"(^([0-9.]+|[0-9a-f:.]+(%[0-9]+)?)$)";

class SchemaWriter {
 public:
  explicit SchemaWriter(Strict strict) : strict_(strict), json_(buffer_) {
    json_.SetIndent(' ', 2);
  }

  [[nodiscard]] std::string whole() {
    json_.StartObject();
    text("$schema", "https://json-schema.org/draft/2020-12/schema");
    text("title", "sonde: machine-readable output");
    text("description",
         "The document of --json, or one line of --ndjson. Later 1.x versions add members, values "
         "and events: readers pass over those they do not know.");
    text("$comment", "schema_version 1.0");
    key("oneOf");
    json_.StartArray();
    reference("document");
    reference("sweep_document");
    for (const Shape& shape : kShapes) {
      if (shape.event) {
        reference(shape.name);
      }
    }
    json_.EndArray();
    key("$defs");
    json_.StartObject();
    for (const Shape& shape : kShapes) {
      if (is_whole(shape)) {
        define(shape);
      }
    }
    json_.EndObject();
    json_.EndObject();
    return std::string(buffer_.GetString(), buffer_.GetSize()) + "\n";
  }

 private:
  // Shapes that only lend their members to others have no definition of their own.
  [[nodiscard]] static bool is_whole(const Shape& shape) {
    return shape.event || shape.name == "document" || shape.name == "sweep_document" ||
           std::ranges::any_of(kFields, [&](const Field& f) { return f.of == shape.name; });
  }

  void define(const Shape& shape) {
    const std::vector<const Field*> members = members_of(shape);
    key(shape.name);
    json_.StartObject();
    text("type", "object");
    text("description", shape.doc);
    key("required");
    json_.StartArray();
    for (const Field* field : members) {
      if (!field->optional) {
        value(field->key);
      }
    }
    json_.EndArray();
    key("properties");
    json_.StartObject();
    for (const Field* field : members) {
      property(shape, *field);
    }
    json_.EndObject();
    if (strict_ == Strict::yes) {
      key("additionalProperties");
      json_.Bool(false);
    }
    json_.EndObject();
  }

  void property(const Shape& shape, const Field& field) {
    key(field.key);
    json_.StartObject();
    if (!field.doc.empty()) {
      text("description", field.doc);
    }
    if (shape.event && field.shape == "event" && field.key == "event") {
      text("const", shape.name);
    } else if (field.type == Type::object) {
      object_type(field);
    } else {
      type(field);
      constraints(field);
    }
    text("x-since", field.since);
    json_.EndObject();
  }

  void object_type(const Field& field) {
    if (!field.nullable) {
      text("$ref", path_to(field.of));
      return;
    }
    key("oneOf");
    json_.StartArray();
    reference(field.of);
    json_.StartObject();
    text("type", "null");
    json_.EndObject();
    json_.EndArray();
  }

  void type(const Field& field) {
    if (!field.nullable) {
      text("type", type_name(field.type));
      return;
    }
    key("type");
    json_.StartArray();
    value(type_name(field.type));
    value("null");
    json_.EndArray();
  }

  void constraints(const Field& field) {
    if (!field.values.empty()) {
      enumeration(field);
    } else if (field.type == Type::integer) {
      key("minimum");
      json_.Int(0);
    } else if (field.type == Type::timestamp) {
      text("pattern", kTimestampPattern);
    } else if (field.type == Type::address) {
      text("pattern", kAddressPattern);
    } else if (field.key.ends_with("_hex")) {
      text("pattern", kHexPattern);
    } else if (field.type == Type::array || field.type == Type::integers) {
      items(field);
    }
  }

  void enumeration(const Field& field) {
    key("enum");
    json_.StartArray();
    for (const std::string_view item : values_of(field)) {
      if (field.type == Type::integer) {
        int number = 0;
        std::from_chars(item.data(), item.data() + item.size(), number);
        json_.Int(number);
      } else {
        value(item);
      }
    }
    if (field.nullable) {
      json_.Null();
    }
    json_.EndArray();
  }

  void items(const Field& field) {
    key("items");
    if (!field.of.empty()) {
      reference(field.of);
      return;
    }
    json_.StartObject();
    text("type", field.type == Type::integers ? "integer" : "string");
    json_.EndObject();
  }

  [[nodiscard]] static std::string_view type_name(Type type) {
    switch (type) {
      case Type::integer:
        return "integer";
      case Type::number:
        return "number";
      case Type::boolean:
        return "boolean";
      case Type::object:
        return "object";
      case Type::array:
      case Type::integers:
        return "array";
      case Type::string:
      case Type::timestamp:
      case Type::address:
        break;
    }
    return "string";
  }

  [[nodiscard]] static std::string path_to(std::string_view shape) {
    return "#/$defs/" + std::string(shape);
  }

  void reference(std::string_view shape) {
    json_.StartObject();
    text("$ref", path_to(shape));
    json_.EndObject();
  }

  void key(std::string_view name) {
    json_.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
  }
  void value(std::string_view text) {
    json_.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
  }
  void text(std::string_view name, std::string_view content) {
    key(name);
    value(content);
  }

  Strict strict_;
  rapidjson::StringBuffer buffer_;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> json_;
};

void append_own(std::string_view shape, std::vector<const Field*>& out) {
  for (const Field& field : kFields) {
    if (field.shape == shape) {
      out.push_back(&field);
    }
  }
}

}  // namespace

const Shape* find_shape(std::string_view name) noexcept {
  const auto at = std::ranges::find(kShapes, name, &Shape::name);
  return at == kShapes.end() ? nullptr : &*at;
}

std::vector<const Field*> members_of(const Shape& shape) {
  std::vector<const Field*> out;
  for (const std::string_view included : shape.includes) {
    append_own(included, out);
  }
  append_own(shape.name, out);
  return out;
}

std::vector<std::string_view> values_of(const Field& field) {
  std::vector<std::string_view> out;
  for (std::string_view rest = field.values; !rest.empty();) {
    const std::size_t bar = rest.find('|');
    out.push_back(rest.substr(0, bar));
    rest.remove_prefix(bar == std::string_view::npos ? rest.size() : bar + 1);
  }
  return out;
}

std::string json_schema(Strict strict) { return SchemaWriter(strict).whole(); }

}  // namespace sonde::report
