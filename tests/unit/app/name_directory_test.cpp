// Targets with addresses are known at once; names need a resolver.
#include "app/name_directory.hpp"

#include <doctest/doctest.h>

namespace sonde::app {
namespace {

RunPlan plan_of(const std::vector<std::string>& inputs) {
  RunPlan plan;
  for (const std::string& input : inputs) {
    plan.targets.push_back({.input = input, .address = net::Address::parse(input)});
  }
  return plan;
}

TEST_CASE("directory: addresses are handed out once, in order, with the source") {
  const RunPlan plan = plan_of({"192.0.2.1", "2001:db8::1"});
  const auto source = net::Address::parse("192.0.2.9");
  NameDirectory directory(plan, nullptr, [&](const net::Address&) { return source; });
  CHECK_FALSE(directory.all_targets_taken());
  const auto targets = directory.take_targets(Instant{});
  REQUIRE(targets.size() == 2);
  CHECK(targets[0].id == 0);
  CHECK(targets[1].input == "2001:db8::1");
  CHECK(targets[1].address == net::Address::parse("2001:db8::1"));
  CHECK(targets[0].source == source);
  CHECK(directory.all_targets_taken());
  CHECK(directory.take_targets(Instant{}).empty());
  CHECK_FALSE(directory.deadline().has_value());
}

TEST_CASE("directory: an address without a route is passed over for one that has one") {
  const auto v4 = *net::Address::parse("192.0.2.1");
  const auto v6 = *net::Address::parse("2001:db8::1");
  const auto only_v4 = [&](const net::Address& to) {
    return to.is_v4() ? net::Address::parse("192.0.2.9") : std::nullopt;
  };
  const AddressChoice choice = choose_address({}, {v6, v4}, only_v4);
  CHECK(choice.address == v4);
  CHECK(choice.source == net::Address::parse("192.0.2.9"));

  const auto none = [](const net::Address&) { return std::optional<net::Address>(); };
  CHECK(choose_address({}, {v6, v4}, none).address == v6);  // its sends will say why they fail
  CHECK_FALSE(choose_address({}, {v6, v4}, none).source.has_value());
}

TEST_CASE("directory: a name for a host that is a target already shares its limit of speed") {
  const auto host = *net::Address::parse("192.0.2.1");
  const auto any = [](const net::Address& to) { return std::optional(to); };
  HostCount others;
  others.add(host);
  CHECK(choose_address({.interval = 4ms}, {host}, any, others).address == host);
  const AddressChoice choice = choose_address({.interval = 3ms}, {host}, any, others);
  CHECK_FALSE(choice.address.has_value());
  CHECK(choice.refusals ==
        "192.0.2.1: an interval below 4ms to one host that is given 2 times is for root (try -i "
        "4ms, or give it once)");
  const auto other = *net::Address::parse("192.0.2.2");
  CHECK(choose_address({.interval = 3ms}, {host, other}, any, others).address == other);
  const TargetPolicy adaptive{.adaptive = true, .shortest_gap = 2ms};
  CHECK(choose_address(adaptive, {host}, any).address == host);
  CHECK_FALSE(choose_address(adaptive, {host}, any, others).address.has_value());
  CHECK(choose_address({.trusted = true, .interval = 1ms}, {host}, any, others).address == host);
}

TEST_CASE("directory: a family that cannot be sent to is refused with its reason") {
  const auto v6 = *net::Address::parse("2001:db8::1");
  const auto any = [](const net::Address& to) { return std::optional(to); };
  const AddressChoice choice = choose_address({.v6 = false}, {v6}, any);
  CHECK_FALSE(choice.address.has_value());
  CHECK(choice.refusals.starts_with("2001:db8::1: "));
}

TEST_CASE("directory: targets before anything is known have their text alone") {
  const auto targets = unresolved_targets(plan_of({"192.0.2.1", "host.example"}));
  REQUIRE(targets.size() == 2);
  CHECK(targets[1].id == 1);
  CHECK(targets[1].input == "host.example");
  CHECK_FALSE(targets[0].address.has_value());
}

}  // namespace
}  // namespace sonde::app
