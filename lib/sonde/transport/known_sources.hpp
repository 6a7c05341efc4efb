// known_sources.hpp: which of our addresses the probes to a destination leave with, as far as the
// system said: to compute UDP and ICMPv6 checksums, and to notice that one was translated.
// A few destinations; of each the newest answer counts. Pure.
#pragma once

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "sonde/net/address.hpp"

namespace sonde::transport {

class KnownSources {
 public:
  void learn(const net::Address& destination, const net::Address& source) {
    const auto known = find(destination);
    if (known != pairs_.end()) {
      pairs_[static_cast<std::size_t>(known - pairs_.begin())].second = source;
    } else {
      pairs_.emplace_back(destination, source);
    }
  }
  [[nodiscard]] std::optional<net::Address> of(const net::Address& destination) const noexcept {
    const auto known = find(destination);
    return known != pairs_.end() ? std::optional(known->second) : std::nullopt;
  }

 private:
  using Pairs = std::vector<std::pair<net::Address, net::Address>>;
  [[nodiscard]] Pairs::const_iterator find(const net::Address& destination) const noexcept {
    return std::ranges::find(pairs_, destination, &Pairs::value_type::first);
  }
  Pairs pairs_;
};

}  // namespace sonde::transport
