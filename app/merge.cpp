#include "app/merge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>

#include "app/sweep_parts.hpp"
#include "app/sweep_verdict.hpp"
#include "app/values.hpp"

namespace sonde::app {

namespace {

using Answer = report::SavedSweepSink::Answer;

bool is_sharded(const report::SavedHead& head) noexcept { return head.sweep.shards > 1; }

std::unexpected<SavedFileError> no(std::string message) {
  return std::unexpected(SavedFileError{.message = std::move(message)});
}

// Of a run, or of a sum of some.
std::vector<std::uint32_t> shards_of(const report::SavedHead& head) {
  return head.sweep.merged ? head.sweep.merged->shards : std::vector{head.sweep.shard};
}

// Did it know all of its targets? One that was stopped may have had more to read.
bool knew_all(const report::SavedEnd& end) noexcept {
  return end.reason == stats::EndReason::count && end.verdict.exit_code < number(ExitCode::usage);
}

template <typename T, typename Better>
void keep_best(std::optional<T>& best, const std::optional<T>& other, Better better) {
  if (other && (!best || better(*other, *best))) {
    best = other;
  }
}

std::string text_of(const net::AddressList& list, std::uint32_t index) {
  return list.is_name(index) ? std::string(list.name(index))
                             : list.at(index).value_or(net::Address{}).to_text();
}

}  // namespace

// --- first reading -------------------------------------------------------------------------------

std::uint64_t MergeParts::missing() const noexcept {
  return is_sharded(first) ? first.sweep.shards - shards.size() : 0;
}

std::optional<SavedFileError> MergeSurvey::add(const SavedInput& file) {
  ended_ = false;
  beyond_ = 0;
  told_ = 0;
  const auto read =
      read_saved_input(file, {.on_head = [this](const auto& it) { return head(it); },
                              .on_target = [this](const auto& it) { return target(it); },
                              .on_end = [this](const auto& it) { return end(it); }});
  if (!read) {
    return read.error();
  }
  if (!ended_) {
    return SavedFileError{.message = fmt::format("{}: the run was killed before its end; finish it "
                                                 "with --resume first",
                                                 in_quotes(file.name))};
  }
  std::ranges::sort(present_);
  std::deque<std::uint64_t> all;
  std::ranges::merge(seen_, present_, std::back_inserter(all));
  seen_ = std::move(all);
  present_ = {};
  return std::nullopt;
}

Answer MergeSurvey::head(const report::SavedHead& head) {
  if (!std::exchange(began_, true)) {
    parts_.first = head;
  } else if (auto why = not_together(parts_.first, head)) {
    return why;
  }
  present_head_ = head;
  parts_.files.push_back({.base = base_});
  keep_best(parts_.started, head.started, std::less());
  if (!is_sharded(head)) {
    return std::nullopt;
  }
  for (const std::uint32_t shard : shards_of(head)) {
    if (!parts_.shards.insert(shard).second) {
      return fmt::format("shard {}/{} is there twice", shard, head.sweep.shards);
    }
  }
  return std::nullopt;
}

Answer MergeSurvey::target(const report::SavedSweepTarget& saved) {
  if (!began_) {
    return "a target before the start of the run";
  }
  // A run may have been given a target twice; two files may not have the same one.
  if (!is_sharded(parts_.first)) {
    const std::uint64_t hash = std::hash<std::string>()(saved.input);
    present_.push_back(hash);
    if (std::ranges::binary_search(seen_, hash)) {
      return fmt::format("{} is there twice: the files overlap", in_quotes(saved.input));
    }
  }
  const std::uint64_t number = base_ + saved.target.index;
  if (number >= net::AddressList::kMax) {
    return "too many targets";
  }
  Entry entry{.number = static_cast<std::uint32_t>(number), .address = saved.address};
  if (!saved.address || saved.input != saved.address->to_text()) {
    entry.name = static_cast<std::uint32_t>(names_.size());
    names_.push_back(saved.input);
  }
  entries_.push_back(entry);
  told_ += saved.target.state == probe::SweepState::pending ? 0 : 1;
  beyond_ = std::max(beyond_, saved.target.index + std::uint64_t{1});
  parts_.rounds = std::max(parts_.rounds, static_cast<std::uint32_t>(saved.target.samples.size()));
  return std::nullopt;
}

Answer MergeSurvey::end(const report::SavedEnd& end) {
  if (!began_ || std::exchange(ended_, true)) {
    return "an end that is not one";
  }
  if (end.settled && *end.settled != told_) {
    return fmt::format("is damaged: it counts {} results and has {}", *end.settled, told_);
  }
  parts_.targets += end.targets;
  parts_.files.back().ended =
      present_head_.started.transform([&end](WallTime start) { return start + end.elapsed; });
  keep_best(parts_.ended, parts_.files.back().ended, std::greater());
  if (is_sharded(parts_.first)) {
    return fits(end);
  }
  if (beyond_ > end.targets) {
    return "is damaged: it has more targets than it counts";
  }
  base_ += end.targets;
  return std::nullopt;
}

// Shards of another list have other sizes.
Answer MergeSurvey::fits(const report::SavedEnd& end) {
  ShardSizes& sizes = sizes_ ? *sizes_ : sizes_.emplace(present_head_.sweep.shards);
  sizes.add(shards_of(present_head_), end.targets, knew_all(end));
  if (beyond_ > 0) {
    sizes.add_number(beyond_ - 1);
  }
  if (!sizes.possible()) {
    return "of another sweep: its number of targets is not that of a shard of the same list";
  }
  if (parts_.list_digest && end.list_digest && *parts_.list_digest != *end.list_digest) {
    return "of another sweep: its list of targets is another";
  }
  keep_best(parts_.list_digest, end.list_digest, std::equal_to());
  return std::nullopt;
}

bool MergeSurvey::list(const Entry& entry) {
  if (!entry.name) {
    return entry.address && parts_.list.append(*entry.address);
  }
  const auto index = parts_.list.append_name(names_[*entry.name]);
  if (index && entry.address) {
    parts_.list.set_address(*index, *entry.address);
  }
  return index.has_value();
}

std::expected<MergeParts, SavedFileError> MergeSurvey::finish() {
  std::ranges::sort(entries_, {}, &Entry::number);
  parts_.numbers.reserve(entries_.size());
  for (const Entry& entry : entries_) {
    if (!list(entry)) {
      return no("too many targets");
    }
    parts_.numbers.push_back(entry.number);
  }
  const auto twice = std::ranges::adjacent_find(parts_.numbers);
  if (twice != parts_.numbers.end()) {
    const auto index = static_cast<std::uint32_t>(twice - parts_.numbers.begin());
    return no(fmt::format("target {}, {}, is there twice", *twice,
                          in_quotes(text_of(parts_.list, index))));
  }
  entries_ = {};
  return std::move(parts_);
}

// --- second reading ------------------------------------------------------------------------------

namespace {

class Merge {
 public:
  Merge(const MergeParts& parts, std::optional<std::uint64_t> min_reachable,
        const std::vector<stats::SweepListener*>& listeners)
      : parts_(parts),
        min_reachable_(min_reachable),
        listeners_(listeners),
        results_(parts.list,
                 parts.rounds > 0 ? stats::SweepDetail::samples : stats::SweepDetail::records,
                 parts.rounds, parts.first.sweep.mode) {}

