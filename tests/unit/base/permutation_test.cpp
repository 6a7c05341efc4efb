// permutation_test.cpp: small sizes, the same order everywhere, different seeds.
#include "sonde/base/permutation.hpp"

#include <doctest/doctest.h>

#include <vector>

namespace sonde {
namespace {

std::vector<std::uint64_t> all_of(const Permutation& order) {
  std::vector<std::uint64_t> out;
  out.reserve(order.size());
  for (std::uint64_t position = 0; position < order.size(); ++position) {
    out.push_back(order.at(position));
  }
  return out;
}

}  // namespace

TEST_CASE("permutation: one number stays where it is") { CHECK(Permutation(1, 7).at(0) == 0); }

TEST_CASE("permutation: a seed gives the same order on every machine") {
  // Written down once: shards on other machines must see exactly these.
  const std::vector<std::uint64_t> order = all_of(Permutation(10, 42));
  CHECK(order == all_of(Permutation(10, 42)));
  CHECK(order == std::vector<std::uint64_t>{8, 6, 2, 4, 0, 5, 3, 7, 9, 1});
}

TEST_CASE("permutation: other seeds give other orders") {
  CHECK(all_of(Permutation(1000, 1)) != all_of(Permutation(1000, 2)));
}

TEST_CASE("permutation: neighbours are torn apart") {
  const Permutation order(1 << 20, 3);
  int close = 0;
  for (std::uint64_t position = 0; position < 10'000; ++position) {
    const std::uint64_t a = order.at(position);
    const std::uint64_t b = order.at(position + 1);
    close += (a > b ? a - b : b - a) < 1000 ? 1 : 0;
  }
  CHECK(close < 60);  // by chance 19
}

}  // namespace sonde
