// resolve_options.hpp: typed values, defaults and conflicts become the configurations of the
// layers. Pure: what depends on the computer comes in as Situation. Errors: UsageError, before
// anything was sent, opened or printed.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "app/echo_plan.hpp"
#include "app/options.hpp"
#include "app/run_plan.hpp"
#include "app/target_policy.hpp"
#include "app/usage_error.hpp"
#include "sonde/base/random.hpp"
#include "sonde/engine/ping.hpp"
#include "sonde/net/address.hpp"
#include "sonde/resolve/resolver.hpp"
#include "sonde/stats/run_record.hpp"
#include "sonde/transport/open.hpp"

namespace sonde::app {

struct PingPlan : RunPlan {
  engine::PingConfig engine;
  transport::OpenOptions transport;
};

// `rng` fills a random payload.
[[nodiscard]] std::expected<PingPlan, UsageError> resolve_ping(const PingOptions& options,
                                                               const Situation& situation,
                                                               Rng& rng);

}  // namespace sonde::app
