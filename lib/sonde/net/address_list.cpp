#include "sonde/net/address_list.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace sonde::net {
namespace {

// `address` plus `offset`; nullopt: beyond the last address of the family.
std::optional<Address> advanced(const Address& address, std::uint64_t offset) noexcept {
  constexpr std::uint64_t kLastV4 = 0xffffffff;
  if (address.is_v4()) {
    const std::uint64_t value = address.v4_value() + offset;
    return value <= kLastV4 ? std::optional(Address::v4(static_cast<std::uint32_t>(value)))
                            : std::nullopt;
  }
  Reader in{address.bytes()};
  std::uint64_t high = in.u64();
  const std::uint64_t low = in.u64() + offset;
  if (low < offset && ++high == 0) {
    return std::nullopt;
  }
  std::array<std::byte, Address::kV6Bytes> bytes{};
  Writer out{bytes};
  out.u64(high);
  out.u64(low);
  return Address::v6(bytes, address.zone());
}

// FNV-1a.
class Digest {
 public:
  void add(std::span<const std::byte> bytes) noexcept {
    constexpr std::uint64_t kPrime = 0x100000001b3;
    for (const std::byte byte : bytes) {
      value_ = (value_ ^ std::to_integer<std::uint64_t>(byte)) * kPrime;
    }
  }
  void add(std::uint64_t number) noexcept {
    std::array<std::byte, sizeof number> bytes{};
    Writer(bytes).u64(number);
    add(bytes);
  }
  [[nodiscard]] std::uint64_t value() const noexcept { return value_; }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325;
};

}  // namespace

std::uint64_t AddressList::digest() const noexcept {
  Digest digest;
  for (const Run& run : runs_) {
    digest.add(std::uint64_t{run.first});
    digest.add(static_cast<std::uint64_t>(run.kind));
    if (run.kind == Kind::v4) {
      digest.add(std::uint64_t{run.value});
    } else if (run.kind == Kind::v6) {
      digest.add(v6_[run.value].bytes());
    }
  }
  for (const Name& name : names_) {
    digest.add(std::uint64_t{name.length});
    digest.add(std::as_bytes(std::span(texts_).subspan(name.text, name.length)));
  }
  digest.add(size_);
  return digest.value();
}

bool AddressList::append(const Address& first, std::uint64_t count) {
  if (count > kMax - size_) {
    return false;
  }
  if (count == 0) {
    return true;
  }
  if (!advanced(first, count - 1)) {
    return false;
  }
  if (!continues(first)) {
    Run run{.first = static_cast<std::uint32_t>(size_)};
    if (first.is_v4()) {
      run.value = first.v4_value();
    } else {
      run.kind = Kind::v6;
      run.value = static_cast<std::uint32_t>(v6_.size());
      v6_.push_back(first);
    }
    runs_.push_back(run);
  }
  size_ += count;
  return true;
}

// Is it the one behind the last address?
bool AddressList::continues(const Address& first) const noexcept {
  if (runs_.empty()) {
    return false;
  }
  const Run& run = runs_.back();
  const std::uint64_t length = size_ - run.first;
  switch (run.kind) {
    case Kind::v4:
      return first.is_v4() && run.value + length == first.v4_value();
    case Kind::v6:
      return first.is_v6() && advanced(v6_[run.value], length) == first;
    case Kind::name:
      break;
  }
  return false;
}

std::optional<std::uint32_t> AddressList::append_name(std::string_view text) {
  if (size_ == kMax) {
    return std::nullopt;
  }
  const auto index = static_cast<std::uint32_t>(size_);
  if (runs_.empty() || runs_.back().kind != Kind::name) {
    runs_.push_back(
        {.first = index, .value = static_cast<std::uint32_t>(names_.size()), .kind = Kind::name});
  }
  names_.push_back({.text = texts_.size(), .length = static_cast<std::uint32_t>(text.size())});
  texts_ += text;
  ++size_;
  return index;
}

void AddressList::set_address(std::uint32_t index, const Address& address) {
  if (Name* const name = find_name(index)) {
    name->address = address;
  }
}

const AddressList::Run& AddressList::run_of(std::uint32_t index) const noexcept {
  const auto holds = [&](std::size_t run) {
    return run < runs_.size() && runs_[run].first <= index &&
           (run + 1 == runs_.size() || index < runs_[run + 1].first);
  };
  if (holds(last_run_)) {
    return runs_[last_run_];
  }
  ++last_run_;  // mostly the next one
  if (!holds(last_run_)) {
    const auto after = std::ranges::upper_bound(runs_, index, {}, &Run::first);
    last_run_ = static_cast<std::size_t>(after - runs_.begin()) - 1;
  }
  return runs_[last_run_];
}

const AddressList::Name* AddressList::find_name(std::uint32_t index) const noexcept {
  const Run& run = run_of(index);
  return run.kind == Kind::name ? &names_[run.value + (index - run.first)] : nullptr;
}

AddressList::Name* AddressList::find_name(std::uint32_t index) noexcept {
  const Run& run = run_of(index);
  return run.kind == Kind::name ? &names_[run.value + (index - run.first)] : nullptr;
}

bool AddressList::read(std::uint32_t index, Address& out) const noexcept {
  const Run& run = run_of(index);
  const std::uint32_t offset = index - run.first;
  if (run.kind == Kind::v4) {
    out = Address::v4(run.value + offset);
    return true;
  }
  const std::optional<Address> known =
      run.kind == Kind::v6 ? advanced(v6_[run.value], offset) : names_[run.value + offset].address;
  out = known.value_or(Address());
  return known.has_value();
}

std::optional<Address> AddressList::at(std::uint32_t index) const noexcept {
  std::optional<Address> out{std::in_place};
  if (!read(index, *out)) {
    out.reset();
  }
  return out;
}

std::string_view AddressList::name(std::uint32_t index) const noexcept {
  const Name* const name = find_name(index);
  return name == nullptr ? std::string_view()
                         : std::string_view(texts_).substr(name->text, name->length);
}

bool AddressList::is_name(std::uint32_t index) const noexcept {
  return find_name(index) != nullptr;
}

}  // namespace sonde::net
