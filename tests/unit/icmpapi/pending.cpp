#include "icmpapi/pending.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <vector>

#include "icmpapi/deadline_heap.hpp"
#include "icmpapi/outstanding.hpp"
#include "sonde/base/random.hpp"

namespace {

using namespace sonde;
using namespace sonde::icmpapi;

std::unique_ptr<PendingEcho> pending(Duration deadline = {}) {
  return std::make_unique<PendingEcho>(PendingEcho{.completion = {},
                                                   .buffer = {nullptr, 0, net::Family::v4},
                                                   .outbound = nullptr,
                                                   .deadline = Instant(deadline),
                                                   .answers = nullptr});
}

TEST_CASE("deadline heap: gives requests by their deadline, whoever left before") {
  SeededRng rng(5);
  std::vector<std::unique_ptr<PendingEcho>> all;
  DeadlineHeap heap;
  heap.reserve(1000);
  for (int i = 0; i < 1000; ++i) {
    all.push_back(pending(Duration(rng.below(300))));
    heap.push(*all.back());
  }
  for (int i = 0; i < 400; ++i) {  // some are answered first
    const auto at = static_cast<std::ptrdiff_t>(rng.below(all.size()));
    heap.remove(**(all.begin() + at));
    all.erase(all.begin() + at);
  }
  std::ranges::sort(all, {}, [](const auto& one) { return one->deadline; });
  for (const auto& expected : all) {
    REQUIRE(heap.top() != nullptr);
    CHECK(heap.top()->deadline == expected->deadline);
    heap.remove(*heap.top());
  }
  CHECK(heap.top() == nullptr);
}

TEST_CASE("outstanding: numbers those that wait without sharing a number on the wire") {
  Outstanding table(65530);
  std::array<bool, Outstanding::kMost> used{};
  std::vector<PendingEcho*> all;
  for (std::size_t i = 0; i < Outstanding::kMost; ++i) {
    auto one = pending();
    all.push_back(&table.add(one));
    bool& taken = used[all.back()->sequence % Outstanding::kMost];
    REQUIRE(!taken);
    taken = true;
  }
  CHECK(table.size() == Outstanding::kMost);
  // With one free number left, that one is found.
  const std::uint64_t sequence = all[777]->sequence;
  const auto removed = table.remove(*all[777]);
  CHECK(removed.get() == all[777]);
  CHECK(table.find(sequence) == nullptr);
  auto next = pending();
  CHECK(table.add(next).sequence % Outstanding::kMost == sequence % Outstanding::kMost);
  CHECK(table.find(sequence) == nullptr);  // the same 16 bits, another request
}

TEST_CASE("outbound: is the request again when it is sent, on a copy of the payload") {
  std::array<std::byte, 5> data{std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4},
                                std::byte{5}};
  constexpr std::array kOptions{std::byte{7}, std::byte{3}, std::byte{4}};
  probe::ProbeSpec spec;
  spec.destination = net::Address::v4(0x7f000001);
  spec.ip = {.ttl = net::Ttl(3),
             .tos = net::Tos(8),
             .dont_fragment = true,
             .header_options = *probe::HeaderOptions::from(kOptions)};
  spec.payload = data;
  const auto outbound = Outbound::make(spec);
  data.fill(std::byte{9});
  const probe::ProbeSpec again = outbound->spec(77);
  CHECK(again.id.sequence == 77);
  CHECK(again.destination == spec.destination);
  CHECK(again.ip == spec.ip);
  CHECK(!again.authenticate);
  REQUIRE(again.payload.size() == 5);
  CHECK(again.payload[0] == std::byte{1});
  CHECK(again.payload[4] == std::byte{5});
}

}  // namespace
