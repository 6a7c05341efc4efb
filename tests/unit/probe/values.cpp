// values.cpp: the vocabulary's value types: options of the IP header, reject counters.
#include <doctest/doctest.h>

#include <array>
#include <set>
#include <string>

#include "sonde/probe/ip_options.hpp"
#include "sonde/probe/observation.hpp"

namespace sonde::probe {

TEST_CASE("header options: 40 bytes fit, 41 do not") {
  const std::array<std::byte, 41> bytes{};
  CHECK(HeaderOptions::from(Bytes(bytes).first(40)).has_value());
  CHECK_FALSE(HeaderOptions::from(bytes).has_value());
  CHECK(HeaderOptions().empty());
}

TEST_CASE("header options: equal when their bytes are") {
  const std::array<std::byte, 2> a{std::byte{7}, std::byte{1}};
  const std::array<std::byte, 2> b{std::byte{7}, std::byte{2}};
  CHECK(HeaderOptions::from(a) == HeaderOptions::from(a));
  CHECK(HeaderOptions::from(a) != HeaderOptions::from(b));
  CHECK(HeaderOptions::from(a) != HeaderOptions::from(Bytes(a).first(1)));
}

TEST_CASE("reject counts: each cause has its own counter and its own name") {
  RejectCounts counts;
  counts.add(Reject::token);
  counts.add(Reject::token);
  CHECK(counts.of(Reject::token) == 2);
  CHECK(counts.of(Reject::malformed) == 0);
  std::set<std::string> names;
  for (std::size_t cause = 0; cause < kRejectCauses; ++cause) {
    names.emplace(reject_name(static_cast<Reject>(cause)));
  }
  CHECK(names.size() == kRejectCauses);
}

}  // namespace sonde::probe
