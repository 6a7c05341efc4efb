#include "sonde/transport/sent_syns.hpp"

#include <doctest/doctest.h>

#include <unordered_set>

namespace sonde::transport {
namespace {

constexpr Instant kStart{1s};

SentSyn syn(std::uint64_t sequence, Instant at = kStart) {
  return {.id = {.target = 0, .sequence = sequence},
          .destination = net::Address::v4(0x0a000001),
          .at = at};
}

}  // namespace

TEST_CASE("sequence cipher: every number comes back, and no two look alike") {
  SeededRng rng(1);
  const SequenceCipher cipher(rng);
  std::unordered_set<std::uint32_t> seen;
  for (std::uint32_t n = 0; n < 100'000; ++n) {
    const std::uint32_t number = n * 42949U;  // over all 32 bits
    const std::uint32_t sealed = cipher.seal(number);
    CHECK_MESSAGE(cipher.open(sealed) == number, number);
    seen.insert(sealed);
  }
  CHECK(seen.size() == 100'000);
}

TEST_CASE("sequence cipher: neighbours are far apart, and another key gives other numbers") {
  SeededRng rng(2);
  const SequenceCipher one(rng);
  const SequenceCipher other(rng);
  int near = 0;
  int same = 0;
  for (std::uint32_t n = 0; n < 10'000; ++n) {
    near += one.seal(n + 1) - one.seal(n) < 65'536 ? 1 : 0;
    same += one.seal(n) == other.seal(n) ? 1 : 0;
  }
  CHECK(near < 5);  // by chance: 10,000 x 2^-16
  CHECK(same < 2);
}

TEST_CASE("sent SYNs: a sequence number names the probe that had it, and no other number does") {
  SeededRng rng(3);
  SentSyns sends(rng);
  std::vector<std::uint32_t> sequences;
  for (std::uint64_t i = 0; i < 500; ++i) {
    sequences.push_back(sends.next_sequence());
    CHECK(sends.find(sequences.back()) == nullptr);  // not sent yet
    sends.add(syn(i));
  }
  for (std::uint64_t i = 0; i < 500; ++i) {
    const SentSyn* const found = sends.find(sequences[i]);
    REQUIRE(found != nullptr);
    CHECK(found->id.sequence == i);
    CHECK(sends.by_number(i) == found);
  }
  CHECK(sends.by_number(500) == nullptr);
  int believed = 0;
  for (int i = 0; i < 100'000; ++i) {
    believed += sends.find(static_cast<std::uint32_t>(rng.next())) != nullptr ? 1 : 0;
  }
  CHECK(believed <= 1);  // by chance: 100,000 x 500 x 2^-32
}

TEST_CASE("sent SYNs: the old are forgotten, the few never") {
  SeededRng rng(4);
  SentSyns sends(rng);
  for (std::uint64_t i = 0; i < SentSyns::kFew; ++i) {
    sends.add(syn(i));
  }
  const Instant late = kStart + SentSyns::kRemember + 1ns;
  CHECK(sends.by_number(0) != nullptr);
  sends.add(syn(SentSyns::kFew, late));
  CHECK(sends.by_number(0) == nullptr);
  CHECK(sends.by_number(1) != nullptr);
  for (std::uint64_t i = sends.count(); i < 2 * SentSyns::kMost; ++i) {
    sends.add(syn(i, late));
  }
  CHECK(sends.by_number(SentSyns::kMost - 1) == nullptr);
  CHECK(sends.by_number(SentSyns::kMost) != nullptr);
}

}  // namespace sonde::transport
