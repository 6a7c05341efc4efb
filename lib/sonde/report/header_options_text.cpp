#include "sonde/report/header_options_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>

#include "sonde/net/address.hpp"

namespace sonde::report {
namespace {

// RFC 791 section 3.1.
constexpr std::uint8_t kEndOfList = 0;
constexpr std::uint8_t kNoOperation = 1;
constexpr std::uint8_t kRecordRoute = 7;
constexpr std::uint8_t kTimestamp = 68;
constexpr std::size_t kRoutePrefix = 3;      // type, length, pointer
constexpr std::size_t kTimestampPrefix = 4;  // and overflow, flag
constexpr std::uint8_t kTimestampsOnly = 0;

// The bytes that were filled in: the pointer counts from 1 at the option's type.
[[nodiscard]] Bytes filled(Bytes data, std::uint8_t pointer, std::size_t prefix) noexcept {
  const std::size_t end = pointer > prefix ? pointer - prefix - 1U : 0U;
  return data.first(std::min(end, data.size()));
}

[[nodiscard]] std::string address_text(Reader& in) {
  const auto address = net::Address::from_bytes(in.take(net::Address::kV4Bytes));
  return address ? address->to_text() : std::string();
}

// One time stamp: the first as it is, those behind it as the distance to the one before.
[[nodiscard]] std::string stamp_text(std::uint32_t stamp, std::optional<std::uint32_t>& last) {
  constexpr std::uint32_t kNotStandard = 1U << 31U;  // not in milliseconds since midnight UTC
  if ((stamp & kNotStandard) != 0) {
    return fmt::format("{} not-standard", stamp & ~kNotStandard);
  }
  const std::string text = last ? fmt::format("{}", static_cast<std::int64_t>(stamp) - *last)
                                : fmt::format("{} absolute", stamp);
  last = stamp;
  return text;
}

[[nodiscard]] std::string timestamps(Bytes option) {
  constexpr unsigned kFlagBits = 4;
  constexpr unsigned kFlagMask = (1U << kFlagBits) - 1;
  Reader in(option);
  const std::uint8_t pointer = in.u8();
  const std::uint8_t overflow_and_flag = in.u8();
  const bool with_address = (overflow_and_flag & kFlagMask) != kTimestampsOnly;
  const std::size_t entry = sizeof(std::uint32_t) * (with_address ? 2 : 1);
  Reader data(filled(in.rest(), pointer, kTimestampPrefix));
  std::string text = "\nTS: ";
  std::optional<std::uint32_t> last;
  while (data.remaining() >= entry) {
    text += '\t';
    if (with_address) {
      text += address_text(data) + "\t";
    }
    text += stamp_text(data.u32(), last) + "\n";
  }
  if (const unsigned missed = overflow_and_flag >> kFlagBits; missed > 0) {
    text += fmt::format("Unrecorded hops: {}\n", missed);
  }
  return text;
}

}  // namespace

std::string HeaderOptionsText::route(Bytes option) {
  Reader in(option);
  const std::uint8_t pointer = in.u8();
  Reader data(filled(in.rest(), pointer, kRoutePrefix));
  std::string text;
  while (data.remaining() >= net::Address::kV4Bytes) {
    text += "\t" + address_text(data) + "\n";
  }
  if (text.empty()) {
    return {};
  }
  if (text == last_route_) {
    return "\t(same route)";
  }
  last_route_ = text;
  return "\nRR: " + text;
}

std::string HeaderOptionsText::after_reply(Bytes options) {
  constexpr std::size_t kTypeAndLength = 2;
  std::string text;
  Reader in(options);
  while (in.remaining() > 0) {
    const std::uint8_t type = in.u8();
    if (type == kNoOperation) {
      continue;
    }
    if (type == kEndOfList) {
      break;
    }
    const std::uint8_t length = in.u8();
    const Bytes body = in.take(length >= kTypeAndLength ? length - kTypeAndLength : 0U);
    if (in.failed() || length < kTypeAndLength) {
      break;
    }
    if (type == kRecordRoute) {
      text += route(body);
    } else if (type == kTimestamp) {
      text += timestamps(body);
    }
  }
  return text;
}

}  // namespace sonde::report
