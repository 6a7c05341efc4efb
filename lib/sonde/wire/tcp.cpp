#include "sonde/wire/tcp.hpp"

#include "sonde/wire/checksum.hpp"

namespace sonde::wire {
namespace {

constexpr std::size_t kWord = 4;      // the unit of the offset
constexpr unsigned kOffsetShift = 4;  // it stands in the upper half of its byte
constexpr std::size_t kMostOptions = kTcpMaxHeader - kTcpMinHeader;

std::uint16_t checksum_of(Bytes segment, const TcpEnds& ends) noexcept {
  ChecksumSum sum;
  sum.add_pseudo_header(ends.source, ends.destination, net::kTcp,
                        static_cast<std::uint32_t>(segment.size()));
  sum.add(segment);
  return sum.value();
}

}  // namespace

std::expected<TcpSegment, DecodeError> decode_tcp(Bytes data, const TcpEnds* verify_with) noexcept {
  Reader in{data};
  TcpSegment out;
  TcpHeader& h = out.header;
  h.source = net::Port(in.u16());
  h.destination = net::Port(in.u16());
  h.sequence = in.u32();
  h.acknowledgment = in.u32();
  const std::size_t header_length = (in.u8() >> kOffsetShift) * kWord;
  h.control = in.u8();
  h.window = in.u16();
  h.checksum = in.u16();
  h.urgent_pointer = in.u16();
  if (in.failed()) {
    return std::unexpected(DecodeError::truncated);
  }
  if (header_length < kTcpMinHeader || header_length > data.size()) {
    return std::unexpected(DecodeError::bad_length);
  }
  if (verify_with != nullptr && checksum_of(data, *verify_with) != 0) {
    return std::unexpected(DecodeError::bad_checksum);
  }
  h.options = in.take(header_length - kTcpMinHeader);
  out.payload = in.rest();
  return out;
}

void encode_tcp(const TcpHeader& header, Bytes payload, const TcpEnds& ends, Writer& out) noexcept {
  const std::size_t start = out.size();
  const std::size_t padding = (kWord - header.options.size() % kWord) % kWord;
  const std::size_t header_length = kTcpMinHeader + header.options.size() + padding;
  if (header.options.size() > kMostOptions) {
    (void)out.reserve(SIZE_MAX);  // cannot be: nothing is written, and failed() says so
    return;
  }
  out.u16(header.source.value);
  out.u16(header.destination.value);
  out.u32(header.sequence);
  out.u32(header.acknowledgment);
  out.u8(static_cast<std::uint8_t>(header_length / kWord << kOffsetShift));
  out.u8(header.control);
  out.u16(header.window);
  out.u16(0);  // the checksum, below
  out.u16(header.urgent_pointer);
  out.bytes(header.options);
  out.fill(padding, std::byte{0});
  out.bytes(payload);
  if (!out.failed()) {
    out.patch_u16(start + kTcpChecksumAt, checksum_of(out.written().subspan(start), ends));
  }
}

std::array<std::byte, kSynOptions> syn_options(net::Family family) noexcept {
  // NOLINTBEGIN(readability-magic-numbers): kinds and lengths of the RFCs above
  const std::uint16_t segment_size = family == net::Family::v4 ? 1460 : 1440;  // of 1500
  std::array<std::byte, kSynOptions> out{};
  Writer options{out};
  options.u8(2);  // maximum segment size
  options.u8(4);
  options.u16(segment_size);
  options.u8(1);  // no operation, for alignment
  options.u8(1);
  options.u8(4);  // selective acknowledgments permitted
  options.u8(2);
  options.u8(1);
  options.u8(3);  // window scale
  options.u8(3);
  options.u8(7);
  // NOLINTEND(readability-magic-numbers)
  return out;
}

}  // namespace sonde::wire
