#include "app/header_options.hpp"

#include <array>

#include "sonde/base/bytes.hpp"

namespace sonde::app {

namespace {

constexpr std::uint8_t kNoOperation = 1;
constexpr std::uint8_t kRecordRoute = 7;
constexpr std::uint8_t kTimestamp = 68;

}  // namespace

//  | NOP | type 7 | length 39 | pointer 4 | 9 slots of 4 bytes |
probe::HeaderOptions record_route_option() {
  constexpr std::uint8_t kFirstSlot = 4;
  std::array<std::byte, probe::HeaderOptions::kMax> bytes{};
  Writer writer(bytes);
  writer.u8(kNoOperation);
  writer.u8(kRecordRoute);
  writer.u8(bytes.size() - 1);
  writer.u8(kFirstSlot);
  return probe::HeaderOptions::from(bytes).value_or(probe::HeaderOptions());
}

//  | type 68 | length | pointer 5 | overflow 4 bits, flag 4 bits | stamps |
probe::HeaderOptions timestamp_header_option(TimestampOption what) {
  constexpr std::uint8_t kFirstSlot = 5;
  constexpr std::size_t kHead = 4;
  constexpr std::size_t kPair = 8;  // an address and a stamp
  const bool with_address = what == TimestampOption::and_address;
  std::array<std::byte, probe::HeaderOptions::kMax> bytes{};
  const std::size_t size = with_address ? kHead + 4 * kPair : bytes.size();
  Writer writer(bytes);
  writer.u8(kTimestamp);
  writer.u8(static_cast<std::uint8_t>(size));
  writer.u8(kFirstSlot);
  writer.u8(with_address ? 1 : 0);
  return probe::HeaderOptions::from(Bytes(bytes).first(size)).value_or(probe::HeaderOptions());
}

}  // namespace sonde::app
