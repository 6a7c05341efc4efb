// resolver.cpp: names to addresses without waiting. Only what /etc/hosts knows is asked, so that no
// name server is; a dead one is tested in a namespace.
#include "sonde/resolve/resolver.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>

#include "tests/support/virtual_clock.hpp"

namespace sonde::resolve {
namespace {

// A counting semaphore: std::counting_semaphore of gcc 12 loses wake-ups where there is no futex.
class WakeCount {
 public:
  void release() {
    const std::scoped_lock lock(mutex_);
    ++count_;
    changed_.notify_one();
  }
  void acquire() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return count_ > 0; });
    --count_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
};

struct Rig {
  // Blocks until the resolver's thread has called.
  void await_wake() { woken->acquire(); }

  test::VirtualClock clock;
  // Shared with the resolver's threads, which may outlive this.
  std::shared_ptr<WakeCount> woken = std::make_shared<WakeCount>();
  Resolver resolver{clock, [woken = woken] { woken->release(); }};
};

bool has_loopback(const ForwardAnswer& answer) {
  return answer.addresses.has_value() &&
         std::ranges::any_of(*answer.addresses,
                             [](const net::Address& a) { return a.is_loopback(); });
}

}  // namespace

TEST_CASE("resolver: nothing was asked, nothing is there, nothing is due") {
  Rig rig;
  CHECK(rig.resolver.take_forward().empty());
  CHECK(rig.resolver.take_reverse().empty());
  CHECK_FALSE(rig.resolver.deadline().has_value());
}

TEST_CASE("resolver: a name from the hosts file is answered, with its id, once") {
  Rig rig;
  rig.resolver.forward(7, "localhost", FamilyWanted::any, 5s);
  rig.await_wake();
  const auto answers = rig.resolver.take_forward();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].id == 7);
  CHECK(has_loopback(answers[0]));
  CHECK(rig.resolver.take_forward().empty());
  CHECK_FALSE(rig.resolver.deadline().has_value());
}

TEST_CASE("resolver: only addresses of the wanted family") {
  Rig rig;
  rig.resolver.forward(0, "localhost", FamilyWanted::v4, 5s);
  rig.await_wake();
  const auto answers = rig.resolver.take_forward();
  REQUIRE(answers.size() == 1);
  REQUIRE(answers[0].addresses.has_value());
  for (const net::Address& address : *answers[0].addresses) {
    CHECK(address.is_v4());
  }
}

TEST_CASE("resolver: an address in figures is an answer like any other") {
  Rig rig;
  rig.resolver.forward(1, "192.0.2.1", FamilyWanted::any, 5s);
  rig.await_wake();
  const auto answers = rig.resolver.take_forward();
  REQUIRE(answers.size() == 1);
  REQUIRE(answers[0].addresses.has_value());
  CHECK(answers[0].addresses->front() == net::Address::v4(0xc0000201));
}

TEST_CASE("resolver: an address of the other family is not found, with a reason in one line") {
  Rig rig;
  rig.resolver.forward(1, "192.0.2.1", FamilyWanted::v6, 5s);
  rig.await_wake();
  const auto answers = rig.resolver.take_forward();
  REQUIRE(answers.size() == 1);
  REQUIRE_FALSE(answers[0].addresses.has_value());
  CHECK(answers[0].addresses.error().failure == ResolveFailure::not_found);
  CHECK_FALSE(answers[0].addresses.error().message.empty());
  CHECK(answers[0].addresses.error().message.find('\n') == std::string::npos);
}

TEST_CASE("resolver: each look-up is answered exactly once, however many there are") {
  Rig rig;
  constexpr std::uint32_t kLookUps = 50;
  for (std::uint32_t id = 0; id < kLookUps; ++id) {
    rig.resolver.forward(id, "127.0.0.1", FamilyWanted::any, 5s);
  }
  std::vector<int> answered(kLookUps);
  for (std::uint32_t n = 0; n < kLookUps; ++n) {
    rig.await_wake();
    for (const ForwardAnswer& answer : rig.resolver.take_forward()) {
      ++answered.at(answer.id);
      CHECK(answer.addresses.has_value());
    }
  }
  CHECK(std::ranges::all_of(answered, [](int times) { return times == 1; }));
}

TEST_CASE("resolver: a look-up past its deadline is given up, and a late answer is not told") {
  Rig rig;
  rig.resolver.forward(3, "localhost", FamilyWanted::any, 0s);
  // Given up by the first call, whether or not the system has answered by now.
  const auto answers = rig.resolver.take_forward();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].id == 3);
  rig.resolver.forward(4, "localhost", FamilyWanted::any, 5s);
  for (std::vector<ForwardAnswer> later; later.empty();) {  // 3 may wake us, and tells nothing
    rig.await_wake();
    later = rig.resolver.take_forward();
    CHECK(std::ranges::none_of(later, [](const ForwardAnswer& a) { return a.id == 3; }));
  }
}

TEST_CASE("resolver: deadline() is that of the look-up that will be given up first") {
  Rig rig;
  rig.resolver.forward(0, "localhost", FamilyWanted::any, 9s);
  rig.resolver.forward(1, "localhost", FamilyWanted::any, 4s);
  // Answered ones no longer count, so only one side can be certain.
  const auto deadline = rig.resolver.deadline();
  CHECK((!deadline || *deadline >= rig.clock.now() + 4s));
  rig.await_wake();
  rig.await_wake();
  CHECK(rig.resolver.take_forward().size() == 2);
  CHECK_FALSE(rig.resolver.deadline().has_value());
}

TEST_CASE("resolver: the loopback address has a name") {
  Rig rig;
  rig.resolver.reverse(net::Address::v4(0x7f000001));
  rig.await_wake();
  const auto answers = rig.resolver.take_reverse();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].address == net::Address::v4(0x7f000001));
  CHECK_FALSE(answers[0].name.empty());
}

TEST_CASE("resolver: the same address is asked about only once") {
  Rig rig;
  rig.resolver.reverse(net::Address::v4(0x7f000001));
  rig.resolver.reverse(net::Address::v4(0x7f000001));
  rig.await_wake();
  CHECK(rig.resolver.take_reverse().size() == 1);
  rig.resolver.reverse(net::Address::v4(0x7f000001));
  CHECK(rig.resolver.take_reverse().empty());
}

TEST_CASE("resolver: it can go while a look-up is under way") {
  auto woken = std::make_shared<WakeCount>();
  const test::VirtualClock clock;
  {
    Resolver resolver(clock, [woken] { woken->release(); });
    resolver.forward(0, "localhost", FamilyWanted::any, 5s);
  }
  CHECK(woken.use_count() >= 1);  // what the thread still uses is its own
}

TEST_CASE("numeric address: plain addresses need no system") {
  CHECK(numeric_address("192.0.2.1") == net::Address::v4(0xc0000201));
  CHECK(numeric_address("::1").has_value());
  CHECK_FALSE(numeric_address("localhost").has_value());
  CHECK_FALSE(numeric_address("").has_value());
  CHECK_FALSE(numeric_address("1.2.3.4.5").has_value());
}

TEST_CASE("numeric address: a zone may be an interface's name") {
  const auto zoned = numeric_address("fe80::1%lo");
  REQUIRE(zoned.has_value());
  CHECK(zoned->zone() != 0);
  CHECK(zoned->with_zone(0) == *net::Address::parse("fe80::1"));
  CHECK_FALSE(numeric_address("fe80::1%no-such-interface").has_value());
  CHECK_FALSE(numeric_address("192.0.2.1%lo").has_value());
}

}  // namespace sonde::resolve
