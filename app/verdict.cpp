#include "app/verdict.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "app/exit_code.hpp"

namespace sonde::app {

namespace {

struct Finding {
  ExitCode code = ExitCode::ok;
  std::string reason{};
};

std::string instead_of_replies(const stats::Counts& counts) {
  if (counts.errors > 0) {
    return fmt::format("no reply, {} error{}", counts.errors, counts.errors == 1 ? "" : "s");
  }
  return counts.send_failures > 0
             ? fmt::format("no answer, {} could not be sent", counts.send_failures)
             : "no answer";
}

Finding find_of(const stats::TargetResult& result, std::optional<std::uint64_t> until_replies) {
  const stats::Target& target = result.target;
  if (target.error) {
    const bool lookup = target.error->kind == stats::TargetError::Kind::resolve;
    return {.code = lookup ? ExitCode::unresolved : ExitCode::system,
            .reason = fmt::format("{}: {}", target.input, target.error->message)};
  }
  if (!target.address) {
    return {.code = ExitCode::unresolved,
            .reason = fmt::format("{}: the run ended before its name was resolved", target.input)};
  }
  const stats::Counts& counts = result.stats.counts();
  const std::uint64_t replies = counts.received + counts.late;
  if (until_replies && replies < *until_replies) {
    return {.code = ExitCode::no_answer,
            .reason = fmt::format("{}: {} of {} replies", target.input, replies, *until_replies)};
  }
  if (!counts.answered()) {
    return {.code = ExitCode::no_answer,
            .reason = fmt::format("{}: {}", target.input, instead_of_replies(counts))};
  }
  return {};
}

}  // namespace

stats::Verdict judge_ping(std::span<const stats::TargetResult> targets,
                          std::optional<std::uint64_t> until_replies) {
  stats::Verdict verdict;
  for (const stats::TargetResult& result : targets) {
    Finding finding = find_of(result, until_replies);
    if (finding.code != ExitCode::ok) {
      verdict.pass = false;
      verdict.exit_code = std::max(verdict.exit_code, number(finding.code));
      verdict.reasons.push_back(std::move(finding.reason));
    }
  }
  return verdict;
}

stats::Verdict system_failure(std::string reason) {
  return {.pass = false, .exit_code = number(ExitCode::system), .reasons = {std::move(reason)}};
}

}  // namespace sonde::app
