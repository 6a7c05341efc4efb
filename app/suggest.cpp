#include "app/suggest.hpp"

#include <algorithm>
#include <vector>

namespace sonde::app {

// Optimal string alignment, three rows of the table at a time.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j < row.size(); ++j) {
    row[j] = j;
  }
  const auto swapped = [&](std::size_t i, std::size_t j) {
    return i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
  };
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before.swap(last);
    last.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min(
          {last[j] + 1, row[j - 1] + 1, replaced, swapped(i, j) ? before[j - 2] + 1 : replaced});
    }
  }
  return row[b.size()];
}

std::optional<std::string_view> nearest(std::string_view typed,
                                        std::span<const std::string_view> known) {
  const auto begins = [typed](std::string_view word) { return word.starts_with(typed); };
  if (!typed.empty() && std::ranges::count_if(known, begins) == 1) {
    return *std::ranges::find_if(known, begins);
  }
  std::optional<std::string_view> best;
  // A third of the letters wrong is another word.
  std::size_t least = std::max<std::size_t>(typed.size() / 3, 1) + 1;
  for (const std::string_view word : known) {
    const std::size_t distance = edit_distance(typed, word);
    if (distance < least) {
      least = distance;
      best = word;
    }
  }
  return best;
}

std::string_view traceroute_habit(char letter) noexcept {
  switch (letter) {
    case 'T':
      return "for TCP probes: -P tcp";
    case 'U':
      return "for UDP probes: -P udp";
    case 'i':
      return "for an interface: -I IF";
    case 't':
      return "for a type of service: -Q TOS; for a TTL: -f and -m";
    case 'z':
      return "for the time between probes: --rate PPS";
    case 'l':
      return "for an IPv6 flow label: -F N";
    case 'd':
      return "for addresses without names: -n";
    case 'H':
      return "names are looked up anyway; for addresses alone: -n";
    case 'c':
      return "for the number of probes to each hop: -q N";
    default:
      return {};
  }
}

std::string_view fping_habit(char letter) noexcept {
  switch (letter) {
    case 'A':
      return "for the addresses of names: -n";
    case 'd':
      return "for the names of addresses: -H";
    case 'k':
      return "for a firewall mark: -m N";
    case 'N':
    case 'o':
      return "for all figures, of every target: -j";
    case 'O':
      return "for a type of service: -Q TOS";
    case 'R':
      return "for random bytes: --random-payload";
    default:
      return {};
  }
}

}  // namespace sonde::app
