// checks.hpp: what a finished run must satisfy: always (check_invariants), and because its scenario
// says so (check_expected). Both report through doctest.
#pragma once

#include "tests/sim/scenario_run.hpp"

namespace sonde::test {

void check_invariants(const Ran& ran);
// `rejects_seen`: false where the kernel hides what it turns away.
void check_expected(const Ran& ran, const nlohmann::json& expect, bool rejects_seen);

}  // namespace sonde::test
