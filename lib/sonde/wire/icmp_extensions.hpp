// icmp_extensions.hpp: ICMP multi-part messages (RFC 4884), MPLS label stacks (RFC 4950) and
// interface information (RFC 5837).
// In:  decode_extensions(): the extension structure (version, checksum, objects); 0 bytes is a
//      valid empty one. split_error_body(): an error's body, to be cut into quote and extensions;
//      it knows the compliant layout (length attribute, padded or not; taken only if nothing or a
//      version 2 structure follows) and the non-compliant one (length 0, structure behind 128
//      bytes, RFC 4884 section 5.5: taken only if version and checksum fit).
// Out: objects in wire order; unknown classes kept as raw bytes. At most 16 objects, 16 labels an
//      object; more are dropped and `complete` is false.
// Errors: truncated, bad_version (not 2, section 7), bad_checksum (0 = not computed, accepted),
//      bad_length. Pure; allocates only the returned vectors.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <vector>

#include "sonde/base/bytes.hpp"
#include "sonde/base/untrusted.hpp"
#include "sonde/net/address.hpp"
#include "sonde/net/fields.hpp"
#include "sonde/wire/decode_error.hpp"

namespace sonde::wire {

inline constexpr std::size_t kMaxExtensionObjects = 16;
inline constexpr std::size_t kMaxMplsLabels = 16;

struct MplsLabel {                 // RFC 3032 / RFC 5462
  std::uint32_t label = 0;         // 20 bits
  std::uint8_t traffic_class = 0;  // 3 bits, formerly EXP
  bool bottom_of_stack = false;
  net::Ttl ttl;
  friend bool operator==(const MplsLabel&, const MplsLabel&) = default;
};

enum class InterfaceRole : std::uint8_t { incoming = 0, sub_ip = 1, outgoing = 2, next_hop = 3 };

struct InterfaceInformation {
  InterfaceRole role = InterfaceRole::incoming;
  std::optional<std::uint32_t> index;  // ifIndex
  std::optional<net::Address> address;
  Untrusted name;  // empty: not sent
  std::optional<net::Mtu> mtu;
  friend bool operator==(const InterfaceInformation&, const InterfaceInformation&) = default;
};

struct ExtensionObject {
  std::uint8_t class_num = 0;
  std::uint8_t c_type = 0;
  std::vector<MplsLabel> labels;  // class 1, c-type 1
  // Class 2. Not plain `interface`: Windows headers define that as a macro.
  std::optional<InterfaceInformation> interface_info;
  std::vector<std::byte> raw;  // anything else, or one that did not decode
  friend bool operator==(const ExtensionObject&, const ExtensionObject&) = default;
};

struct IcmpExtensions {
  std::vector<ExtensionObject> objects;
  bool complete = true;
  friend bool operator==(const IcmpExtensions&, const IcmpExtensions&) = default;
};

[[nodiscard]] std::expected<IcmpExtensions, DecodeError> decode_extensions(Bytes structure);

struct ErrorBody {
  Bytes quoted;      // the original datagram, padding included
  Bytes extensions;  // empty: none
};
// `quoted_length` is IcmpMessage::quoted_length. Never fails: what cannot be split is all quote.
[[nodiscard]] ErrorBody split_error_body(Bytes body, std::size_t quoted_length) noexcept;

// Writes a structure with its checksum, for tests and the simulated network. Labels and interface
// information decide class and c-type themselves; class_num and c_type count for raw objects.
void encode_extensions(const IcmpExtensions& extensions, Writer& out) noexcept;

}  // namespace sonde::wire