  void start();
  std::optional<SavedFileError> add(const SavedInput& file, const MergeParts::File& place);
  Merged finish();

 private:
  // What may change between two readings was checked in the first.
  [[nodiscard]] std::optional<std::uint32_t> place(std::uint64_t number) const;
  Answer target(const report::SavedSweepTarget& saved);
  Answer end(const report::SavedEnd& end);
  void add_failure(const report::SavedEnd& end);
  void add_rejects(const std::optional<probe::RejectCounts>& rejects);
  [[nodiscard]] bool is_cut_short(const report::SavedSweepTarget& saved) const noexcept;
  [[nodiscard]] Instant instant_of(std::optional<WallTime> when) const noexcept;
  [[nodiscard]] std::vector<std::string> missing_shards() const;
  [[nodiscard]] std::vector<std::string> lacks() const;
  [[nodiscard]] stats::Verdict judge(const std::vector<std::string>& lacks) const;

  const MergeParts& parts_;
  std::optional<std::uint64_t> min_reachable_;
  const std::vector<stats::SweepListener*>& listeners_;
  stats::SweepResults results_;
  MergeParts::File file_{};      // the present one
  stats::Counts counted_{};      // of its targets
  std::uint64_t cut_short_ = 0;  // targets that answered, and did not get all their probes
  stats::Verdict failures_{};    // of the parts, that no sum makes good
  Duration longest_{};
  stats::RunEnd end_{};
};

// With all its shards it is what one run would have been.
void Merge::start() {
  stats::SweepOptions sweep = parts_.first.sweep;
  sweep.merged = stats::SweepOptions::Merged{.targets = parts_.targets};
  if (parts_.missing() > 0) {
    sweep.merged->shards.assign(parts_.shards.begin(), parts_.shards.end());
    sweep.shard = *parts_.shards.begin();
  } else {
    sweep.shard = sweep.shards = 1;
  }
  sweep.min_reachable = min_reachable_;
  stats::RunStart start;
  start.mode = "sweep";
  start.clock.wall = parts_.started.value_or(WallTime{});
  start.options = parts_.first.options;
  for (stats::SweepListener* listener : listeners_) {
    listener->on_start(start, sweep);
  }
}

std::optional<SavedFileError> Merge::add(const SavedInput& file, const MergeParts::File& place) {
  counted_ = {};
  file_ = place;
  const auto read =
      read_saved_input(file, {.on_target = [this](const auto& it) { return target(it); },
                              .on_end = [this](const auto& it) { return end(it); }});
  return read ? std::nullopt : std::optional(read.error());
}

std::optional<std::uint32_t> Merge::place(std::uint64_t number) const {
  const auto& numbers = parts_.numbers;
  if (number < numbers.size() && numbers[number] == number) {
    return static_cast<std::uint32_t>(number);
  }
  const auto at = std::ranges::lower_bound(numbers, number);
  return at != numbers.end() && *at == number
             ? std::optional(static_cast<std::uint32_t>(at - numbers.begin()))
             : std::nullopt;
}

Answer Merge::target(const report::SavedSweepTarget& saved) {
  const auto index = place(file_.base + saved.target.index);
  if (!index) {
    return "it changed while it was read";
  }
  stats::SavedTarget placed = saved.target;
  placed.index = *index;
  results_.restore(placed);
  counted_ += placed.counts;
  cut_short_ += is_cut_short(saved) ? 1 : 0;
  stats::SweepResult result = results_.at(*index);
  result.index = parts_.numbers[*index];
  for (stats::SweepListener* listener : listeners_) {
    listener->on_target(result, instant_of(saved.at ? saved.at : file_.ended));
  }
  return std::nullopt;
}

// Some of the rounds are not all of them. What has not answered either is pending.
bool Merge::is_cut_short(const report::SavedSweepTarget& saved) const noexcept {
  const stats::Counts& counts = saved.target.counts;
  return parts_.first.options.count && saved.target.state == probe::SweepState::alive &&
         counts.sent - counts.in_flight < *parts_.first.options.count;
}

// The sum begins with the first of its parts.
Instant Merge::instant_of(std::optional<WallTime> when) const noexcept {
  return when && parts_.started ? Instant{} + (*when - *parts_.started) : Instant{};
}

void Merge::add_failure(const report::SavedEnd& end) {
  if (!end_.error) {
    end_.error = end.error;
  }
  if (end.verdict.exit_code < number(ExitCode::usage)) {
    return;  // who answered: judged anew
  }
  failures_.exit_code = std::max(failures_.exit_code, end.verdict.exit_code);
  for (const std::string& reason : end.verdict.reasons) {
    if (std::ranges::find(failures_.reasons, reason) == failures_.reasons.end()) {
      failures_.reasons.push_back(reason);
    }
  }
}

void Merge::add_rejects(const std::optional<probe::RejectCounts>& rejects) {
  if (!rejects) {
    end_.rejects.reset();
  } else if (end_.rejects) {
    std::ranges::transform(end_.rejects->by_cause, rejects->by_cause,
                           end_.rejects->by_cause.begin(), std::plus());
  }
}

Answer Merge::end(const report::SavedEnd& end) {
  // What came after a target was settled is in the totals alone, and may have taken from what the
  // target said (late: no longer lost). Unsigned differences wrap, and their sums come back.
  stats::Counts rest = end.counts;
  rest -= counted_;
  results_.restore_counts(rest, end.clock);
  results_.restore_rtt(end.rtt, end.quantiles);
  longest_ = std::max(longest_, end.elapsed);
  end_.engine = end.engine;
  end_.reason = std::max(end_.reason, end.reason);  // the worst
  add_failure(end);
  add_rejects(end.rejects);
  end_.dropped += end.dropped;
  return std::nullopt;
}

// A file may say that there are billions of shards.
std::vector<std::string> Merge::missing_shards() const {
  constexpr std::uint64_t kMostNamed = 16;
  std::vector<std::string> lacks;
  const std::uint64_t missing = parts_.missing();
  const std::uint32_t shards = parts_.first.sweep.shards;
  for (std::uint32_t shard = 1; lacks.size() < std::min(missing, kMostNamed); ++shard) {
    if (!parts_.shards.contains(shard)) {
      lacks.push_back(fmt::format("shard {}/{} is missing", shard, shards));
    }
  }
  if (missing > kMostNamed) {
    lacks.push_back(fmt::format("{} more shards are missing", missing - kMostNamed));
  }
  return lacks;
}

std::vector<std::string> Merge::lacks() const {
  std::vector<std::string> lacks = missing_shards();
  if (cut_short_ > 0) {
    lacks.push_back(
        fmt::format("{} of {} targets did not get all their probes: their runs ended "
                    "early",
                    cut_short_, parts_.targets));
  }
  return lacks;
}

// So many answers as were asked for are enough, whatever is lacking.
stats::Verdict Merge::judge(const std::vector<std::string>& lacks) const {
  stats::Verdict verdict = failures_;
  const auto add = [&verdict](int code, const std::string& reason) {
    verdict.exit_code = std::max(verdict.exit_code, code);
    if (std::ranges::find(verdict.reasons, reason) == verdict.reasons.end()) {
      verdict.reasons.push_back(reason);
    }
  };
  const stats::Verdict found =
      judge_sweep(results_.totals(), parts_.targets, {.min_reachable = min_reachable_});
  for (const std::string& reason : found.reasons) {
    add(found.exit_code, reason);
  }
  if (!min_reachable_ || !found.pass) {
    for (const std::string& lack : lacks) {
      add(number(ExitCode::no_answer), lack);
    }
  }
  verdict.pass = verdict.exit_code == 0;
  return verdict;
}

Merged Merge::finish() {
  end_.ended = parts_.ended ? instant_of(parts_.ended) : Instant{} + longest_;
  Merged merged{.lacks = lacks()};
  end_.list_digest = parts_.list_digest;
  end_.verdict = judge(merged.lacks);
  const std::uint64_t settled = results_.totals().settled();
  if (settled < parts_.targets) {  // of this the verdict tells in its own words
    merged.lacks.push_back(fmt::format("no result for {} of {} targets: their runs ended early",
                                       parts_.targets - settled, parts_.targets));
  }
  for (stats::SweepListener* listener : listeners_) {
    listener->on_end(end_, results_);
    listener->flush();
  }
  merged.verdict = end_.verdict;
  if (end_.error) {
    merged.lacks.insert(merged.lacks.begin(), *end_.error);
  }
  return merged;
}

}  // namespace

std::expected<Merged, SavedFileError> tell_merged(
    const std::vector<SavedInput>& files, const MergeParts& parts,
    std::optional<std::uint64_t> min_reachable,
    const std::vector<stats::SweepListener*>& listeners) {
  Merge merge(parts, min_reachable, listeners);
  merge.start();
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (auto why = merge.add(files[i], parts.files.at(i))) {
      return std::unexpected(*std::move(why));
    }
  }
  return merge.finish();
}

}  // namespace sonde::app
