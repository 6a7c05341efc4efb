// pcap.hpp: the libpcap file format (draft-ietf-opsawg-pcap), read and written, for captures in
// tests and --record. Both byte orders, microsecond and nanosecond stamps. Link types: raw IP
// (101), Ethernet (1), Linux cooked v1/v2 (113, 276), null (0).
// PcapReader: views into the caller's bytes; errors: truncated, bad_version (magic or format).
// Stamps hold 32 bits of seconds, 1970 to 2106. Pure; the writer appends to a vector.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <vector>

#include "sonde/base/bytes.hpp"
#include "sonde/base/time.hpp"
#include "sonde/wire/decode_error.hpp"

namespace sonde::wire {

enum class LinkType : std::uint32_t {
  null = 0,
  ethernet = 1,
  raw_ip = 101,
  linux_cooked = 113,
  linux_cooked_v2 = 276,
};

struct CapturedPacket {
  WallTime at;
  std::uint32_t original_length = 0;  // on the wire; `data` may be shorter
  Bytes data;                         // link-layer header included
};

class PcapReader {
 public:
  [[nodiscard]] static std::expected<PcapReader, DecodeError> open(Bytes file) noexcept;
  [[nodiscard]] LinkType link_type() const noexcept { return link_type_; }
  // The next packet; nullopt inside at the end of the file.
  [[nodiscard]] std::expected<std::optional<CapturedPacket>, DecodeError> next() noexcept;

 private:
  PcapReader(Reader reader, bool swapped, bool nanoseconds, LinkType link_type) noexcept
      : reader_(reader), swapped_(swapped), nanoseconds_(nanoseconds), link_type_(link_type) {}
  [[nodiscard]] std::uint32_t field() noexcept;
  Reader reader_;
  bool swapped_;
  bool nanoseconds_;
  LinkType link_type_;
};

// The IP packet inside a captured frame: skips the link header; nullopt when it is not IP.
[[nodiscard]] std::optional<Bytes> ip_packet(const CapturedPacket& packet, LinkType link) noexcept;

class PcapWriter {  // nanosecond stamps, big-endian
 public:
  explicit PcapWriter(LinkType link_type);
  void add(WallTime at, Bytes data);
  [[nodiscard]] Bytes file() const noexcept { return file_; }

 private:
  std::vector<std::byte> file_;
};

}  // namespace sonde::wire
