#include "app/header_options.hpp"

#include <array>

#include "sonde/base/bytes.hpp"

namespace sonde::app {

namespace {

constexpr std::uint8_t kNoOperation = 1;
constexpr std::uint8_t kRecordRoute = 7;
constexpr std::uint8_t kTimestamp = 68;

}  // namespace

//  | NOP | type 7 | length 3 + 4 n | pointer 4 | n slots of 4 bytes |
probe::HeaderOptions record_route_option(std::uint8_t slots) {
  constexpr std::uint8_t kFirstSlot = 4;
  constexpr std::size_t kHead = 3;
  constexpr std::size_t kSlot = 4;
  const std::size_t length = kHead + slots * kSlot;
  std::array<std::byte, probe::HeaderOptions::kMax> bytes{};
  Writer writer(bytes);
  writer.u8(kNoOperation);
  writer.u8(kRecordRoute);
  writer.u8(static_cast<std::uint8_t>(length));
  writer.u8(kFirstSlot);
  return probe::HeaderOptions::from(Bytes(bytes).first(1 + length))
      .value_or(probe::HeaderOptions());
}

//  | type 68 | length | pointer 5 | overflow 4 bits, flag 4 bits | stamps |
probe::HeaderOptions timestamp_header_option(const TimestampRequest& request) {
  constexpr std::uint8_t kFirstSlot = 5;
  constexpr std::size_t kHead = 4;
  constexpr std::size_t kStamp = 4;
  const bool with_address = request.what == TimestampOption::and_address;
  const std::size_t slot = with_address ? 2 * kStamp : kStamp;
  std::array<std::byte, probe::HeaderOptions::kMax> bytes{};
  const std::size_t most = (bytes.size() - kHead) / slot;
  const std::size_t size = kHead + (request.slots == 0 ? most : request.slots) * slot;
  Writer writer(bytes);
  writer.u8(kTimestamp);
  writer.u8(static_cast<std::uint8_t>(size));
  writer.u8(kFirstSlot);
  writer.u8(with_address ? 1 : 0);
  return probe::HeaderOptions::from(Bytes(bytes).first(size)).value_or(probe::HeaderOptions());
}

}  // namespace sonde::app
