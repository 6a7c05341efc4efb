// name_hint.hpp: why a text that nobody resolved could not be a host's name or address.
// In: the text. Out: a remark for whoever typed it, without brackets; empty: it may be a name.
// Pure.
#pragma once

#include <string_view>

namespace sonde::resolve {

[[nodiscard]] std::string_view hint_of_unknown_name(std::string_view text) noexcept;

}  // namespace sonde::resolve
