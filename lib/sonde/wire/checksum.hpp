// checksum.hpp: the Internet checksum (RFC 1071), its incremental update (RFC 1624) and the
// pseudo headers of IPv4 (RFC 768/793) and IPv6 (RFC 8200 section 8.1). Pure, no allocation.
// Values are the 16-bit field as a number in host order; 0 over a whole correct message.
#pragma once

#include <cstdint>

#include "sonde/base/bytes.hpp"
#include "sonde/net/address.hpp"
#include "sonde/net/fields.hpp"

namespace sonde::wire {

// Adds up pieces of any length, as if they lay side by side.
class ChecksumSum {
 public:
  void add(Bytes data) noexcept;
  void add_u16(std::uint16_t value) noexcept;
  // RFC 8200 section 8.1 for IPv6, the RFC 793 form for IPv4. Both addresses of one family.
  void add_pseudo_header(const net::Address& source, const net::Address& destination,
                         net::IpProtocol protocol, std::uint32_t length) noexcept;
  [[nodiscard]] std::uint16_t value() const noexcept;  // ones' complement of the folded sum

 private:
  std::uint64_t sum_ = 0;
  bool odd_ = false;
};

[[nodiscard]] std::uint16_t internet_checksum(Bytes data) noexcept;

// RFC 1624 equation 3: the checksum after one 16-bit field changed.
[[nodiscard]] std::uint16_t checksum_update(std::uint16_t checksum, std::uint16_t old_field,
                                            std::uint16_t new_field) noexcept;

}  // namespace sonde::wire
