// transmit_keys.cpp: the kernel's count of sends, carried back to ours.
#include "sonde/transport/transmit_keys.hpp"

#include <doctest/doctest.h>

namespace sonde::transport {

TEST_CASE("transmit keys: the n-th key is the n-th send since the start") {
  TransmitKeys keys;
  keys.sent(3);
  CHECK(keys.number_of(0) == 0);
  CHECK(keys.number_of(2) == 2);
}

TEST_CASE("transmit keys: a key that was not used names nothing") {
  TransmitKeys keys;
  CHECK_FALSE(keys.number_of(0));
  keys.sent(3);
  CHECK_FALSE(keys.number_of(3));
  CHECK_FALSE(keys.number_of(0xffffffff));
}

TEST_CASE("transmit keys: after a restart key 0 is the next send") {
  TransmitKeys keys;
  keys.sent(5);
  keys.restart(5);
  CHECK_FALSE(keys.number_of(0));
  keys.sent(1);
  CHECK(keys.number_of(0) == 5);
}

TEST_CASE("transmit keys: the 32 bits wrap, the numbers do not") {
  constexpr std::uint64_t kWrap = std::uint64_t{1} << 32;
  TransmitKeys keys;
  keys.restart(100);
  keys.sent(kWrap + 2);
  CHECK(keys.number_of(0xffffffff) == 100 + kWrap - 1);
  CHECK(keys.number_of(0) == 100 + kWrap);
  CHECK(keys.number_of(1) == 100 + kWrap + 1);
  CHECK(keys.number_of(2) == 100 + 2);
}

TEST_CASE("transmit keys: a stamp is expected until the newest send has one") {
  TransmitKeys keys;
  CHECK_FALSE(keys.expecting());
  keys.sent(2);
  CHECK(keys.expecting());
  (void)keys.number_of(0);
  CHECK(keys.expecting());
  (void)keys.number_of(1);
  CHECK_FALSE(keys.expecting());
  (void)keys.number_of(0);  // out of order
  CHECK_FALSE(keys.expecting());
  keys.sent(1);
  CHECK(keys.expecting());
  keys.restart(3);
  CHECK_FALSE(keys.expecting());
}

}  // namespace sonde::transport
