#include "app/text_decoder.hpp"

#include <utility>

namespace sonde::app {

namespace {

constexpr std::string_view kMark8 = "\xef\xbb\xbf";
constexpr std::string_view kMarkLittle = "\xff\xfe";
constexpr std::string_view kMarkBig = "\xfe\xff";
constexpr char32_t kReplacement = 0xfffd;

// RFC 2781 section 2.1.
constexpr char16_t kFirstHigh = 0xd800;
constexpr char16_t kFirstLow = 0xdc00;
constexpr char16_t kBehindLow = 0xe000;
constexpr char32_t kSupplementary = 0x10000;
constexpr unsigned kBitsOfHalf = 10;

constexpr unsigned kByteBits = 8;

}  // namespace

std::string_view TextDecoder::feed(std::string_view bytes) {
  switch (form_) {
    case Form::as_it_is:
      return bytes;
    case Form::unknown:
      kept_ += bytes;
      return begin(true);
    case Form::little_endian:
    case Form::big_endian:
      break;
  }
  return decode(bytes);
}

std::string_view TextDecoder::finish() {
  if (form_ == Form::unknown) {
    return begin(false);
  }
  text_.clear();
  if (surrogate_ != 0 || !kept_.empty()) {
    add(kReplacement);
  }
  surrogate_ = 0;
  kept_.clear();
  return text_;
}

std::string_view TextDecoder::begin(bool more) {
  if (more && (kept_.size() < 2 || (kept_.size() < kMark8.size() && kMark8.starts_with(kept_)))) {
    return {};
  }
  std::string first = std::exchange(kept_, {});
  const bool marked = first.starts_with(kMarkLittle) || first.starts_with(kMarkBig);
  if (first.starts_with(kMarkLittle) || (first.size() > 1 && first[0] != 0 && first[1] == 0)) {
    form_ = Form::little_endian;
  } else if (first.starts_with(kMarkBig) || (first.size() > 1 && first[0] == 0 && first[1] != 0)) {
    form_ = Form::big_endian;
  } else {
    form_ = Form::as_it_is;
    text_ = std::move(first);
    return std::string_view(text_).substr(text_.starts_with(kMark8) ? kMark8.size() : 0);
  }
  return decode(std::string_view(first).substr(marked ? kMarkLittle.size() : 0));
}

std::string_view TextDecoder::decode(std::string_view bytes) {
  text_.clear();
  for (const char byte : bytes) {
    if (kept_.empty()) {
      kept_ = byte;
      continue;
    }
    const auto before = static_cast<unsigned char>(kept_.front());
    const auto now = static_cast<unsigned char>(byte);
    kept_.clear();
    add_unit(static_cast<char16_t>(form_ == Form::little_endian ? now << kByteBits | before
                                                                : before << kByteBits | now));
  }
  return text_;
}

void TextDecoder::add_unit(char16_t unit) {
  const bool low = unit >= kFirstLow && unit < kBehindLow;
  if (surrogate_ != 0) {
    const auto high = std::exchange(surrogate_, u'\0');
    if (low) {
      add(kSupplementary + (static_cast<char32_t>(high - kFirstHigh) << kBitsOfHalf) +
          (static_cast<char32_t>(unit) - kFirstLow));
      return;
    }
    add(kReplacement);
  }
  if (unit >= kFirstHigh && unit < kFirstLow) {
    surrogate_ = unit;
  } else {
    add(low ? kReplacement : unit);
  }
}

// RFC 3629 section 3.
void TextDecoder::add(char32_t character) {
  constexpr unsigned kBits = 6;  // of each byte but the first
  constexpr char32_t kMask = 0x3f;
  const auto follow = [&](unsigned bytes) {
    while (bytes-- > 0) {
      text_ +=
          static_cast<char>(0x80 | (character >> (bytes * kBits) & kMask));  // NOLINT: 10xxxxxx
    }
  };
  // NOLINTBEGIN(readability-magic-numbers): the table of section 3
  if (character < 0x80) {
    text_ += static_cast<char>(character);
  } else if (character < 0x800) {
    text_ += static_cast<char>(0xc0 | character >> kBits);
    follow(1);
  } else if (character < 0x10000) {
    text_ += static_cast<char>(0xe0 | character >> 2 * kBits);
    follow(2);
  } else {
    text_ += static_cast<char>(0xf0 | character >> 3 * kBits);
    follow(3);
  }
  // NOLINTEND(readability-magic-numbers)
}

}  // namespace sonde::app
