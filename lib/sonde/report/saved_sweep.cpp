#include "sonde/report/saved_sweep.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "sonde/report/json_tree.hpp"
#include "sonde/report/saved_values.hpp"

namespace sonde::report {
namespace {

using Value = JsonValue;
using Kind = JsonValue::Kind;
using Result = std::expected<void, std::string>;

std::unexpected<std::string> no(std::string_view what) {
  return std::unexpected(std::string(what));
}
Result result_of(const SavedSweepSink::Answer& answer) {
  return answer ? Result(std::unexpected(*answer)) : Result();
}

constexpr auto kModes =
    std::to_array<Word<probe::SweepMode>>({{"until_answer", probe::SweepMode::until_answer},
                                           {"count", probe::SweepMode::count},
                                           {"loop", probe::SweepMode::loop}});
constexpr auto kStates =
    std::to_array<Word<probe::SweepState>>({{"alive", probe::SweepState::alive},
                                            {"unreachable", probe::SweepState::unreachable},
                                            {"error", probe::SweepState::failed},
                                            {"pending", probe::SweepState::pending}});
constexpr auto kReasons =
    std::to_array<Word<stats::EndReason>>({{"count", stats::EndReason::count},
                                           {"deadline", stats::EndReason::deadline},
                                           {"until", stats::EndReason::until},
                                           {"signal", stats::EndReason::signal},
                                           {"error", stats::EndReason::error}});
constexpr auto kClockWords =
    std::to_array<Word<probe::RttClock>>({{"hardware", probe::RttClock::hardware},
                                          {"kernel-tx-rx", probe::RttClock::kernel_tx_rx},
                                          {"kernel-rx", probe::RttClock::kernel_rx},
                                          {"steady", probe::RttClock::steady},
                                          {"api-ms", probe::RttClock::api_ms}});

// Of probes without an answer.
constexpr auto kEnds =
    std::to_array<Word<stats::ProbeEnd>>({{"timeout", stats::ProbeEnd::timeout},
                                          {"error", stats::ProbeEnd::error},
                                          {"send_failed", stats::ProbeEnd::send_failed}});

// --- whole objects -------------------------------------------------------------------------------

// Every probe that was sent has one end at most, and no counter has run over.
bool possible(const stats::Counts& counts, std::uint64_t most) noexcept {
  std::uint64_t rest = counts.sent;
  for (const std::uint64_t part : {counts.received, counts.lost, counts.late, counts.errors,
                                   counts.send_failures, counts.in_flight}) {
    if (part > rest) {
      return false;
    }
    rest -= part;
  }
  return counts.sent <= most && counts.duplicate <= most &&
         counts.corrupt <= counts.received + counts.late;
}

constexpr std::uint64_t kMostOfTarget = 0xffff'ffff;
constexpr std::uint64_t kMostOfRun = std::uint64_t{1} << 62U;

bool possible(const stats::SweepRtt& rtt) noexcept {
  return rtt.min <= rtt.mean && rtt.mean <= rtt.max;
}

// Of a merge that lacks some of its shards. False: these are no shards.
bool read_merged(const Value& sweep, stats::SweepOptions& options) {
  const Value& shards = sweep.member("merged_shards");
  if (!shards.is(Kind::array)) {
    return true;
  }
  options.merged = stats::SweepOptions::Merged{};
  for (const Value& shard : shards.items) {
    if (!shard.is(Kind::whole) || shard.whole < 1 || shard.whole > options.shards) {
      return false;
    }
    options.merged->shards.push_back(static_cast<std::uint32_t>(shard.whole));
  }
  return !shards.items.empty();
}

Result tell_head(const Value& object, std::string_view started, const SavedSweepSink& sink) {
  const Value& options = object.member("options");
  const Value& sweep = object.member("sweep");
  const auto mode = word_in(sweep, "mode", kModes);
  const std::uint64_t shard = count_in(sweep, "shard");
  const std::uint64_t shards = count_in(sweep, "shards");
  constexpr std::uint64_t kMost = 0xffff'ffff;
  if (!mode || shard < 1 || shard > shards || shards > kMost) {
    return no("this is no sweep");
  }
  if (count_in(options, "count") > kMost || count_in(sweep, "retries") > kMost) {
    return no("is damaged: no sweep has so many rounds");
  }
  SavedHead head;
  head.options.count = optional_count(options, "count");
  head.options.interval = ms_in(options, "interval_ms");
  if (head.options.interval == Duration{}) {
    head.options.interval.reset();
  }
  head.options.timeout = ms_in(options, "timeout_ms").value_or(Duration{});
  head.options.deadline = ms_in(options, "deadline_ms");
  head.options.payload_bytes = static_cast<std::uint32_t>(count_in(options, "payload_bytes"));
  head.options.tos = net::Tos(static_cast<std::uint8_t>(count_in(options, "tos")));
  if (const auto ttl = optional_count(options, "ttl")) {
    head.options.ttl = net::Ttl(static_cast<std::uint8_t>(*ttl));
  }
  head.options.dont_fragment = flag_in(options, "df");
  head.sweep.mode = *mode;
  head.sweep.retries = static_cast<std::uint32_t>(count_in(sweep, "retries"));
  const Value& backoff = sweep.member("backoff");
  head.sweep.backoff = backoff.is_number() ? backoff.number : 1;
  head.sweep.rate = optional_count(sweep, "rate");
  head.sweep.random_order = optional_count(sweep, "seed");
  head.sweep.shard = static_cast<std::uint32_t>(shard);
  head.sweep.shards = static_cast<std::uint32_t>(shards);
  head.sweep.min_reachable = optional_count(sweep, "min_reachable");
  if (!read_merged(sweep, head.sweep)) {
    return no("is damaged: it is a merge of shards that are none");
  }
  head.started = time_in(object, started);
  return result_of(sink.on_head(head));
}

stats::ProbeSample sample_in(std::string_view outcome, std::optional<Duration> rtt) {
  if (rtt) {
    return outcome == "late" ? stats::ProbeSample::late(*rtt) : stats::ProbeSample::reply(*rtt);
  }
  for (const auto& [word, end] : kEnds) {
    if (word == outcome) {
      return stats::ProbeSample(end);
    }
  }
  return {};
}

std::vector<stats::ProbeSample> samples_in(const Value& probes) {
  std::vector<stats::ProbeSample> samples;
  if (probes.is(Kind::array)) {
    for (const Value& probe : probes.items) {
      samples.push_back(sample_in(text_in(probe, "outcome"), ms_in(probe, "rtt_ms")));
    }
  }
  return samples;
}

std::optional<stats::SweepIcmpError> icmp_in(const Value& icmp) {
  constexpr std::uint64_t kMostOfByte = 0xff;
  const auto type = optional_count(icmp, "type");
  const auto code = optional_count(icmp, "code");
  if (!type || !code || *type > kMostOfByte || *code > kMostOfByte) {
    return std::nullopt;
  }
  return stats::SweepIcmpError{
      .icmp = {.type = static_cast<std::uint8_t>(*type), .code = static_cast<std::uint8_t>(*code)},
      .responder = net::Address::parse(text_in(icmp, "from"))};
}

// False: the times are in no order.
bool read_times(const Value& object, SavedSweepTarget& saved) {
  const Value& rtt = object.member("rtt_ms");
  const auto min = ms_in(rtt, "min");
  const auto avg = ms_in(rtt, "avg");
  const auto max = ms_in(rtt, "max");
  if (!min || !avg || !max) {
    return true;
  }
  const auto clock = word_in(object, "clock", kClockWords);
  saved.target.rtt = stats::SweepRtt{.min = *min,
                                     .mean = *avg,
                                     .max = *max,
                                     .stddev = ms_in(rtt, "stddev").value_or(Duration{}),
                                     .last = *avg,
                                     .clock = clock.value_or(probe::RttClock::steady)};
  const stats::Counts& counts = saved.target.counts;
  if (counts.received + counts.late == 1) {
    saved.only_rtt = avg;
  }
  return possible(*saved.target.rtt);
}

Result tell_target(const Value& object, std::string_view id, const SavedSweepSink& sink) {
  const auto index = optional_count(object, id);
  const auto state = word_in(object, "state", kStates);
  const Value& input = object.member("input");
  if (!index || *index >= net::AddressList::kMax || !state || !input.is(Kind::string)) {
    return no("a target lacks its number, name or state");
  }
  SavedSweepTarget saved;
  saved.input = bytes_in(object, "input", "input_hex");
  saved.address = net::Address::parse(text_in(object, "address"));
  saved.target.index = static_cast<std::uint32_t>(*index);
  saved.target.state = *state;
  saved.target.counts = counts_in(object.member("counts"));
  if (!possible(saved.target.counts, kMostOfTarget)) {
    return no("is damaged: the counts of a target do not add up");
  }
  if (!read_times(object, saved)) {
    return no("is damaged: the times of a target are in no order");
  }
  saved.target.icmp_error = icmp_in(object.member("icmp"));
  if (const Value& name = object.member("name"); name.is(Kind::string) || !name.key.empty()) {
    saved.target.name = Untrusted(bytes_in(object, "name", "name_hex"));
  }
  if (const Value& error = object.member("error"); error.is(Kind::object)) {
    const bool resolve = text_in(error, "kind") == "resolve";
    saved.target.error = stats::TargetError{
        .kind = resolve ? stats::TargetError::Kind::resolve : stats::TargetError::Kind::system,
        .message = std::string(text_in(error, "message"))};
  }
  saved.target.samples = samples_in(object.member("probes"));
  saved.at = time_in(object, "ts");
  return result_of(sink.on_target(saved));
}

// False: these are no figures that a run wrote.
bool read_sketch(const Value& sketch, SavedEnd& end) {
  if (!sketch.is(Kind::object)) {
    return true;  // nothing was answered
  }
  constexpr std::uint64_t kMostBuckets = 1U << 16U;
  const Value& mean = sketch.member("mean_ns");
  const Value& m2 = sketch.member("m2_ns2");
  stats::Quantiles::Snapshot snapshot{.min_ns = count_in(sketch, "min_ns"),
                                      .max_ns = count_in(sketch, "max_ns")};
  const Value& exact = sketch.member("exact_ns");
  const Value& pairs = sketch.member("histogram");
  if (!mean.is_number() || !m2.is_number() || !exact.is(Kind::array) || !pairs.is(Kind::array) ||
      pairs.items.size() % 2 != 0) {
    return false;
  }
  for (const Value& ns : exact.items) {
    if (!ns.is(Kind::whole)) {
      return false;
    }
    snapshot.exact.push_back(ns.whole);
  }
  for (std::size_t i = 0; i < pairs.items.size(); i += 2) {
    if (!pairs.items[i].is(Kind::whole) || !pairs.items[i + 1].is(Kind::whole) ||
        pairs.items[i].whole >= kMostBuckets) {
      return false;
    }
    const std::uint64_t bucket = pairs.items[i].whole;
    if (bucket >= snapshot.histogram.size()) {
      snapshot.histogram.resize(bucket + 1);
    }
    snapshot.histogram[bucket] = pairs.items[i + 1].whole;
  }
  const auto quantiles = stats::Quantiles::from(snapshot);
  const std::uint64_t count = count_in(sketch, "count");
  if (!quantiles || quantiles->count() != count) {
    return false;
  }
  end.quantiles = *quantiles;
  end.rtt = stats::RttStats::from({.count = count,
                                   .min = Duration(static_cast<Duration::rep>(snapshot.min_ns)),
                                   .max = Duration(static_cast<Duration::rep>(snapshot.max_ns)),
                                   .mean_ns = mean.number,
                                   .m2 = m2.number});
  return true;
}

std::optional<probe::RejectCounts> rejects_in(const Value& rejects) {
  if (!rejects.is(Kind::object)) {
    return std::nullopt;
  }
  probe::RejectCounts counts;
  for (std::size_t cause = 0; cause < probe::kRejectCauses; ++cause) {
    const auto name = probe::reject_name(static_cast<probe::Reject>(cause));
    counts.by_cause[cause] = std::min(count_in(rejects, name), kMostOfRun);
  }
  return counts;
}

std::optional<std::uint64_t> digest_in(const Value& totals) {
  constexpr int kHex = 16;
  const std::string_view text = text_in(totals, "list_digest");
  std::uint64_t digest = 0;
  const char* const end = text.data() + text.size();
  return !text.empty() && std::from_chars(text.data(), end, digest, kHex).ptr == end
             ? std::optional(digest)
             : std::nullopt;
}

// What this program cannot end with is a failure like any other.
stats::Verdict verdict_in(const Value& verdict) {
  constexpr std::uint64_t kMostCode = 255;
  stats::Verdict saved;
  saved.exit_code = static_cast<int>(std::min(count_in(verdict, "exit_code"), kMostCode));
  saved.pass = saved.exit_code == 0;
  for (const Value& reason : verdict.member("reasons").items) {
    saved.reasons.push_back(reason.text);
  }
  return saved;
}

Result tell_end(const Value& object, const SavedSweepSink& sink) {
  const Value& totals = object.member("totals");
  SavedEnd end;
  if (!totals.is(Kind::object) || !read_sketch(totals.member("rtt_sketch"), end)) {
    return no("the totals are not those of a sweep");
  }
  end.targets = count_in(totals, "targets");
  end.counts = counts_in(totals.member("counts"));
  if (!possible(end.counts, kMostOfRun) || end.targets > kMostOfTarget) {
    return no("is damaged: the counts of the run do not add up");
  }
  end.reason = word_in(object, "end_reason", kReasons).value_or(stats::EndReason::error);
  const Value& engine = object.member("engine");
  end.engine.backend = text_in(engine, "backend");
  end.engine.privileged = flag_in(engine, "privileged");
  end.clock = word_in(totals, "clock", kClockWords);
  end.engine.clock = word_in(engine, "clock", kClockWords).value_or(probe::RttClock::steady);
  end.elapsed = ms_in(object, "elapsed_ms").value_or(Duration{});
  end.rejects = rejects_in(object.member("rejects"));
  end.dropped = std::min(count_in(object, "dropped"), kMostOfRun);
  if (const Value& error = object.member("error"); error.is(Kind::string)) {
    end.error = error.text;
  }
  end.list_digest = digest_in(totals);
  if (totals.member("pending").is(Kind::whole)) {
    end.settled =
        count_in(totals, "alive") + count_in(totals, "unreachable") + count_in(totals, "error");
  }
  end.verdict = verdict_in(object.member("verdict"));
  return result_of(sink.on_end(end));
}

bool is_about_probe(std::string_view event) noexcept {
  constexpr auto kEvents = std::to_array<std::string_view>(
      {"reply", "late", "timeout", "duplicate", "error", "send_failed"});
  return std::ranges::find(kEvents, event) != kEvents.end();
}

Result tell_event(const Value& document, std::string_view event, const SavedSweepSink& sink) {
  const auto target = optional_count(document, "target");
  if (!target || *target >= net::AddressList::kMax) {
    return no("an event lacks its target");
  }
  const auto index = static_cast<std::uint32_t>(*target);
  if (sink.on_event) {
    SavedEvent saved{.target = index};
    append_json(saved.line, document);
    if (auto why = sink.on_event(saved)) {
      return no(*why);
    }
  }
  if (event == "duplicate") {
    return {};
  }
  const bool answer = event == "reply" || event == "late";
  const auto rtt = answer ? ms_in(document, "rtt_ms") : std::nullopt;
  const std::uint64_t seq = count_in(document, "seq");
  const bool numbered = seq >= 1 && seq <= kMostOfTarget;
  if (answer && (!rtt || !numbered)) {
    return no("an answer lacks its number or time");
  }
  return numbered ? result_of(sink.on_answer({.target = index,
                                              .round = static_cast<std::uint32_t>(seq - 1),
                                              .sample = sample_in(event, rtt),
                                              .rtt = rtt}))
                  : Result();
}

}  // namespace

std::expected<void, std::string> read_saved_line(std::string_view line,
                                                 const SavedSweepSink& sink) {
  Value document;
  if (!parse_json(line, document) || !document.is(Kind::object)) {
    return no("this is no JSON object");
  }
  const std::string_view event = text_in(document, "event");
  if (event == "start") {
    return tell_head(document, "ts", sink);
  }
  if (event == "swept") {
    return tell_target(document, "target", sink);
  }
  if (is_about_probe(event)) {
    return tell_event(document, event, sink);
  }
  return event == "end" ? tell_end(document, sink) : Result();
}

// The targets come one by one, and what stands before them tells how the run was asked for.
std::expected<void, std::string> read_saved_document(const std::function<std::string_view()>& next,
                                                     const SavedSweepSink& sink) {
  Result told;
  bool began = false;
  const auto begin = [&](const Value& root) {
    if (!std::exchange(began, true)) {
      told = tell_head(root, "started", sink);
    }
    return told.has_value();
  };
  const auto element = [&](const Value& root, const Value& target) {
    if (begin(root)) {
      told = tell_target(target, "id", sink);
    }
    return told.has_value();
  };
  Value document;
  const bool whole = parse_json(next, document, {.array = "targets", .on_element = element});
  if (!told) {
    return told;
  }
  if (!whole || text_in(document, "mode") != "sweep") {
    return no("this is no document of a sweep");
  }
  return begin(document) ? tell_end(document, sink) : told;
}

std::expected<void, std::string> read_saved_document(std::string_view text,
                                                     const SavedSweepSink& sink) {
  return read_saved_document([&text] { return std::exchange(text, {}); }, sink);
}

bool is_document(std::string_view first_bytes) noexcept {
  return first_bytes.starts_with(R"({"schema":)") || !first_bytes.contains(R"("event")");
}

}  // namespace sonde::report
