#include "app/cmd_merge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <unordered_set>
#include <utility>

#include "app/echo_plan.hpp"
#include "app/output_file.hpp"
#include "app/privileges.hpp"
#include "app/saved_file.hpp"
#include "app/sweep_parts.hpp"
#include "app/sweep_presentation.hpp"
#include "app/sweep_verdict.hpp"

namespace sonde::app {

namespace {

using Answer = report::SavedSweepSink::Answer;

class Merge {
 public:
  Merge(const SweepOptions& options, const std::vector<stats::SweepListener*>& listeners)
      : min_reachable_(options.min_reachable), listeners_(listeners) {}

  // Why not; nullopt: it is in.
  std::optional<SavedFileError> add(const std::string& path);
  stats::Verdict finish();

 private:
  Answer head(const report::SavedHead& head);
  Answer target(const report::SavedSweepTarget& saved);
  Answer end(const report::SavedEnd& end);
  std::optional<std::uint32_t> place(const report::SavedSweepTarget& saved);

  std::optional<std::uint64_t> min_reachable_;
  const std::vector<stats::SweepListener*>& listeners_;
  std::optional<report::SavedHead> first_;
  std::set<std::uint32_t> shards_;
  std::unordered_set<std::uint64_t> seen_;  // hashes of what targets are called
  net::AddressList targets_;
  std::optional<stats::SweepResults> results_;
  stats::Counts counted_{};  // of the targets of the present file
  std::uint64_t planned_ = 0;
  Duration longest_{};
  stats::RunEnd end_{};
  bool ended_ = false;  // the present file has its end
};

std::optional<SavedFileError> Merge::add(const std::string& path) {
  counted_ = {};
  ended_ = false;
  const auto read =
      read_saved_file(path, {.on_head = [this](const auto& it) { return head(it); },
                             .on_target = [this](const auto& it) { return target(it); },
                             .on_end = [this](const auto& it) { return end(it); }});
  if (!read) {
    return read.error();
  }
  if (!ended_) {
    return SavedFileError{.message = fmt::format("{}: the run was killed before its end; finish it "
                                                 "with --resume first",
                                                 path)};
  }
  return std::nullopt;
}

Answer Merge::head(const report::SavedHead& head) {
  if (!first_) {
    first_ = head;
    stats::SweepOptions sweep = head.sweep;
    sweep.shard = sweep.shards = 1;
    sweep.min_reachable = min_reachable_;
    stats::RunStart start;
    start.mode = "sweep";
    start.clock.wall = head.started;
    start.options = head.options;
    for (stats::SweepListener* listener : listeners_) {
      listener->on_start(start, sweep);
    }
  } else if (auto why = not_together(*first_, head)) {
    return why;
  }
  if (head.sweep.shards > 1 && !shards_.insert(head.sweep.shard).second) {
    return fmt::format("shard {}/{} is there twice", head.sweep.shard, head.sweep.shards);
  }
  return std::nullopt;
}

// Its index in the list of all; nullopt: the list is full.
std::optional<std::uint32_t> Merge::place(const report::SavedSweepTarget& saved) {
  if (saved.address && saved.input == saved.address->to_text()) {
    const std::uint64_t index = targets_.size();
    return targets_.append(*saved.address) ? std::optional(static_cast<std::uint32_t>(index))
                                           : std::nullopt;
  }
  const auto index = targets_.append_name(saved.input);
  if (index && saved.address) {
    targets_.set_address(*index, *saved.address);
  }
  return index;
}

Answer Merge::target(const report::SavedSweepTarget& saved) {
  if (!first_) {
    return "a target before the start of the run";
  }
  if (!seen_.insert(std::hash<std::string>()(saved.input)).second) {
    return fmt::format("{} is there twice: the files overlap", saved.input);
  }
  const auto index = place(saved);
  if (!index) {
    return "too many targets";
  }
  if (!results_) {
    const bool samples = !saved.target.samples.empty();
    results_.emplace(targets_, samples ? stats::SweepDetail::samples : stats::SweepDetail::records,
                     samples ? static_cast<std::uint32_t>(first_->options.count.value_or(
                                   first_->sweep.retries + std::uint64_t{1}))
                             : 0,
                     first_->sweep.mode);
  }
  results_->grow();
  stats::SavedTarget placed = saved.target;
  placed.index = *index;
  results_->restore(placed);
  const stats::Counts& counts = placed.counts;
  counted_.sent += counts.sent - std::min(counts.sent, counts.in_flight);
  counted_.received += counts.received;
  counted_.lost += counts.lost;
  counted_.late += counts.late;
  counted_.duplicate += counts.duplicate;
  counted_.errors += counts.errors;
  counted_.send_failures += counts.send_failures;
  const stats::SweepResult result = results_->at(*index);
  for (stats::SweepListener* listener : listeners_) {
    listener->on_target(result, Instant{});
  }
  return std::nullopt;
}

Answer Merge::end(const report::SavedEnd& end) {
  if (!first_ || ended_) {
    return "an end that is not one";
  }
  if (!results_) {
    results_.emplace(targets_, stats::SweepDetail::records, 0, first_->sweep.mode);
  }
  // What came after a target was settled is in the totals alone.
  const auto rest = [](std::uint64_t all, std::uint64_t part) { return all - std::min(all, part); };
  const stats::Counts& all = end.counts;
  results_->restore_counts({.sent = rest(rest(all.sent, all.in_flight), counted_.sent),
                            .received = rest(all.received, counted_.received),
                            .lost = rest(all.lost, counted_.lost),
                            .late = rest(all.late, counted_.late),
                            .duplicate = rest(all.duplicate, counted_.duplicate),
                            .errors = rest(all.errors, counted_.errors),
                            .send_failures = rest(all.send_failures, counted_.send_failures)},
                           end.clock);
  results_->restore_rtt(end.rtt, end.quantiles);
  planned_ += end.targets;
  longest_ = std::max(longest_, end.elapsed);
  end_.engine = end.engine;
  if (end.reason != stats::EndReason::count) {
    end_.reason = end.reason;
  }
  ended_ = true;
  return std::nullopt;
}

stats::Verdict Merge::finish() {
  if (!first_ || !results_) {  // no file was added
    return {};
  }
  const std::uint32_t shards = first_->sweep.shards;
  end_.ended = Instant{} + longest_;
  end_.verdict = judge_sweep(results_->totals(), planned_, {.min_reachable = min_reachable_});
  for (std::uint32_t shard = 1; shards > 1 && shard <= shards; ++shard) {
    if (!shards_.contains(shard)) {
      end_.verdict.pass = false;
      end_.verdict.exit_code = std::max(end_.verdict.exit_code, number(ExitCode::no_answer));
      end_.verdict.reasons.push_back(fmt::format("shard {}/{} is missing", shard, shards));
    }
  }
  for (stats::SweepListener* listener : listeners_) {
    listener->on_end(end_, *results_);
    listener->flush();
  }
  return end_.verdict;
}

std::expected<std::unique_ptr<OutputFile>, std::string> open_output(const SweepOptions& options) {
  if (!options.output || *options.output == "-") {
    return nullptr;
  }
  return OutputFile::open(*options.output);
}

std::expected<stats::Verdict, SavedFileError> merge_once(
    const SweepOptions& options, const std::vector<stats::SweepListener*>& listeners) {
  Merge merge(options, listeners);
  for (const std::string& path : options.targets) {
    if (auto why = merge.add(path)) {
      return std::unexpected(*std::move(why));
    }
  }
  return merge.finish();
}

// First whether the files belong together; then they are told.
std::expected<stats::Verdict, SavedFileError> merge_files(
    const SweepOptions& options, const std::vector<stats::SweepListener*>& listeners) {
  auto verdict = merge_once(options, {});
  return verdict ? merge_once(options, listeners) : verdict;
}

ExitCode close_output(OutputFile* file, ExitCode code, Console& console) {
  if (file != nullptr) {
    if (const auto failure = file->close()) {
      console.complain(*failure);
      return ExitCode::system;
    }
  }
  return code;
}

}  // namespace

ExitCode run_merge(const SweepOptions& options, Console& console) {
  if (const auto dropped = drop_privileges(); !dropped) {
    console.complain(fmt::format("cannot give up privileges: {}", dropped.error()));
    return ExitCode::system;
  }
  if (const auto why =
          options.output ? refuse_to_empty(*options.output, options.targets) : std::nullopt) {
    return console.usage({.message = *why}, "sonde sweep --help");
  }
  auto file = open_output(options);
  if (!file) {
    console.complain(file.error());
    return ExitCode::system;
  }
  SweepPlan plan;
  plan.format = format_of(options);
  const SweepListeners listeners = sweep_listeners(
      options, plan,
      {.out = console.out, .err = console.err, .file = *file ? &(*file)->sink() : nullptr});
  const auto verdict = merge_files(options, listeners.views());
  if (!verdict) {
    console.complain(verdict.error().message);
    return verdict.error().system ? ExitCode::system : ExitCode::usage;
  }
  for (const std::string& reason : verdict->reasons) {
    if (reason.starts_with("shard ")) {
      console.complain(reason);
    }
  }
  const ExitCode code = console.finish(static_cast<ExitCode>(verdict->exit_code));
  return close_output(file->get(), code, console);
}

}  // namespace sonde::app
