// recent_sends_model.cpp: the memory of sends against a plain list of all of them.
// Whatever is found must be right and the newest; what is young enough must be found.
#include <doctest/doctest.h>

#include <map>
#include <utility>
#include <vector>

#include "sonde/base/random.hpp"
#include "sonde/probe/recent_sends.hpp"

namespace sonde::probe {
namespace {

class Pair {
 public:
  void add(const net::Address& destination, std::uint16_t seq, Instant at) {
    const SentProbe sent{.id = {.target = 0, .sequence = all_.size()},
                         .destination = destination,
                         .seq = net::IcmpSeq(seq),
                         .payload = {},
                         .at = at};
    REQUIRE(sends_.add(sent) == all_.size());
    newest_[{destination, seq}] = all_.size();
    all_.push_back(sent);
  }

  void check_number(std::uint64_t number) const {
    const SentProbe* found = sends_.by_number(number);
    if (number >= all_.size()) {
      REQUIRE(found == nullptr);
    } else if (found != nullptr) {
      REQUIRE(found->id.sequence == number);
    } else {
      REQUIRE_FALSE(must_remember(number));
    }
  }

  // Whether it was found; wrong finds fail at once.
  [[nodiscard]] bool check_find(const net::Address& destination, std::uint16_t seq) {
    const SentProbe* found = sends_.find(destination, net::IcmpSeq(seq));
    const auto known = newest_.find({destination, seq});
    if (known == newest_.end()) {
      REQUIRE(found == nullptr);
      return true;
    }
    if (found != nullptr) {
      // The newest of its kind, or an older one that is still remembered.
      const SentProbe& really = all_.at(found->id.sequence);
      REQUIRE(really.destination == destination);
      REQUIRE(really.seq == net::IcmpSeq(seq));
      return true;
    }
    return !must_remember(known->second);
  }

  [[nodiscard]] std::uint64_t count() const { return all_.size(); }
  [[nodiscard]] const SentProbe& sent(std::uint64_t number) const { return all_[number]; }

 private:
  [[nodiscard]] bool must_remember(std::uint64_t number) const {
    const std::uint64_t newer = all_.size() - number;
    return newer <= RecentSends::kInitial ||
           (newer <= RecentSends::kMax &&
            all_.back().at - all_[number].at < RecentSends::kRemember);
  }
  RecentSends sends_;
  std::vector<SentProbe> all_;
  std::map<std::pair<net::Address, std::uint16_t>, std::uint64_t> newest_;
};

Duration up_to(Rng& rng, Duration most) {
  return Duration(
      static_cast<Duration::rep>(rng.below(static_cast<std::uint64_t>(most.count()) + 1)));
}

}  // namespace

TEST_CASE("recent sends property: one host over several wraps, nothing young is ever missed") {
  SeededRng rng(31);
  Pair pair;
  Instant now{1000s};
  const net::Address host = net::Address::v4(0x0a000001);
  for (int n = 0; n < 200'000; ++n) {
    now += up_to(rng, 20us);
    pair.add(host, static_cast<std::uint16_t>(n), now);
    pair.check_number(rng.below(pair.count() + 10));
    REQUIRE(
        pair.check_find(host, static_cast<std::uint16_t>(n - static_cast<int>(rng.below(70'000)))));
  }
}

TEST_CASE("recent sends property: many hosts at once, nothing young is ever missed") {
  SeededRng rng(32);
  Pair pair;
  Instant now{1000s};
  std::uint64_t asked = 0;
  std::uint64_t missed = 0;
  for (std::uint32_t n = 0; n < 150'000; ++n) {
    now += up_to(rng, 20us);
    // Neighbouring addresses and equal sequences, as a sweep has them.
    pair.add(net::Address::v4(0x0a000000 + n % 50'000), static_cast<std::uint16_t>(n / 50'000),
             now);
    const std::uint64_t back = rng.below(std::min<std::uint64_t>(pair.count(), 60'000));
    const SentProbe& old = pair.sent(pair.count() - 1 - back);
    ++asked;
    missed += pair.check_find(old.destination, old.seq.value) ? 0 : 1;
  }
  CAPTURE(asked);
  CHECK(missed == 0);
}

TEST_CASE("recent sends property: fast and slow by turns") {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    SeededRng rng(33 + seed);
    Pair pair;
    Instant now{1000s};
    for (int n = 0; n < 5'000; ++n) {
      const bool slow = n / 500 % 2 == 0;
      now += up_to(rng, slow ? Duration(30s) : Duration(1ms));
      const net::Address host =
          net::Address::v4(0x0a000000 + static_cast<std::uint32_t>(rng.below(5)));
      pair.add(host, static_cast<std::uint16_t>(rng.below(2'000)), now);
      pair.check_number(rng.below(pair.count()));
      const SentProbe& old = pair.sent(rng.below(pair.count()));
      REQUIRE(pair.check_find(old.destination, old.seq.value));
    }
  }
}

}  // namespace sonde::probe
