// name_source.hpp: where the names of addresses come from. It never blocks: look-ups go on
// elsewhere (resolve/), which wakes the transport when something is new.
#pragma once

#include <vector>

#include "sonde/base/untrusted.hpp"
#include "sonde/net/address.hpp"

namespace sonde::run {

struct NamedAddress {
  net::Address address{};
  Untrusted name;  // empty: it has none
};

class NameSource {
 public:
  virtual ~NameSource() = default;
  // An address was seen: its name is welcome, some time.
  virtual void want_name(const net::Address& address) = 0;
  [[nodiscard]] virtual std::vector<NamedAddress> take_names() = 0;
};

}  // namespace sonde::run
