#include "app/cmd_merge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
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
#include "app/values.hpp"

namespace sonde::app {

namespace {

using Answer = report::SavedSweepSink::Answer;

class Merge {
 public:
  // `rounds`: how many samples of a target are kept; 0: none.
  Merge(const SweepOptions& options, const std::vector<stats::SweepListener*>& listeners,
        std::uint32_t rounds)
      : min_reachable_(options.min_reachable), listeners_(listeners), rounds_(rounds) {}

  // Why not; nullopt: it is in.
  std::optional<SavedFileError> add(const std::string& path);
  stats::Verdict finish();
  // The most samples that a target has.
  [[nodiscard]] std::uint32_t rounds() const noexcept {
    return static_cast<std::uint32_t>(most_samples_);
  }

 private:
  Answer head(const report::SavedHead& head);
  Answer target(const report::SavedSweepTarget& saved);
  Answer end(const report::SavedEnd& end);
  bool is_new(const report::SavedSweepTarget& saved, bool numbered);
  std::optional<std::uint32_t> place(const report::SavedSweepTarget& saved);

  std::optional<std::uint64_t> min_reachable_;
  const std::vector<stats::SweepListener*>& listeners_;
  std::uint32_t rounds_;
  std::size_t most_samples_ = 0;
  std::optional<report::SavedHead> first_;
  std::set<std::uint32_t> shards_;
  std::unordered_set<std::uint64_t> seen_;     // hashes of the targets of earlier files
  std::unordered_set<std::uint64_t> present_;  // and of the present one
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
                                                 in_quotes(path))};
  }
  seen_.merge(present_);
  present_.clear();
  return std::nullopt;
}

// A run may have been given a target twice; two files may not have the same one, but shards, whose
// numbers are of one list, have it under another number.
bool Merge::is_new(const report::SavedSweepTarget& saved, bool numbered) {
  const std::string key =
      numbered ? fmt::format("{} {}", saved.target.index, saved.input) : saved.input;
  const std::uint64_t hash = std::hash<std::string>()(key);
  present_.insert(hash);
  return !seen_.contains(hash);
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
  if (!is_new(saved, first_->sweep.shards > 1)) {
    return fmt::format("{} is there twice: the files overlap", in_quotes(saved.input));
  }
  const auto index = place(saved);
  if (!index) {
    return "too many targets";
  }
  if (!results_) {
    results_.emplace(targets_,
                     rounds_ > 0 ? stats::SweepDetail::samples : stats::SweepDetail::records,
                     rounds_, first_->sweep.mode);
  }
  most_samples_ = std::max(most_samples_, saved.target.samples.size());
  results_->grow();
  stats::SavedTarget placed = saved.target;
  placed.index = *index;
  results_->restore(placed);
  const stats::Counts& counts = placed.counts;
  counted_.sent += counts.sent - counts.in_flight;
  counted_.received += counts.received;
  counted_.lost += counts.lost;
  counted_.late += counts.late;
  counted_.duplicate += counts.duplicate;
  counted_.corrupt += counts.corrupt;
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
  // What came after a target was settled is in the totals alone, and may have taken from what the
  // target said (late: no longer lost). Unsigned differences wrap, and their sums come back.
  const stats::Counts& all = end.counts;
  results_->restore_counts({.sent = all.sent - all.in_flight - counted_.sent,
                            .received = all.received - counted_.received,
                            .lost = all.lost - counted_.lost,
                            .late = all.late - counted_.late,
                            .duplicate = all.duplicate - counted_.duplicate,
                            .corrupt = all.corrupt - counted_.corrupt,
                            .errors = all.errors - counted_.errors,
                            .send_failures = all.send_failures - counted_.send_failures},
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

std::optional<SavedFileError> add_all(Merge& merge, const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    if (auto why = merge.add(path)) {
      return why;
    }
  }
  return std::nullopt;
}

// Whether the files belong together; how many samples of a target there are.
std::expected<std::uint32_t, SavedFileError> check_files(const SweepOptions& options) {
  const std::vector<stats::SweepListener*> nobody;
  Merge merge(options, nobody, 0U);
  if (auto why = add_all(merge, options.targets)) {
    return std::unexpected(*std::move(why));
  }
  return merge.rounds();
}

std::expected<stats::Verdict, SavedFileError> merge_files(
    const SweepOptions& options, const std::vector<stats::SweepListener*>& listeners,
    std::uint32_t rounds) {
  Merge merge(options, listeners, rounds);
  if (auto why = add_all(merge, options.targets)) {
    return std::unexpected(*std::move(why));
  }
  return merge.finish();
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

Refusal refuse_beside_merge(const CommandLine& line) {
  using enum OptionId;
  constexpr auto kMeaningful =
      std::to_array({merge, alive, unreachable, elapsed, quiet, stats, numeric, min_reachable, json,
                     ndjson, format, output, json_probes, color, verbose});
  const auto at = std::ranges::find_if(line.options, [&](const GivenOption& given) {
    return std::ranges::find(kMeaningful, given.spec->id) == kMeaningful.end();
  });
  if (at == line.options.end()) {
    return std::nullopt;
  }
  return UsageError{.message = fmt::format("{} means nothing with --merge: nothing is probed",
                                           spelled(*at->spec)),
                    .hint = "sonde sweep --merge [-j|-J|-a|-u] FILE..."};
}

ExitCode run_merge(const SweepOptions& options, Console& console) {
  if (const auto dropped = drop_privileges(); !dropped) {
    console.complain(fmt::format("cannot give up privileges: {}", dropped.error()));
    return ExitCode::system;
  }
  if (const auto why =
          options.output ? refuse_to_empty(*options.output, options.targets) : std::nullopt) {
    return console.usage({.message = *why}, "sonde sweep --help");
  }
  const auto rounds = check_files(options);
  if (!rounds) {
    console.complain(rounds.error().message);
    return code_of(rounds.error());
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
  const auto verdict = merge_files(options, listeners.views(), *rounds);
  if (!verdict) {
    console.complain(verdict.error().message);
    return code_of(verdict.error());
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
