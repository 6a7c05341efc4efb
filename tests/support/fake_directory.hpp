// fake_directory.hpp: a Directory whose look-ups end when the test says so, in virtual time.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "sonde/run/directory.hpp"

namespace sonde::test {

class FakeDirectory final : public run::Directory {
 public:
  // `target` is known at `when`: its address, or its error.
  void will_know(Instant when, stats::Target target) {
    coming_.emplace_back(when, std::move(target));
  }
  void will_name(const net::Address& address, const char* name) {
    names_.push_back({.address = address, .name = Untrusted(name)});
  }

  [[nodiscard]] std::vector<stats::Target> take_targets(Instant now) override {
    std::vector<stats::Target> known;
    std::erase_if(coming_, [&](const auto& entry) {
      if (entry.first > now) {
        return false;
      }
      known.push_back(entry.second);
      return true;
    });
    return known;
  }
  [[nodiscard]] bool all_targets_taken() const override { return coming_.empty(); }
  void want_name(const net::Address& address) override { wanted.push_back(address); }
  [[nodiscard]] std::vector<run::NamedAddress> take_names() override {
    return wanted.empty() ? std::vector<run::NamedAddress>{} : std::exchange(names_, {});
  }
  [[nodiscard]] std::optional<Instant> deadline() const override {
    if (coming_.empty()) {
      return std::nullopt;
    }
    return std::ranges::min_element(coming_, {}, [](const auto& entry) { return entry.first; })
        ->first;
  }

  std::vector<net::Address> wanted{};

 private:
  std::vector<std::pair<Instant, stats::Target>> coming_{};
  std::vector<run::NamedAddress> names_{};
};

}  // namespace sonde::test
