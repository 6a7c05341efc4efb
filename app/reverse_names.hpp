// reverse_names.hpp: the run::NameSource of the program: names of addresses from the resolver.
#pragma once

#include <utility>
#include <vector>

#include "sonde/resolve/resolver.hpp"
#include "sonde/run/name_source.hpp"

namespace sonde::app {

class ReverseNames final : public run::NameSource {
 public:
  // `resolver` outlives it.
  explicit ReverseNames(resolve::Resolver& resolver) : resolver_(resolver) {}

  void want_name(const net::Address& address) override { resolver_.reverse(address); }
  [[nodiscard]] std::vector<run::NamedAddress> take_names() override {
    std::vector<run::NamedAddress> names;
    for (resolve::ReverseAnswer& answer : resolver_.take_reverse()) {
      names.push_back({.address = answer.address, .name = std::move(answer.name)});
    }
    return names;
  }

 private:
  resolve::Resolver& resolver_;
};

}  // namespace sonde::app
