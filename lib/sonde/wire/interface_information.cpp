#include "sonde/wire/interface_information.hpp"

#include <algorithm>
#include <string>

namespace sonde::wire {
namespace {

constexpr unsigned kRoleShift = 6;
constexpr std::uint8_t kHasIndex = 0x08;
constexpr std::uint8_t kHasAddress = 0x04;
constexpr std::uint8_t kHasName = 0x02;
constexpr std::uint8_t kHasMtu = 0x01;

constexpr std::uint16_t kAfiV4 = 1;  // IANA address family numbers
constexpr std::uint16_t kAfiV6 = 2;
constexpr std::size_t kMaxNameField = 64;  // RFC 5837 section 4.3, the length byte included
constexpr std::size_t kWord = 4;

//   |              AFI              |           reserved            |   address ...
std::optional<net::Address> decode_address(Reader& in) noexcept {
  const std::uint16_t afi = in.u16();
  in.skip(2);
  switch (afi) {
    case kAfiV4:
      return net::Address::from_bytes(in.take(net::Address::kV4Bytes));
    case kAfiV6:
      return net::Address::from_bytes(in.take(net::Address::kV6Bytes));
    default:
      return std::nullopt;
  }
}

//   |    length     |   name, padded with zeros to a multiple of 4 ...
std::optional<std::string> decode_name(Reader& in) {
  const std::size_t length = in.u8();
  if (length == 0 || length > kMaxNameField) {
    return std::nullopt;
  }
  std::string name;
  for (const std::byte b : in.take(length - 1)) {
    name += std::to_integer<char>(b);
  }
  name.erase(name.find_last_not_of('\0') + 1);
  return name;
}

void encode_name(const std::string& name, Writer& out) noexcept {
  const std::size_t length = std::min(name.size(), kMaxNameField - 1);
  const std::size_t padding = (kWord - (1 + length) % kWord) % kWord;
  out.u8(static_cast<std::uint8_t>(1 + length + padding));
  out.bytes(as_bytes(name).first(length));
  out.fill(padding, std::byte{0});
}

}  // namespace

std::optional<InterfaceInformation> decode_interface_information(std::uint8_t c_type,
                                                                 Bytes payload) {
  Reader in{payload};
  InterfaceInformation out;
  out.role = static_cast<InterfaceRole>(c_type >> kRoleShift);
  if ((c_type & kHasIndex) != 0) {
    out.index = in.u32();
  }
  if ((c_type & kHasAddress) != 0) {
    out.address = decode_address(in);
    if (!out.address) {
      return std::nullopt;
    }
  }
  if ((c_type & kHasName) != 0) {
    auto name = decode_name(in);
    if (!name) {
      return std::nullopt;
    }
    out.name = Untrusted(*std::move(name));
  }
  if ((c_type & kHasMtu) != 0) {
    out.mtu = net::Mtu(in.u32());
  }
  return in.failed() || in.remaining() > 0 ? std::nullopt : std::optional(std::move(out));
}

std::uint8_t interface_c_type(const InterfaceInformation& information) noexcept {
  const unsigned role = static_cast<unsigned>(information.role) << kRoleShift;
  return static_cast<std::uint8_t>(
      role | (information.index ? kHasIndex : 0U) | (information.address ? kHasAddress : 0U) |
      (information.name.empty() ? 0U : kHasName) | (information.mtu ? kHasMtu : 0U));
}

void encode_interface_information(const InterfaceInformation& information, Writer& out) noexcept {
  if (information.index) {
    out.u32(*information.index);
  }
  if (information.address) {
    out.u16(information.address->is_v4() ? kAfiV4 : kAfiV6);
    out.u16(0);
    out.bytes(information.address->bytes());
  }
  if (!information.name.empty()) {
    encode_name(information.name.raw(), out);
  }
  if (information.mtu) {
    out.u32(information.mtu->value);
  }
}

}  // namespace sonde::wire
