// suggest.hpp: "did you mean": the known word nearest to one that nobody knows.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace sonde::app {

// Letters to insert, delete, replace or swap with their neighbour to make one word of the other.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

// nullopt: none is near enough to be what was meant. A unique beginning counts as near.
[[nodiscard]] std::optional<std::string_view> nearest(std::string_view typed,
                                                      std::span<const std::string_view> known);

// What does the work of a letter that traceroute has and this program has not; empty: nothing.
[[nodiscard]] std::string_view traceroute_habit(char letter) noexcept;
// The same of fping and the sweep.
[[nodiscard]] std::string_view fping_habit(char letter) noexcept;

}  // namespace sonde::app
