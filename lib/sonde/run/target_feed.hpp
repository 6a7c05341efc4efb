// target_feed.hpp: where a sweep's targets come from. It never blocks: reading and look-ups go on
// elsewhere, and wake the transport when something is new.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <vector>

#include "sonde/base/time.hpp"
#include "sonde/net/address.hpp"
#include "sonde/net/address_list.hpp"
#include "sonde/stats/run_record.hpp"

namespace sonde::run {

// What became of a name in the list; once each.
struct NameAnswer {
  std::uint32_t index = 0;
  std::expected<net::Address, stats::TargetError> address;
};

class TargetFeed {
 public:
  virtual ~TargetFeed() = default;
  // Appends to `list` what has become known since the last call, and to `answers` what became of
  // names that are in it. A bounded piece of work a call (some thousands of lines): the loop comes
  // again at once as long as something was appended. `hungry` false: enough targets wait to be
  // probed, so only answers are welcome; an endless input then waits where it comes from.
  virtual void supply(net::AddressList& list, std::vector<NameAnswer>& answers, Instant now,
                      bool hungry) = 0;
  // Nothing will be appended any more. Names may still be without their answer.
  [[nodiscard]] virtual bool complete() const = 0;
  // Every name that is in the list has had its answer.
  [[nodiscard]] virtual bool all_answered() const = 0;
  // When supply() must be called even if nothing wakes the transport: a look-up is given up then.
  [[nodiscard]] virtual std::optional<Instant> deadline() const = 0;
};

}  // namespace sonde::run
