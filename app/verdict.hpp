// verdict.hpp: whether a run passed, as the exit code and its reasons (CLI.md, "Exit codes").
// The worst cause wins: system, then a name that did not resolve, then a target without an answer.
// Pure, but for unread_answers().
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "sonde/stats/run_record.hpp"
#include "sonde/transport/transport.hpp"

namespace sonde::app {

// `until_replies`: how many of them each target had to give; absent: one is an answer.
[[nodiscard]] stats::Verdict judge_ping(std::span<const stats::TargetResult> targets,
                                        std::optional<std::uint64_t> until_replies);

// Every destination was reached.
[[nodiscard]] stats::Verdict judge_trace(std::span<const stats::TargetResult> targets);

// Of a run that could not begin.
[[nodiscard]] stats::Verdict system_failure(std::string reason);

// Why answers may have come that nobody saw: the system has refused to let them be read.
[[nodiscard]] std::optional<std::string> unread_answers(const transport::Transport& transport);

// The same verdict, of a run that such a failure, if any, makes worthless: answers not read, output
// lost.
[[nodiscard]] stats::Verdict with_failure(stats::Verdict verdict,
                                          const std::optional<std::string>& failure);

}  // namespace sonde::app
