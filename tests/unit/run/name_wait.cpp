// name_wait.cpp: results that wait for names, and a session that has them.
#include "sonde/run/name_wait.hpp"

#include <doctest/doctest.h>

#include <utility>

namespace sonde::run {
namespace {

constexpr Instant kStart{100s};

class Source final : public NameSource {
 public:
  void want_name(const net::Address& address) override { wanted.push_back(address); }
  [[nodiscard]] std::vector<NamedAddress> take_names() override { return std::exchange(come, {}); }
  std::vector<net::Address> wanted;
  std::vector<NamedAddress> come;
};

net::Address host(std::uint32_t number) { return net::Address::v4(0x0a000000 + number); }

stats::SweepResult result(std::uint32_t index, std::uint32_t number) {
  return {.index = index, .address = host(number)};
}

struct Rig {
  void hold(std::uint32_t index, std::uint32_t number, Duration at) {
    wait.ask(index, host(number));
    wait.hold(result(index, number), kStart + at, kStart + at);
  }
  void name(std::uint32_t number, Duration at) {
    source.come.push_back({.address = host(number), .name = Untrusted("n")});
    for (const NameWait::Named& one : wait.take_names(kStart + at)) {
      if (wait.release(one.target)) {
        named.push_back(one.target);
      }
    }
  }
  std::vector<std::uint32_t> overdue(Duration at) {
    std::vector<std::uint32_t> out;
    while (const auto held = wait.take_overdue(kStart + at)) {
      out.push_back(held->result.index);
    }
    return out;
  }
  Source source;
  NameWait wait{source};
  std::vector<std::uint32_t> named;
};

using Indices = std::vector<std::uint32_t>;

}  // namespace

TEST_CASE("name wait: each address is asked for once, and its name is for all who wait for it") {
  Rig rig;
  rig.hold(0, 1, 0s);
  rig.hold(1, 2, 0s);
  rig.hold(2, 1, 0s);
  CHECK(rig.source.wanted == std::vector{host(1), host(2)});
  rig.name(1, 10ms);
  CHECK(rig.named == Indices{0, 2});
  rig.name(2, 20ms);
  CHECK(rig.named == Indices{0, 2, 1});
  CHECK(rig.wait.empty());
  CHECK_FALSE(rig.wait.deadline());
}

TEST_CASE("name wait: a second without a name ends the wait, each name begins another") {
  Rig rig;
  rig.hold(0, 1, 0s);
  rig.hold(1, 2, 100ms);
  CHECK(rig.wait.deadline() == kStart + 1s);
  CHECK(rig.overdue(999ms).empty());
  rig.name(2, 999ms);
  CHECK(rig.overdue(1900ms).empty());
  CHECK(rig.overdue(1999ms) == Indices{0});
  rig.name(1, 3s);  // nobody waits
  CHECK(rig.named == Indices{1});
}

TEST_CASE("name wait: with a dead name server everybody waits a second and no more") {
  Rig rig;
  for (std::uint32_t i = 0; i < 10; ++i) {
    rig.hold(i, i, i * 500ms);
  }
  CHECK(rig.overdue(4400ms) == Indices{0, 1, 2, 3, 4, 5, 6});
  CHECK(rig.overdue(5500ms) == Indices{7, 8, 9});
}

TEST_CASE("name wait: beyond what may wait the oldest goes on") {
  Rig rig;
  for (std::uint32_t i = 0; i <= NameWait::kMost; ++i) {
    rig.hold(i, i, 0s);
  }
  CHECK(rig.overdue(0s) == Indices{0});
}

}  // namespace sonde::run
