// directory.hpp: where a session's targets and names come from. It never blocks: look-ups go on
// elsewhere (resolve/), which wakes the transport when something is new.
#pragma once

#include <optional>
#include <vector>

#include "sonde/base/time.hpp"
#include "sonde/run/name_source.hpp"
#include "sonde/stats/run_record.hpp"

namespace sonde::run {

class Directory : public NameSource {
 public:
  // Targets whose address is known now, or that have their error; each id once.
  [[nodiscard]] virtual std::vector<stats::Target> take_targets(Instant now) = 0;
  [[nodiscard]] virtual bool all_targets_taken() const = 0;
  // When a look-up that is under way will be given up; nullopt: none is.
  [[nodiscard]] virtual std::optional<Instant> deadline() const = 0;
};

}  // namespace sonde::run
