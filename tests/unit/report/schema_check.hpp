// schema_check.hpp: a JSON value against the schema table: strictly, with every deviation in words,
// and with a record of which rows were met.
#pragma once

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "sonde/report/schema.hpp"

namespace sonde::report {

class SchemaCheck {
 public:
  // NOLINTNEXTLINE(misc-no-recursion): as deep as the table's shapes
  void object(const nlohmann::json& value, std::string_view shape_name) {
    const Shape* const shape = find_shape(shape_name);
    if (shape == nullptr || !value.is_object()) {
      wrong(std::string(shape_name) + ": no such shape, or no object");
      return;
    }
    const std::vector<const Field*> members = members_of(*shape);
    for (const auto& [key, member] : value.items()) {
      const auto field = std::ranges::find(members, std::string_view(key), &Field::key);
      if (field == members.end()) {
        wrong(std::string(shape_name) + "." + key + ": not in the table");
      } else {
        seen.insert(path(**field));
        check(member, **field);
      }
    }
    for (const Field* field : members) {
      if (!field->optional && !value.contains(field->key)) {
        wrong(path(*field) + ": missing in " + std::string(shape_name));
      }
    }
  }

  void event_line(const nlohmann::json& value) { object(value, value.value("event", "")); }

  static std::string path(const Field& field) {
    return std::string(field.shape) + "." + std::string(field.key);
  }

  std::vector<std::string> wrongs;
  std::set<std::string> seen;

 private:
  void wrong(std::string what) { wrongs.push_back(std::move(what)); }

  // NOLINTNEXTLINE(misc-no-recursion): as deep as the table's shapes
  void check(const nlohmann::json& value, const Field& field) {
    if (value.is_null()) {
      if (!field.nullable) {
        wrong(path(field) + ": null");
      }
      return;
    }
    if (!has_type(value, field.type)) {
      wrong(path(field) + ": has the wrong type: " + value.dump());
      return;
    }
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    if (const auto values = values_of(field);
        !values.empty() && std::ranges::find(values, text) == values.end()) {
      wrong(path(field) + ": not in its list: " + text);
    }
    if (field.type == Type::object) {
      object(value, field.of);
    }
    for (std::size_t i = 0; field.type == Type::array && i < value.size(); ++i) {
      if (!field.of.empty()) {
        object(value[i], field.of);
      } else if (!value[i].is_string()) {
        wrong(path(field) + ": holds something else than strings");
      }
    }
  }

  static bool has_type(const nlohmann::json& value, Type type) {
    switch (type) {
      case Type::integer:
        return value.is_number_integer();
      case Type::number:
        return value.is_number_float();  // with a decimal point, always
      case Type::boolean:
        return value.is_boolean();
      case Type::object:
        return value.is_object();
      case Type::array:
        return value.is_array();
      case Type::integers:
        return value.is_array() && std::ranges::all_of(value, [](const nlohmann::json& number) {
                 return number.is_number_integer();
               });
      case Type::timestamp:
        return value.is_string() && value.get<std::string>().size() == 27;
      case Type::string:
      case Type::address:
        break;
    }
    return value.is_string();
  }
};

}  // namespace sonde::report
