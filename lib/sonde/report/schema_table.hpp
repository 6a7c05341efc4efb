// schema_table.hpp: every key of the machine-readable output, once: type, unit, values, meaning.
// From this table come the writers' keys (FieldRef: a key that is not here does not compile), the
// JSON Schema and the manual page (schema.hpp). Rules of the format: JSON.md, sonde-json(5).
// A shape is the members of an object; it may include other shapes' members. 1.x only adds.
#pragma once

#include <array>
#include <string_view>

#include "sonde/report/schema_trace.hpp"
#include "sonde/report/schema_types.hpp"

namespace sonde::report {

inline constexpr std::string_view kSchemaName = "sonde-result";
inline constexpr std::string_view kSchemaVersion = "1.0";
inline constexpr int kEventVersion = 1;

inline constexpr std::array kCommonShapes{
    Shape{"document", "What --json writes: one object, always."},
    Shape{"sweep_document",
          "What --json writes of a sweep. It is written while the sweep goes on: targets as they "
          "are finished."},
    Shape{"tool", "The program."},
    Shape{"engine", "How it was measured."},
    Shape{"options", "What was asked for."},
    Shape{"rejects", "Packets that were not an honest answer to a probe of this run, by cause."},
    Shape{"identity", "Who a target is."},
    Shape{"figures",
          "What was counted for one target. Each probe is in exactly one of received, "
          "late, lost, errors, send_failures and in_flight, and all of them are sent."},
    Shape{"result", "How a target did."},
    Shape{"target", "One target of the document.", {"identity", "result", "figures", "path"}},
    Shape{"target_error", "Why a target could not be probed."},
    Shape{"counts", "Probes and replies."},
    Shape{"rtt_figures", "Round-trip times of replies and late replies."},
    Shape{"rtt", "Those of one target, in their order too.", {"rtt_figures"}},
    Shape{"outage", "A run of at least two probes without a reply."},
    Shape{"probe_id", "Which probe."},
    Shape{"answer", "What came back for a probe."},
    Shape{"correction", "What an event takes back."},
    Shape{"probe", "One probe of the document.", {"probe_id", "answer"}},
    Shape{"icmp", "The ICMP message that came back."},
    Shape{"send_error", "Why this computer did not send a probe."},
    Shape{"check", "A threshold, and how it went."},
    Shape{"sweep", "What was asked for in a sweep, beside options."},
    Shape{
        "sweep_target",
        "One target of a sweep, as it was when it was finished. What came later (a duplicate, the "
        "answer to another probe) is counted in the totals alone."},
    Shape{"sweep_counts",
          "Probes and replies of a sweep. Each probe is in exactly one of received, late, lost, "
          "errors, send_failures and in_flight, and all of them are sent."},
    Shape{"sweep_rtt", "Round-trip times of one target: replies and late replies."},
    Shape{"sweep_icmp", "The last ICMP error that a target's probes met."},
    Shape{"sweep_probe", "One probe of a target."},
    Shape{"sweep_totals", "The whole sweep."},
    Shape{"rtt_sketch",
          "All round-trip times, so that the figures of several runs can be added up: those of the "
          "union follow from it as from the samples themselves."},
    Shape{"verdict", "Did the run pass."},
    Shape{"event", "Every line of --ndjson."},
    Shape{"start", "The run begins.", {"event"}, true},
    Shape{"resolve",
          "A target's address is known, or its look-up failed.",
          {"event", "identity"},
          true},
    Shape{"name", "A reverse name came.", {"event"}, true},
    Shape{"reply", "An answer in time.", {"event", "probe_id", "answer", "correction"}, true},
    Shape{"timeout", "No answer in time.", {"event", "probe_id"}, true},
    Shape{"late",
          "An answer after the time-out.",
          {"event", "probe_id", "answer", "correction"},
          true},
    Shape{"duplicate",
          "Another answer to a probe that has one.",
          {"event", "probe_id", "answer"},
          true},
    Shape{"error", "An ICMP error.", {"event", "probe_id", "answer", "correction"}, true},
    Shape{"send_failed",
          "This computer did not send the probe.",
          {"event", "probe_id", "correction"},
          true},
    Shape{"state",
          "A target went down (two probes in a row unanswered) or came back.",
          {"event"},
          true},
    Shape{"interval", "The figures so far, on request.", {"event", "figures"}, true},
    Shape{"summary",
          "A target at the end of the run.",
          {"event", "identity", "result", "figures", "path"},
          true},
    Shape{"swept", "A target of a sweep is finished.", {"event", "sweep_target"}, true},
    Shape{"sweep_interval",
          "A target's figures since the last such line, or so far.",
          {"event", "sweep_target"},
          true},
    Shape{"slower",
          "Many answers are \"administratively prohibited\": the rate was halved.",
          {"event"},
          true},
    Shape{"end", "The last line.", {"event"}, true},
};
inline constexpr auto kShapes = joined(kCommonShapes, kTraceShapes);

inline constexpr std::string_view kClocks = "hardware|kernel-tx-rx|kernel-rx|steady|api-ms";

inline constexpr std::array kCommonFields{
    // document
    row::text("document", "schema", "Always sonde-result.").one_of("sonde-result"),
    row::text("document", "schema_version", "1.x only adds fields, values and events."),
    row::object("document", "tool", "tool"),
    row::text("document", "mode", "The mode of the run.").one_of("ping|trace"),
    row::time("document", "started", "When the run began."),
    row::time("document", "ended", "When it ended."),
    row::number("document", "elapsed_ms", "From started to ended, on the steady clock."),
    row::text("document", "end_reason", "Why it ended.")
        .one_of("count|deadline|until|signal|error"),
    row::text("document", "error", "The system error that ended the run or kept it from starting.")
        .or_null(),
    row::object("document", "engine", "engine"),
    row::object("document", "options", "options"),
    row::object("document", "rejects", "rejects"),
    row::count(
        "document", "dropped",
        "Packets that this system threw away unread: no room for them, or a wrong checksum."),
    row::list("document", "targets", "In the order they were given.").each("target"),
    row::object("document", "verdict", "verdict"),
    // sweep_document
    row::text("sweep_document", "schema", "Always sonde-result.").one_of("sonde-result"),
    row::text("sweep_document", "schema_version", "1.x only adds fields, values and events."),
    row::object("sweep_document", "tool", "tool"),
    row::text("sweep_document", "mode", "The mode of the run.").one_of("sweep"),
    row::time("sweep_document", "started", "When the run began."),
    row::object("sweep_document", "options", "options"),
    row::object("sweep_document", "sweep", "sweep"),
    row::list("sweep_document", "targets", "In the order in which they were finished.")
        .each("sweep_target"),
    row::time("sweep_document", "ended", "When it ended."),
    row::number("sweep_document", "elapsed_ms", "From started to ended, on the steady clock."),
    row::text("sweep_document", "end_reason", "Why it ended.")
        .one_of("count|deadline|until|signal|error"),
    row::text("sweep_document", "error",
              "The system error that ended the run or kept it from starting.")
        .or_null(),
    row::object("sweep_document", "engine", "engine"),
    row::object("sweep_document", "rejects", "rejects").or_null(),
    row::count("sweep_document", "dropped", "As in the document of ping."),
    row::object("sweep_document", "totals", "sweep_totals"),
    row::object("sweep_document", "verdict", "verdict"),
    // tool
    row::text("tool", "name", "sonde."),
    row::text("tool", "version", "Of the program."),
    // engine
    row::text("engine", "backend",
              "The way to the network, such as linux-icmp-dgram; null: none could be opened.")
        .or_null(),
    row::flag("engine", "privileged", "Opening it needed a privilege."),
    row::text("engine", "clock",
              "The weakest clock among the round-trip times: the network interface's own stamps "
              "of both directions, the kernel's, the kernel's of the reply alone, the steady "
              "clock around the calls, or an interface that gives whole milliseconds; null: no "
              "backend.")
        .one_of(kClocks)
        .or_null(),
    // options
    row::count("options", "count", "Probes to each target; null: until stopped, or a trace.")
        .or_null(),
    row::number("options", "interval_ms",
                "Between two probes to a target; null: one waits for the outcome of the other.")
        .or_null(),
    row::number("options", "timeout_ms", "A later reply is late."),
    row::number("options", "deadline_ms", "Of the whole run.").or_null(),
    row::count("options", "payload_bytes", "Behind the header of ICMP, UDP or TCP."),
    row::count("options", "ttl", "Time to Live or Hop Limit; null: the system's.").or_null(),
    row::count("options", "tos", "Type of Service or Traffic Class, the whole byte."),
    row::count("options", "dscp", "Its upper six bits."),
    row::count("options", "ecn", "Its lower two."),
    row::flag("options", "df", "Don't Fragment."),
    row::text("options", "protocol", "Of the probes.").one_of("icmp|udp|tcp"),
    row::object("options", "trace", "trace_options").when_needed(),
    // rejects
    row::count("rejects", "malformed", "Could not be decoded, or longer than any answer."),
    row::count("rejects", "checksum", "Wrong ICMP checksum."),
    row::count("rejects", "stranger", "Another program's, or an unknown sequence."),
    row::count("rejects", "source", "From an address that was not asked."),
    row::count("rejects", "token",
               "Right identifier and sequence, wrong token: forged or corrupted."),
    row::count("rejects", "quote", "An ICMP error that does not quote a probe of this run."),
    // identity
    row::text("identity", "input", "The target as typed."),
    row::text("identity", "input_hex", "Its bytes, if they are not UTF-8.").when_needed(),
    row::address("identity", "address", "null: not resolved.").or_null(),
    row::text("identity", "name", "Reverse name of the address; null: none, or not asked for.")
        .or_null(),
    row::text("identity", "name_hex", "Its bytes, if they are not UTF-8.").when_needed(),
    row::count("identity", "family", "IP version.").one_of("4|6").or_null(),
    row::address("identity", "source", "The address that probes leave from.").or_null(),
    row::text("identity", "label", "The user's name for the target.").or_null(),
    row::text("identity", "label_hex", "Its bytes, if they are not UTF-8.").when_needed(),
    row::object("identity", "error", "target_error").or_null(),
    // figures
    row::object("figures", "counts", "counts"),
    row::number("figures", "loss_ratio",
                "The share of finished probes (all but those in flight) that no echo reply came "
                "back for; null: none is finished. Of a trace's target: at the hop where it "
                "answered; null: it did not. Of a hop: that nobody answered.")
        .or_null(),
    row::object("figures", "rtt_ms", "rtt").or_null(),
    row::text("figures", "clock",
              "The weakest clock among this target's round-trip times; null: there are none.")
        .one_of(kClocks)
        .or_null(),
    // result
    row::text("result", "state",
              "up: all answered in time; degraded: some; down: none; error: not resolved, or "
              "nothing could be sent. Of a trace: those at the destination's hop.")
        .one_of("up|degraded|down|error"),
    row::list("result", "outages", "The first 1000.").each("outage"),
    row::list("result", "checks", "Thresholds that were asked for.").each("check"),
    // target
    row::count("target", "id", "What events call target."),
    row::list("target", "probes", "In the order they were sent; a trace has them in its hops.")
        .each("probe")
        .when_needed(),
    row::count("target", "probes_truncated",
               "How many more there were than the document lists (100000 over all targets).")
        .when_needed(),
    // target_error
    row::text("target_error", "kind", "What failed.").one_of("resolve|system"),
    row::text("target_error", "message", "For people."),
    // counts
    row::count("counts", "sent", "Attempts, failed ones included."),
    row::count("counts", "received", "Answered in time."),
    row::count("counts", "lost", "Timed out, and nothing came later."),
    row::count("counts", "late", "Answered after the time-out."),
    row::count("counts", "in_flight",
               "Neither answered nor timed out when the run ended; never counted as lost."),
    row::count("counts", "duplicate", "Further replies to an answered probe."),
    row::count("counts", "reordered", "Replies that came after the reply to a later probe."),
    row::count("counts", "corrupt", "Replies whose payload is not what was sent."),
    row::count("counts", "errors", "ICMP errors, and local ones reported after the send."),
    row::count("counts", "send_failures", "This computer did not send them."),
    // rtt
    row::number("rtt_figures", "min", "The smallest."),
    row::number("rtt_figures", "avg", "The mean."),
    row::number(
        "rtt_figures", "median",
        "Half of them are not above; percentiles are exact up to 512 samples, then within 0.2 %."),
    row::number("rtt_figures", "max", "The largest."),
    row::number("rtt_figures", "stddev", "Standard deviation of all samples (ping's mdev)."),
    row::number("rtt_figures", "p90", "90th percentile, nearest rank."),
    row::number("rtt_figures", "p95", "95th percentile."),
    row::number("rtt_figures", "p99", "99th percentile."),
    row::number(
        "rtt", "jitter",
        "Smoothed difference of neighbours, RFC 3550 section 6.4.1; null: fewer than two samples.")
        .or_null(),
    // outage
    row::count("outage", "from_seq", "The first probe without a reply."),
    row::count("outage", "to_seq", "The last one."),
    row::time("outage", "started", "When the first one was sent."),
    row::number("outage", "duration_ms",
                "Until the probe that was answered again was sent, or the last one's send."),
    row::flag("outage", "open", "Still going on at the end of the run."),
    // probe_id
    row::count("probe_id", "seq", "Counts the probes to a target from 1; does not wrap."),
    row::time("probe_id", "sent_at", "The best transmit time known; null: not kept (a sweep).")
        .or_null(),
    // answer
    row::address("answer", "from", "Who answered.").or_null(),
    row::number("answer", "rtt_ms", "Round-trip time; null: no answer.").or_null(),
    row::count("answer", "api_rtt_ms",
               "On Windows: what the system's call measured, in whole milliseconds, rounded down; "
               "65535: or more.")
        .when_needed(),
    row::text("answer", "clock", "What the round-trip time was measured with.")
        .one_of(kClocks)
        .or_null(),
    row::count("answer", "ttl", "Of the packet that came back.").or_null(),
    row::count("answer", "tos", "Of the packet that came back.").or_null(),
    row::count("answer", "bytes", "Of an echo reply: ICMP header and payload.").or_null(),
    row::object("answer", "icmp", "icmp").or_null(),
    row::flag("answer", "verified",
              "The reply carried the probe's token; false: too few bytes for one; null: no answer.")
        .or_null(),
    row::flag("answer", "truncated",
              "The reply is shorter than the probe; null: not kept (a sweep).")
        .or_null(),
    row::flag("answer", "reordered",
              "An answer to a later probe came before; null: not kept (a sweep).")
        .or_null(),
    row::count("answer", "corrupt_at",
               "The first payload byte that is not what was sent; null: none, or no reply.")
        .or_null(),
    row::object("answer", "send_error", "send_error").or_null(),
    // correction
    row::text("correction", "replaces",
              "This probe's earlier outcome, which no longer counts; null: there was none.")
        .one_of("timeout|error")
        .or_null(),
    // probe
    row::text("probe", "outcome", "How it ended.")
        .one_of("reply|timeout|late|error|send_failed|in_flight"),
    row::count("probe", "duplicates", "Further replies, 65535 at most."),
    // icmp
    row::count("icmp", "type", "IANA number."),
    row::count("icmp", "code", "IANA number."),
    row::text(
        "icmp", "name",
        "In words, such as echo-reply or host-unreachable; type-T-code-C where there is none."),
    row::count("icmp", "mtu", "Next-hop MTU that the responder gave.").or_null(),
    // send_error
    row::text("send_error", "failure", "What kind.")
        .one_of("no_buffer|too_big|unreachable|prohibited|untold|other"),
    row::count("send_error", "os_code", "The system's number; null: it gave none.").or_null(),
    row::text("send_error", "message", "For people."),
    row::count("send_error", "mtu", "The limit that the packet exceeds, where the system says it.")
        .or_null(),
    // check
    row::text("check", "metric", "What was compared."),
    row::text("check", "op", "How.").one_of("<=|<|>=|>|==|!="),
    row::number("check", "limit", "With what."),
    row::number("check", "actual", "null: not measured.").or_null(),
    row::flag("check", "pass", "Does it hold."),
    // sweep
    row::text("sweep", "mode", "Until a target answers, so many probes each, or until stopped.")
        .one_of("until_answer|count|loop"),
    row::count("sweep", "retries", "Further probes to a target that does not answer."),
    row::number("sweep", "backoff", "How many times longer each of them waits."),
    row::count("sweep", "rate", "Probes a second over all targets; null: no limit.").or_null(),
    row::text("sweep", "order", "Of the targets.").one_of("sequential|random"),
    row::count("sweep", "seed", "Of the random order; null: sequential.").or_null(),
    row::count("sweep", "shard",
               "Which part of the targets this was, from 1; of a merge that lacks some, the first "
               "that it has."),
    row::count("sweep", "shards", "Of how many."),
    row::integers("sweep", "merged_shards", "Of a merge that lacks some: those that are in it.")
        .when_needed(),
    row::number("sweep", "summary_every_ms", "Between two interval summaries.").or_null(),
    row::count("sweep", "min_reachable", "So many targets had to answer; null: all.").or_null(),
    // sweep_target
    row::text("sweep_target", "input", "The target: an address, or a name as it was given."),
    row::text("sweep_target", "input_hex", "Its bytes, if they are not UTF-8.").when_needed(),
    row::address("sweep_target", "address", "null: not resolved.").or_null(),
    row::text("sweep_target", "name",
              "Reverse name of the address, with --resolve; null: it has none; absent: not asked "
              "for, or not answered in time.")
        .or_null()
        .when_needed(),
    row::text("sweep_target", "name_hex", "Its bytes, if they are not UTF-8.").when_needed(),
    row::text("sweep_target", "state",
              "alive: it answered; unreachable: it did not; error: it has no address to be probed "
              "at; pending: the run ended before it was known.")
        .one_of("alive|unreachable|error|pending"),
    row::object("sweep_target", "error", "target_error").or_null(),
    row::object("sweep_target", "counts", "sweep_counts"),
    row::number("sweep_target", "loss_ratio",
                "The share of finished probes (all but those in flight) that no echo reply came "
                "back for; null: none is finished.")
        .or_null(),
    row::object("sweep_target", "rtt_ms", "sweep_rtt").or_null(),
    row::text("sweep_target", "clock",
              "The weakest clock among this target's round-trip times; null: there are none.")
        .one_of(kClocks)
        .or_null(),
    row::object("sweep_target", "icmp", "sweep_icmp").or_null().when_needed(),
    row::list("sweep_target", "probes",
              "In the order they were sent, with --vcount or --json-probes.")
        .each("sweep_probe")
        .when_needed(),
    row::count("sweep_target", "id", "What events call target; in the document only.")
        .when_needed(),
    // sweep_counts
    row::count("sweep_counts", "sent", "Attempts, failed ones included."),
    row::count("sweep_counts", "received", "Answered in time."),
    row::count("sweep_counts", "late", "Answered after the time-out."),
    row::count("sweep_counts", "lost", "Timed out, and nothing came later."),
    row::count("sweep_counts", "in_flight", "Neither answered nor timed out."),
    row::count("sweep_counts", "duplicate", "Further replies to an answered probe."),
    row::count("sweep_counts", "corrupt", "Replies whose payload is not what was sent."),
    row::count("sweep_counts", "errors", "ICMP errors, and local ones reported after the send."),
    row::count("sweep_counts", "send_failures", "This computer did not send them."),
    // sweep_rtt
    row::number("sweep_rtt", "min", "The smallest."),
    row::number("sweep_rtt", "avg", "The mean."),
    row::number("sweep_rtt", "max", "The largest."),
    row::number("sweep_rtt", "stddev", "Standard deviation of all samples."),
    // sweep_icmp
    row::count("sweep_icmp", "type", "IANA number."),
    row::count("sweep_icmp", "code", "IANA number."),
    row::text("sweep_icmp", "name",
              "In words, such as host-unreachable; type-T-code-C where there is none."),
    row::address("sweep_icmp", "from", "Who sent it; null: not kept.").or_null(),
    // sweep_probe
    row::count("sweep_probe", "seq", "From 1."),
    row::text("sweep_probe", "outcome", "How it ended.")
        .one_of("reply|timeout|late|error|send_failed|in_flight"),
    row::number("sweep_probe", "rtt_ms", "Round-trip time; null: no answer.").or_null(),
    // sweep_totals
    row::count("sweep_totals", "targets", "Of this shard, as far as they were known."),
    row::count("sweep_totals", "alive", "They answered."),
    row::count("sweep_totals", "unreachable", "They did not."),
    row::count("sweep_totals", "error", "They have no address to be probed at."),
    row::count("sweep_totals", "pending", "The run ended before these were known."),
    row::object("sweep_totals", "counts", "sweep_counts"),
    row::number("sweep_totals", "loss_ratio", "As of a target.").or_null(),
    row::object("sweep_totals", "rtt_ms", "rtt_figures").or_null(),
    row::text("sweep_totals", "clock", "The weakest clock among the round-trip times.")
        .one_of(kClocks)
        .or_null(),
    row::object("sweep_totals", "rtt_sketch", "rtt_sketch").or_null(),
    row::text("sweep_totals", "list_digest",
              "Of all targets in their order, those of other shards too: equal lists have equal "
              "digests; null: not all of them were read, or a merge of whole runs.")
        .or_null(),
    // rtt_sketch
    row::count("rtt_sketch", "count", "Samples."),
    row::number("rtt_sketch", "mean_ns", "Their mean, in nanoseconds."),
    row::number("rtt_sketch", "m2_ns2", "The sum of their squared distances from it."),
    row::count("rtt_sketch", "min_ns", "The smallest."),
    row::count("rtt_sketch", "max_ns", "The largest."),
    row::integers("rtt_sketch", "exact_ns", "All of them, up to 512; else empty."),
    row::integers("rtt_sketch", "histogram",
                  "Pairs of bucket and count. Bucket b < 256 stands for b ns; bucket 256 k + r, "
                  "with r < 256, for 2^(k-1) ns from (256 + r) 2^(k-1) ns upwards."),
    // verdict
    row::flag("verdict", "pass", "Everything was as asked."),
    row::count("verdict", "exit_code", "Of the program."),
    row::list("verdict", "reasons", "Why it did not pass, a line each."),
    // event
    row::count("event", "v", "Version of the event format.").one_of("1"),
    row::text("event", "event", "Which event."),
    row::time("event", "ts", "When it happened."),
    row::count("event", "target", "Index of the target; null: the whole run.").or_null(),
    // start
    row::text("start", "schema_version", "As in the document."),
    row::object("start", "tool", "tool"),
    row::text("start", "mode", "As in the document.").one_of("ping|trace|sweep"),
    row::object("start", "engine", "engine"),
    row::object("start", "options", "options"),
    row::object("start", "sweep", "sweep").when_needed(),
    // name
    row::address("name", "address", "Whose name."),
    row::text("name", "name", "The name; null: it has none.").or_null(),
    row::text("name", "name_hex", "Its bytes, if they are not UTF-8.").when_needed(),
    // send_failed
    row::object("send_failed", "send_error", "send_error"),
    // state
    row::text("state", "state", "The new state.").one_of("up|down"),
    row::count("state", "seq", "The first unanswered probe, or the one that was answered again."),
    row::time("state", "since", "When that probe was sent: the new state began."),
    row::number("state", "duration_ms", "How long the state before lasted; null: not known.")
        .or_null(),
    // slower
    row::count("slower", "rate", "The new one, probes a second."),
    // end
    row::number("end", "elapsed_ms", "As in the document."),
    row::text("end", "end_reason", "As in the document.")
        .one_of("count|deadline|until|signal|error"),
    row::text("end", "error", "As in the document.").or_null(),
    row::object("end", "engine", "engine"),
    row::object("end", "rejects", "rejects").or_null(),
    row::count("end", "dropped", "As in the document."),
    row::object("end", "totals", "sweep_totals").when_needed(),
    row::object("end", "verdict", "verdict"),
};
inline constexpr auto kFields = joined(kCommonFields, kTraceFields);

namespace schema_detail {

consteval const Field& find(std::string_view path) {
  for (const Field& f : kFields) {
    if (path.size() == f.shape.size() + 1 + f.key.size() && path.starts_with(f.shape) &&
        path[f.shape.size()] == '.' && path.ends_with(f.key)) {
      return f;
    }
  }
  throw "no such field in the schema table";  // not constant: the build stops here
}

}  // namespace schema_detail

// A row of the table, named "shape.key"; anything else does not compile.
class FieldRef {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): so that writers read put("counts.sent", n)
  consteval FieldRef(const char* path) : field_(&schema_detail::find(path)) {}
  [[nodiscard]] constexpr std::string_view key() const noexcept { return field_->key; }

 private:
  const Field* field_;
};

}  // namespace sonde::report
