// resume.hpp: --resume FILE: what the NDJSON of an earlier run finished goes into the new session,
// and is not probed again. Its lines up to a target's result are told again in new NDJSON, so that
// a third run can go on from the second; what came after the result is not taken over. The earlier
// run may have been killed at any byte. It must be the same sweep: kind, shard, order, and every
// finished target under the same number. Errors: one line.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "app/resolve_sweep.hpp"
#include "app/saved_file.hpp"
#include "sonde/net/address_list.hpp"
#include "sonde/report/ndjson_sweep.hpp"
#include "sonde/report/saved_sweep.hpp"
#include "sonde/run/sweep_session.hpp"

namespace sonde::app {

class Resume {
 public:
  // How many probes each target gets; absent: until it answers (a sweep without end has no rest).
  using Rounds = std::optional<std::uint64_t>;
  // Reads how the earlier run was asked for, and takes its random order over if the new one has no
  // seed of its own (`seed_given`).
  [[nodiscard]] static std::expected<Resume, SavedFileError> open(const std::string& path,
                                                                  SweepPlan& plan, bool seed_given);
  // Is all that is finished there in the list? Names get the address that they had.
  [[nodiscard]] std::optional<SavedFileError> check(net::AddressList& targets);
  // After check(). `ndjson`: who tells the lines again; null: nobody.
  [[nodiscard]] std::optional<SavedFileError> restore(run::SweepSession& session,
                                                      report::NdjsonSweep* ndjson);

 private:
  Resume(std::string path, Rounds rounds) : path_(std::move(path)), rounds_(rounds) {}
  [[nodiscard]] std::optional<std::string> take(const report::SavedSweepTarget& saved,
                                                net::AddressList& targets);

  std::string path_;
  Rounds rounds_;
  std::vector<bool> finished_;          // by index
  std::vector<std::uint32_t> answers_;  // with rounds, by index: lines before its result
};

}  // namespace sonde::app
