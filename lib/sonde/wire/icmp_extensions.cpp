#include "sonde/wire/icmp_extensions.hpp"

#include "sonde/wire/checksum.hpp"
#include "sonde/wire/interface_information.hpp"

namespace sonde::wire {
namespace {

constexpr std::uint8_t kVersion = 2;
constexpr unsigned kVersionShift = 4;
constexpr std::size_t kStructureHeader = 4;
constexpr std::size_t kChecksumAt = 2;
constexpr std::size_t kObjectHeader = 4;
constexpr std::size_t kLabelBytes = 4;
constexpr std::uint8_t kClassMpls = 1;  // RFC 4950 section 3
constexpr std::uint8_t kTypeMplsIncoming = 1;

//   |          label (20)          | TC (3)|S|   TTL (8)   |   RFC 3032 section 2.1
constexpr unsigned kLabelShift = 12;
constexpr unsigned kClassShift = 9;
constexpr std::uint32_t kClassMask = 7;
constexpr std::uint32_t kBottom = 0x100;
constexpr std::uint32_t kLabelMask = 0xfffff;

bool is_version_2(Bytes structure) noexcept {
  Reader in{structure};
  return structure.size() >= kStructureHeader && in.u8() >> kVersionShift == kVersion;
}

MplsLabel decode_label(std::uint32_t word) noexcept {
  return {.label = word >> kLabelShift,
          .traffic_class = static_cast<std::uint8_t>((word >> kClassShift) & kClassMask),
          .bottom_of_stack = (word & kBottom) != 0,
          .ttl = net::Ttl(static_cast<std::uint8_t>(word))};
}

std::uint32_t encode_label(const MplsLabel& label) noexcept {
  return ((label.label & kLabelMask) << kLabelShift) |
         ((label.traffic_class & kClassMask) << kClassShift) |
         (label.bottom_of_stack ? kBottom : 0U) | label.ttl.value;
}

// False: there were more labels than are kept.
bool decode_labels(Bytes payload, std::vector<MplsLabel>& labels) {
  Reader in{payload};
  while (in.remaining() > 0 && labels.size() < kMaxMplsLabels) {
    labels.push_back(decode_label(in.u32()));
  }
  return in.remaining() == 0;
}

// False: something in it was dropped.
bool decode_payload(Bytes payload, ExtensionObject& object) {
  const bool labels = object.class_num == kClassMpls && object.c_type == kTypeMplsIncoming;
  if (labels && !payload.empty() && payload.size() % kLabelBytes == 0) {
    return decode_labels(payload, object.labels);
  }
  if (object.class_num == kClassInterfaceInformation) {
    object.interface_info = decode_interface_information(object.c_type, payload);
  }
  if (!object.interface_info) {
    object.raw.assign(payload.begin(), payload.end());
  }
  return true;
}

//   |            length             |   class-num   |    c-type     |
// The length counts this header too.
std::expected<void, DecodeError> decode_object(Reader& in, IcmpExtensions& to) {
  const std::size_t length = in.u16();
  ExtensionObject object;
  object.class_num = in.u8();
  object.c_type = in.u8();
  if (in.failed()) {
    return std::unexpected(DecodeError::truncated);
  }
  if (length < kObjectHeader || length - kObjectHeader > in.remaining()) {
    return std::unexpected(DecodeError::bad_length);
  }
  if (!decode_payload(in.take(length - kObjectHeader), object)) {
    to.complete = false;
  }
  to.objects.push_back(std::move(object));
  return {};
}

void encode_object(const ExtensionObject& object, Writer& out) noexcept {
  const std::size_t begin = out.size();
  out.u16(0);  // the length, when it is known
  if (object.interface_info) {
    out.u8(kClassInterfaceInformation);
    out.u8(interface_c_type(*object.interface_info));
    encode_interface_information(*object.interface_info, out);
  } else if (!object.labels.empty()) {
    out.u8(kClassMpls);
    out.u8(kTypeMplsIncoming);
    for (const MplsLabel& label : object.labels) {
      out.u32(encode_label(label));
    }
  } else {
    out.u8(object.class_num);
    out.u8(object.c_type);
    out.bytes(object.raw);
  }
  if (!out.failed()) {
    out.patch_u16(begin, static_cast<std::uint16_t>(out.size() - begin));
  }
}

}  // namespace

std::expected<IcmpExtensions, DecodeError> decode_extensions(Bytes structure) {
  IcmpExtensions extensions;
  if (structure.empty()) {
    return extensions;
  }
  if (structure.size() < kStructureHeader) {
    return std::unexpected(DecodeError::truncated);
  }
  if (!is_version_2(structure)) {
    return std::unexpected(DecodeError::bad_version);
  }
  Reader in{structure};
  in.skip(kChecksumAt);
  if (in.u16() != 0 && internet_checksum(structure) != 0) {
    return std::unexpected(DecodeError::bad_checksum);
  }
  while (in.remaining() > 0) {
    if (extensions.objects.size() == kMaxExtensionObjects) {
      extensions.complete = false;
      break;
    }
    if (const auto object = decode_object(in, extensions); !object) {
      return std::unexpected(object.error());
    }
  }
  return extensions;
}

ErrorBody split_error_body(Bytes body, std::size_t quoted_length) noexcept {
  constexpr std::size_t kNonCompliantQuote = 128;
  const ErrorBody all_quote{.quoted = body, .extensions = {}};
  const std::size_t cut = quoted_length != 0 ? quoted_length : kNonCompliantQuote;
  if (body.size() < cut) {
    return all_quote;
  }
  const ErrorBody split{.quoted = body.first(cut), .extensions = body.subspan(cut)};
  if (quoted_length != 0) {
    return split.extensions.empty() || is_version_2(split.extensions) ? split : all_quote;
  }
  // RFC 4884 section 5.5: without a length only a correct checksum tells a structure from a quote
  // that is longer than 128 bytes.
  Reader in{split.extensions};
  in.skip(kChecksumAt);
  const bool computed = in.u16() != 0;
  const bool fits =
      computed && is_version_2(split.extensions) && internet_checksum(split.extensions) == 0;
  return fits ? split : all_quote;
}

void encode_extensions(const IcmpExtensions& extensions, Writer& out) noexcept {
  const std::size_t begin = out.size();
  out.u16(std::uint16_t{kVersion} << (kVersionShift + 8U));
  out.u16(0);  // the checksum, when the rest is there
  for (const ExtensionObject& object : extensions.objects) {
    encode_object(object, out);
  }
  if (!out.failed()) {
    const Bytes structure = out.written().subspan(begin);
    out.patch_u16(begin + kChecksumAt, internet_checksum(structure));
  }
}

}  // namespace sonde::wire
