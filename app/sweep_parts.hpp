// sweep_parts.hpp: do saved runs belong together? Parts of one sweep have the same way of probing;
// shards also the same number of parts and the same order. Pure.
#pragma once

#include <optional>
#include <string>

#include "sonde/report/saved_sweep.hpp"

namespace sonde::app {

// Why `other` is no part of what `first` is; nullopt: it is.
[[nodiscard]] std::optional<std::string> not_together(const report::SavedHead& first,
                                                      const report::SavedHead& other);

}  // namespace sonde::app
