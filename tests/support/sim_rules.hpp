// sim_rules.hpp: one rule of a scenario file: {"do": "delay", "ms": 1500, "seqs": [2, [5, 9]]}.
// Throws std::runtime_error for what it does not know.
#pragma once

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string_view>

#include "tests/support/sim_network.hpp"

namespace sonde::test {

[[nodiscard]] Rule rule_of(const nlohmann::json& json, net::Family family);

// Throws if the object has a key that is not in the list.
void allow_only(const nlohmann::json& object, std::initializer_list<std::string_view> keys);
// The number under `key`, in milliseconds with fractions; 0 if it is not there.
[[nodiscard]] Duration milliseconds(const nlohmann::json& object, const char* key);
[[nodiscard]] net::Address address_of(const nlohmann::json& text);

}  // namespace sonde::test
