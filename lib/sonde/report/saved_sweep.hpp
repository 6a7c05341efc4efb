// saved_sweep.hpp: what --json and --ndjson wrote of a sweep, read back: for --resume and --merge.
// In: one line of NDJSON, or a whole document. Out: values; members that are not known are passed
// over. Errors: one line. Nothing here is trusted: a file may be cut, edited, or something else.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "sonde/net/address.hpp"
#include "sonde/stats/sweep_listener.hpp"

namespace sonde::report {

// How the run was asked for, and when it began.
struct SavedHead {
  stats::RunOptions options{};
  stats::SweepOptions sweep{};  // merged: of one that lacks shards, these; its `targets` are 0
  std::optional<WallTime> started{};
};

struct SavedSweepTarget {
  stats::SavedTarget target{};  // index: its id in that run
  std::string input{};
  std::optional<net::Address> address{};
  std::optional<Duration> only_rtt{};  // one sample: which it was
  std::optional<WallTime> at{};        // when it was told; a document does not say
};

// The end of a probe that has a line of its own.
struct SavedAnswer {
  std::uint32_t target = 0;
  std::uint32_t round = 0;  // from 0
  stats::ProbeSample sample{};
  std::optional<Duration> rtt{};  // to the nanosecond; null: no answer came
};

// Any line about one probe, written anew from what was understood of it; no line feed.
struct SavedEvent {
  std::uint32_t target = 0;
  std::string line{};
};

struct SavedEnd {
  std::uint64_t targets = 0;
  stats::Counts counts{};  // of everything
  stats::RttStats rtt{};
  stats::Quantiles quantiles{};
  stats::EndReason reason = stats::EndReason::count;
  stats::EngineInfo engine{};
  Duration elapsed{};
  std::optional<probe::RttClock> clock{};
  std::optional<probe::RejectCounts> rejects{};  // absent: they were not counted
  std::uint64_t dropped = 0;
  std::optional<std::string> error{};  // of the system, that ended the run
  std::optional<std::uint64_t> list_digest{};
  std::optional<std::uint64_t> settled{};  // targets that have a result; absent: not said
  stats::Verdict verdict{};                // pass: its exit code is 0
};

// Who takes what was read; a callback says why it must end, or nothing.
struct SavedSweepSink {
  using Answer = std::optional<std::string>;
  std::function<Answer(const SavedHead&)> on_head = [](const SavedHead&) { return Answer(); };
  std::function<Answer(const SavedSweepTarget&)> on_target = [](const SavedSweepTarget&) {
    return Answer();
  };
  std::function<Answer(const SavedAnswer&)> on_answer = [](const SavedAnswer&) { return Answer(); };
  // Before on_answer() for the same line; empty: not wanted.
  std::function<Answer(const SavedEvent&)> on_event{};
  std::function<Answer(const SavedEnd&)> on_end = [](const SavedEnd&) { return Answer(); };
};

// One line of NDJSON. An error: it is no JSON object, lacks what it must have, or the sink said so.
[[nodiscard]] std::expected<void, std::string> read_saved_line(std::string_view line,
                                                               const SavedSweepSink& sink);
// A document of --json: head, targets, end.
[[nodiscard]] std::expected<void, std::string> read_saved_document(std::string_view text,
                                                                   const SavedSweepSink& sink);
// The same in pieces: the next one, valid until the next call; empty: the end. Memory: that of a
// piece and of one target.
[[nodiscard]] std::expected<void, std::string> read_saved_document(
    const std::function<std::string_view()>& next, const SavedSweepSink& sink);
// Is this the start of a document, and not of event lines?
[[nodiscard]] bool is_document(std::string_view first_bytes) noexcept;

}  // namespace sonde::report
