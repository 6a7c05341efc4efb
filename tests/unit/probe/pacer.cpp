// pacer.cpp: when the next probe is due.
#include "sonde/probe/pacer.hpp"

#include <doctest/doctest.h>

namespace sonde::probe {
namespace {

constexpr Instant kStart{100s};

}  // namespace

TEST_CASE("pacer: the first slot is due at once, the next one interval later") {
  Pacer pacer(kStart, 1s);
  CHECK_FALSE(pacer.due(kStart - Duration(1)));
  CHECK(pacer.due(kStart));
  pacer.advance(kStart);
  CHECK(pacer.next() == kStart + 1s);
  CHECK_FALSE(pacer.due(kStart + 999ms));
}

TEST_CASE("pacer: a slot used late does not move the ones behind it") {
  Pacer pacer(kStart, 1s);
  for (int slot = 0; slot < 100; ++slot) {
    pacer.advance(kStart + slot * 1s + 400ms);
  }
  CHECK(pacer.next() == kStart + 100s);
}

TEST_CASE("pacer: after a suspend one probe leaves at once and the grid starts anew") {
  Pacer pacer(kStart, 1s);
  pacer.advance(kStart);
  const Instant woken = kStart + 60s;
  CHECK(pacer.due(woken));
  pacer.advance(woken);
  CHECK_FALSE(pacer.due(woken));
  CHECK(pacer.next() == woken + 1s);
}

TEST_CASE("pacer: one missed slot is made up for, and the grid stays") {
  Pacer pacer(kStart, 1s);
  const Instant now = kStart + 1500ms;
  pacer.advance(now);
  CHECK(pacer.due(now));
  pacer.advance(now);
  CHECK_FALSE(pacer.due(now));
  CHECK(pacer.next() == kStart + 2s);
}

}  // namespace sonde::probe
