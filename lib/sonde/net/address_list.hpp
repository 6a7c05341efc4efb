// address_list.hpp: the targets of a sweep, as indices 0, 1, 2 ... in input order.
// Shape: runs of neighbours (a prefix, a range, or single addresses that follow each other by one)
// take 12 bytes together, whatever their length; a name takes its text and gets its address later,
// or never. Grows while it is read. At most 2^32 - 1 targets: append() says no beyond.
// at(): O(log runs), constant for neighbours in turn. Not for use from two threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sonde/net/address.hpp"

namespace sonde::net {

class AddressList {
 public:
  static constexpr std::uint64_t kMax = 0xffffffff;

  // `count` addresses from `first` upwards; false, and nothing is appended: more than kMax targets,
  // or addresses beyond the last of the family.
  [[nodiscard]] bool append(const Address& first, std::uint64_t count = 1);
  // A target with a text of its own: a name, whose address is still unknown. nullopt: full.
  [[nodiscard]] std::optional<std::uint32_t> append_name(std::string_view text);

  // The name at `index` has this address. Only for what append_name() returned.
  void set_address(std::uint32_t index, const Address& address);

  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  // index < size(). nullopt: a name without an address so far.
  [[nodiscard]] std::optional<Address> at(std::uint32_t index) const noexcept;
  // The same into `out`; false, and `out` is anything: no address so far. For the path of every
  // probe, where a returned value would be copied before its bytes have left the store buffer.
  [[nodiscard]] bool read(std::uint32_t index, Address& out) const noexcept;
  // The text of a name; empty: a plain address, which is its own text.
  [[nodiscard]] std::string_view name(std::uint32_t index) const noexcept;
  [[nodiscard]] bool is_name(std::uint32_t index) const noexcept;
  // Equal lists of targets have equal digests, however they were appended and on every machine;
  // the addresses of names and zones have no part in it. O(runs + names). No secret.
  [[nodiscard]] std::uint64_t digest() const noexcept;

 private:
  enum class Kind : std::uint8_t { v4, v6, name };
  struct Run {
    std::uint32_t first = 0;  // index of its first target
    std::uint32_t value = 0;  // v4: that address; else where it stands in v6_ or names_
    Kind kind = Kind::v4;
  };
  struct Name {
    std::uint64_t text = 0;  // offset in texts_
    std::uint32_t length = 0;
    std::optional<Address> address{};
  };
  [[nodiscard]] const Run& run_of(std::uint32_t index) const noexcept;
  [[nodiscard]] Name* find_name(std::uint32_t index) noexcept;
  [[nodiscard]] const Name* find_name(std::uint32_t index) const noexcept;
  [[nodiscard]] bool continues(const Address& first) const noexcept;

  std::vector<Run> runs_;
  std::vector<Address> v6_;  // the first address of each run
  std::vector<Name> names_;
  std::string texts_;
  std::uint64_t size_ = 0;
  mutable std::size_t last_run_ = 0;  // where the last look-up ended
};

}  // namespace sonde::net
