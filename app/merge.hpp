// merge.hpp: the saved results of several runs become one. The files are read twice: first for what
// they are and which targets they have, then for what is told of these.
// Shards of one list keep the numbers of their targets; the targets of whole runs are numbered in
// the order of the files, as if one run had been given all their lists.
// Whatever failed in a part is a failure of the sum; who answered is judged anew, over all of it.
// Errors: one line, with the file.
#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "app/saved_file.hpp"
#include "app/shard_sizes.hpp"
#include "sonde/net/address_list.hpp"
#include "sonde/report/saved_sweep.hpp"
#include "sonde/stats/sweep_listener.hpp"

namespace sonde::app {

// What the first reading found.
struct MergeParts {
  report::SavedHead first{};
  std::set<std::uint32_t> shards{};            // which of first.sweep.shards; empty: whole runs
  std::optional<WallTime> started{};           // the earliest of them
  std::optional<WallTime> ended{};             // the latest
  std::optional<std::uint64_t> list_digest{};  // of the list that the shards are of
  struct File {
    std::uint64_t base = 0;           // what its numbers begin at
    std::optional<WallTime> ended{};  // when its run ended
  };
  std::vector<File> files{};
  std::uint64_t targets = 0;             // of all parts, those without a result included
  std::uint32_t rounds = 0;              // the most samples that a target has
  net::AddressList list{};               // the targets that have a result, by number
  std::vector<std::uint32_t> numbers{};  // ascending; numbers[i] is that of the list's i
  [[nodiscard]] std::uint64_t missing() const noexcept;  // shards
};

class MergeSurvey {
 public:
  [[nodiscard]] std::optional<SavedFileError> add(const SavedInput& file);
  // Ends the survey.
  [[nodiscard]] std::expected<MergeParts, SavedFileError> finish();

 private:
  using Answer = report::SavedSweepSink::Answer;
  struct Entry {
    std::uint32_t number = 0;
    std::optional<std::uint32_t> name{};  // in names_
    std::optional<net::Address> address{};
  };
  Answer head(const report::SavedHead& head);
  Answer target(const report::SavedSweepTarget& saved);
  Answer end(const report::SavedEnd& end);
  [[nodiscard]] Answer fits(const report::SavedEnd& end);
  [[nodiscard]] bool list(const Entry& entry);

  MergeParts parts_;
  report::SavedHead present_head_{};
  std::optional<ShardSizes> sizes_;
  bool began_ = false;
  bool ended_ = false;         // the present file has its end
  std::uint64_t base_ = 0;     // of the present file
  std::uint64_t told_ = 0;     // results in it
  std::uint64_t beyond_ = 0;   // one more than its largest number
  std::deque<Entry> entries_;  // one after the other, never copied
  std::vector<std::string> names_;
  // Hashes of the targets of earlier files and of the present one, where these are whole runs.
  std::deque<std::uint64_t> seen_;  // ascending
  std::deque<std::uint64_t> present_;
};

// What the sum lacks, and what failed in a part, for people: nothing if it is what one whole run
// would have given.
struct Merged {
  stats::Verdict verdict{};
  std::vector<std::string> lacks{};
};

// The second reading: tells the listeners all of it, in the order of the files.
[[nodiscard]] std::expected<Merged, SavedFileError> tell_merged(
    const std::vector<SavedInput>& files, const MergeParts& parts,
    std::optional<std::uint64_t> min_reachable,
    const std::vector<stats::SweepListener*>& listeners);

}  // namespace sonde::app
