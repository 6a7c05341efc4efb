#include "icmpapi/handles.hpp"

#include <doctest/doctest.h>

#include <set>

#include "icmpapi/process.hpp"

namespace {

using namespace sonde;
using namespace sonde::icmpapi;

std::shared_ptr<Event> event() { return std::make_shared<Event>(); }

TEST_CASE("handles: a value finds its object, as that kind only") {
  HandleTable table;
  const auto made = event();
  const auto handle = table.add(made);
  REQUIRE(handle);
  CHECK(table.find_as<Event>(*handle) == made);
  CHECK(table.find_as<IcmpFile>(*handle) == nullptr);
}

TEST_CASE("handles: a removed one stays stale when its slot is used again") {
  HandleTable table;
  const auto first = table.add(event());
  CHECK(std::holds_alternative<std::shared_ptr<Event>>(table.remove(*first)));
  const auto second = table.add(event());
  CHECK(*first != *second);
  CHECK(table.find_as<Event>(*first) == nullptr);
  CHECK(table.find_as<Event>(*second) != nullptr);
  CHECK(std::holds_alternative<std::monostate>(table.remove(*first)));
}

TEST_CASE("handles: NULL, INVALID_HANDLE_VALUE and values beside a handle find nothing") {
  HandleTable table;
  const auto handle = *table.add(event());
  for (const HandleTable::Value value :
       {HandleTable::Value{0}, ~HandleTable::Value{0}, handle + 1, handle + 2, handle + 4,
        handle - 4, HandleTable::Value{4}}) {
    CHECK(std::holds_alternative<std::monostate>(table.find(value)));
  }
}

TEST_CASE("handles: no value is NULL, INVALID_HANDLE_VALUE, odd or given twice") {
  HandleTable table;
  std::set<HandleTable::Value> seen;
  for (int i = 0; i < 5000; ++i) {
    const auto handle = *table.add(event());
    CHECK(handle % 4 == 0);
    CHECK(handle != 0);
    CHECK(seen.insert(handle).second);
    if (i % 3 != 0) {
      (void)table.remove(handle);
    }
  }
}

}  // namespace
