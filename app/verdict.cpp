#include "app/verdict.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <system_error>
#include <utility>

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

// What is wrong in every mode.
std::optional<Finding> find_unaddressed(const stats::Target& target) {
  if (target.error) {
    const bool lookup = target.error->kind == stats::TargetError::Kind::resolve;
    return Finding{.code = lookup ? ExitCode::unresolved : ExitCode::system,
                   .reason = fmt::format("{}: {}", target.input, target.error->message)};
  }
  if (!target.address) {
    return Finding{
        .code = ExitCode::unresolved,
        .reason = fmt::format("{}: the run ended before its name was resolved", target.input)};
  }
  return std::nullopt;
}

Finding find_of(const stats::TargetResult& result, std::optional<std::uint64_t> until_replies) {
  const stats::Target& target = result.target;
  if (auto finding = find_unaddressed(target)) {
    return *std::move(finding);
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

Finding find_of_trace(const stats::TargetResult& result) {
  const stats::Target& target = result.target;
  if (auto finding = find_unaddressed(target)) {
    return *std::move(finding);
  }
  if (result.path && result.path->reached()) {
    return {};
  }
  if (result.stats.counts().none_left()) {
    return {.code = ExitCode::system,
            .reason = fmt::format("{}: not reached: no probe could be sent", target.input)};
  }
  return {.code = ExitCode::no_answer, .reason = fmt::format("{}: not reached", target.input)};
}

stats::Verdict verdict_of(std::span<const stats::TargetResult> targets,
                          const std::function<Finding(const stats::TargetResult&)>& find) {
  stats::Verdict verdict;
  for (const stats::TargetResult& result : targets) {
    Finding finding = find(result);
    if (finding.code != ExitCode::ok) {
      verdict.pass = false;
      verdict.exit_code = std::max(verdict.exit_code, number(finding.code));
      verdict.reasons.push_back(std::move(finding.reason));
    }
  }
  return verdict;
}

}  // namespace

stats::Verdict judge_ping(std::span<const stats::TargetResult> targets,
                          std::optional<std::uint64_t> until_replies) {
  return verdict_of(targets, [until_replies](const stats::TargetResult& result) {
    return find_of(result, until_replies);
  });
}

stats::Verdict judge_trace(std::span<const stats::TargetResult> targets) {
  return verdict_of(targets, find_of_trace);
}

stats::Verdict system_failure(std::string reason) {
  return {.pass = false, .exit_code = number(ExitCode::system), .reasons = {std::move(reason)}};
}

std::optional<std::string> unread_answers(const transport::Transport& transport) {
  const int code = transport.receive_error();
  return code == 0
             ? std::nullopt
             : std::optional("answers cannot be read: " + std::generic_category().message(code));
}

stats::Verdict with_failure(stats::Verdict verdict, const std::optional<std::string>& failure) {
  if (failure) {
    verdict.pass = false;
    verdict.exit_code = std::max(verdict.exit_code, number(ExitCode::system));
    verdict.reasons.push_back(*failure);
  }
  return verdict;
}

}  // namespace sonde::app
