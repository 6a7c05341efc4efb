#include "app/option_table.hpp"

#include <algorithm>
#include <array>

namespace sonde::app {

namespace {

constexpr Modes kPing = static_cast<Modes>(Mode::ping);
constexpr Modes kTrace = static_cast<Modes>(Mode::trace);
constexpr Modes kSweep = static_cast<Modes>(Mode::sweep);
constexpr Modes kEcho = kPing | kSweep;
using enum Value;
using enum Group;

constexpr OptionTraits one_of(std::string_view choices,
                              Visibility visibility = Visibility::everywhere) {
  return {.choices = choices, .completion = Completion::choices, .visibility = visibility};
}
constexpr OptionTraits kFile{.completion = Completion::file};
constexpr OptionTraits kNetworkInterface{.completion = Completion::network_interface};
constexpr OptionTraits kLinux{.linux_only = true};
constexpr OptionTraits kLinuxClocks{
    .choices = "kernel hardware steady", .completion = Completion::choices, .linux_only = true};
constexpr OptionTraits kNoEffect{.visibility = Visibility::manual, .no_effect = true};
constexpr OptionTraits kInternal{.visibility = Visibility::internal};

constexpr auto kTable = std::to_array<OptionSpec>({
    // What is sent.
    {OptionId::count, 'c', "count", required, "N", "endless; 4 with a machine format",
     "send N probes to each target, then stop", probes, kPing},
    {OptionId::endless, 0, "endless", none, "", "", "send until stopped, with a machine format too",
     probes, kPing},
    {OptionId::count, 'c', "count", required, "N", "one, and retries",
     "send N probes to each target, an interval apart, and show each", probes, kSweep},
    {OptionId::vcount, 'C', "vcount", required, "N", "",
     "the same as -c; the summary has the time of each probe", probes, kSweep},
    {OptionId::loop, 'l', "loop", none, "", "", "probe every target at the interval until stopped",
     probes, kSweep},
    {OptionId::retry, 'r', "retry", required, "N", "3",
     "send up to N more probes to a target that does not answer", probes, kSweep},
    {OptionId::backoff, 'B', "backoff", required, "FACTOR", "1.5",
     "wait this much longer for the answer to each retry", probes, kSweep},
    {OptionId::min_reachable, 'x', "min-reachable", required, "N", "every target",
     "pass if at least N targets answer", probes, kSweep},
    {OptionId::order, 0, "order", required, "ORDER", "sequential",
     "sequential, or random, or random:SEED for the same order again", probes, kSweep,
     one_of("sequential random")},
    {OptionId::shard, 0, "shard", required, "I/N", "1/1",
     "the Ith of N parts: the parts of N computers are everything, once", probes, kSweep},
    {OptionId::size, 's', "size", required, "BYTES", "56",
     "bytes of payload behind the ICMP header", probes, kEcho},
    {OptionId::protocol, 'P', "protocol", required, "PROTO", "icmp, else udp",
     "what to probe with: icmp, udp or tcp (SYN)", probes, kTrace, one_of("icmp udp tcp")},
    {OptionId::port, 'p', "port", required, "N", "33434; 80 with tcp",
     "destination port of udp and tcp probes", probes, kTrace},
    {OptionId::queries, 'q', "queries", required, "N", "3; 1 with flows",
     "probes to each hop, and flow", probes, kTrace},
    {OptionId::first_ttl, 'f', "first-ttl", required, "N", "1", "begin with this TTL (hop limit)",
     probes, kTrace},
    {OptionId::max_ttl, 'm', "max-ttl", required, "N", "30", "end with this TTL at the latest",
     probes, kTrace},
    {OptionId::gap, 0, "gap", required, "N", "8",
     "end behind N silent hops in a row; 0: only at the last TTL", probes, kTrace},
    {OptionId::size, 's', "size", required, "BYTES", "32",
     "bytes of payload behind the ICMP or UDP header", probes, kTrace},
    {OptionId::paris, 0, "paris", none, "", "on",
     "all probes look alike to load balancers, and take one path", probes, kTrace},
    {OptionId::classic, 0, "classic", none, "", "",
     "each probe has a port (or checksum) of its own, as traceroute has it", probes, kTrace},
    {OptionId::flows, 0, "flows", required, "N", "1",
     "probe with N flows, to see the paths beside one another", probes, kTrace},
    {OptionId::dublin, 0, "dublin", none, "", "", "the same as --flows 16", probes, kTrace},
    {OptionId::mtu, 0, "mtu", none, "", "", "find the path MTU, hop by hop", probes, kTrace},
    {OptionId::pattern, 'p', "pattern", required, "HEX", "",
     "fill the payload with these 1 to 16 bytes, repeated", probes, kEcho},
    {OptionId::random_payload, 0, "random-payload", none, "", "",
     "fill the payload with random bytes", probes, kEcho},
    {OptionId::one_reply, 'o', "one-reply", none, "", "", "stop a target at its first reply",
     probes, kPing},
    {OptionId::until_replies, 0, "until-replies", required, "N", "",
     "stop a target at its Nth reply; errors do not end the wait", probes, kPing},
    {OptionId::protocol, 'P', "protocol", required, "PROTO", "icmp",
     "what to probe with; in this version icmp only", probes, kEcho,
     one_of("icmp", Visibility::manual)},
    {OptionId::port, 0, "port", required, "N", "", "destination port of udp and tcp probes", probes,
     kEcho, kInternal},

    // When.
    {OptionId::rate, 0, "rate", required, "PPS", "1000",
     "probes a second in all; max: as fast as they can be sent", timing, kSweep},
    {OptionId::interval, 'i', "interval", required, "DUR", "1s",
     "with -c, -C and -l: time between two probes to a target", timing, kSweep},
    {OptionId::timeout, 'W', "timeout", required, "DUR", "500ms",
     "time to wait for a reply; one that comes later is late", timing, kSweep},
    {OptionId::interval, 'i', "interval", required, "DUR", "1s",
     "time from one probe to the next; only for root or to loopback targets: below 2ms to a host "
     "(of its copies together), below 1s to multicast or with -b",
     timing, kPing},
    {OptionId::timeout, 'W', "timeout", required, "DUR", "1s",
     "time to wait for a reply; one that comes later is shown as late", timing, kPing},
    {OptionId::timeout, 'W', "timeout", required, "DUR", "by the round-trip times, 3s at most",
     "time to wait for an answer", timing, kTrace},
    {OptionId::parallel, 'N', "parallel", required, "N", "96", "probes out at a time, at most",
     timing, kTrace},
    {OptionId::rate, 0, "rate", required, "PPS", "400",
     "probes a second; above 1000 only for root or to loopback targets", timing, kTrace},
    {OptionId::deadline, 'w', "deadline", required, "DUR", "", "end the whole run after this time",
     timing, kEveryMode},
    {OptionId::flood, 'f', "flood", none, "", "",
     "send as soon as a reply is back, at least 100 probes a second; with -i, at that interval",
     timing, kPing},
    {OptionId::adaptive, 'A', "adaptive", none, "", "",
     "send as soon as a reply is back, at least one probe an interval; to multicast or with -b "
     "only for root",
     timing, kPing},
    {OptionId::preload, 'l', "preload", required, "N", "1",
     "send N probes at once at the start; more than 3 only for root or to loopback targets", timing,
     kPing},

    // The IP header.
    {OptionId::ttl, 't', "ttl", required, "N", "the system's", "time to live (hop limit), 1 to 255",
     header, kEcho},
    {OptionId::tos, 'Q', "tos", required, "N", "0",
     "type of service (traffic class) as 0 to 255, 0x.., or a DSCP name such as ef, af41, cs5",
     header, kEveryMode},
    {OptionId::dscp, 0, "dscp", required, "N", "", "only the DSCP, 0 to 63 or a name", header,
     kEveryMode},
    {OptionId::ecn, 0, "ecn", required, "N", "",
     "only the ECN bits, 0 to 3, or not-ect, ect0, ect1, ce", header, kEveryMode,
     one_of("not-ect ect0 ect1 ce")},
    {OptionId::pmtu, 'M', "pmtu", required, "HOW", "dont",
     "path MTU discovery: do (always DF), want, probe (DF, ignore the known MTU), dont", header,
     kEveryMode, one_of("do want probe dont")},
    {OptionId::df, 0, "df", none, "", "", "do not fragment: the same as -M do", header, kEveryMode},
    {OptionId::flow_label, 'F', "flow-label", required, "N", "", "IPv6 flow label, 0 to 0xfffff",
     header, kEveryMode, kLinux},
    {OptionId::record_route, 'R', "record-route", optional, "N", "9",
     "ask routers to record the route (IPv4 option), 1 to 9 of them", header, kPing},
    {OptionId::timestamp_option, 'T', "timestamp-option", required, "HOW", "",
     "ask routers for time stamps (IPv4 option): tsonly or tsandaddr, with :N for N hops", header,
     kPing, one_of("tsonly tsandaddr")},
    {OptionId::icmp_id, 'e', "icmp-id", required, "N", "random",
     "identifier in the ICMP header, 0 to 65535", header, kPing},

    // From where, to where, by what way.
    {OptionId::ipv4, '4', "ipv4", none, "", "", "use IPv4 only", addressing, kEveryMode},
    {OptionId::ipv6, '6', "ipv6", none, "", "", "use IPv6 only", addressing, kEveryMode},
    {OptionId::source, 'S', "source", required, "ADDR", "", "source address of the probes",
     addressing, kEveryMode},
    {OptionId::interface, 'I', "interface", required, "IF|ADDR", "",
     "send through this interface or VRF, or from this address", addressing, kEveryMode,
     kNetworkInterface},
    {OptionId::file, 'f', "file", required, "FILE", "",
     "read targets from FILE, one a line; - is standard input", addressing, kSweep, kFile},
    {OptionId::generate, 'g', "generate", none, "", "",
     "two addresses are the first and the last of a range", addressing, kSweep},
    {OptionId::allow, 0, "allow", required, "LIST", "",
     "what is refused otherwise, with commas: many (over 65536 targets), fast (over 10000 a "
     "second), multicast, zero (0.0.0.0/8)",
     addressing, kSweep, one_of("many fast many,fast multicast zero")},
    {OptionId::broadcast, 'b', "broadcast", none, "", "", "allow broadcast addresses as targets",
     addressing, kEcho},
    {OptionId::no_multicast_loop, 'L', "no-multicast-loop", none, "", "",
     "do not hear our own multicast probes", addressing, kPing},
    {OptionId::bypass_routing, 'r', "bypass-routing", none, "", "",
     "only to hosts on an attached network", addressing, kPing},
    {OptionId::mark, 'm', "mark", required, "N", "",
     "mark packets for policy routing; needs CAP_NET_ADMIN or CAP_NET_RAW", addressing, kEcho,
     kLinux},
    {OptionId::mark, 0, "mark", required, "N", "",
     "mark packets for policy routing; needs CAP_NET_ADMIN or CAP_NET_RAW", addressing, kTrace,
     kLinux},
    {OptionId::transport, 0, "transport", required, "HOW", "auto",
     "kind of socket: auto, dgram (no privilege) or raw", addressing, kEveryMode,
     one_of("auto dgram raw")},

    // What is shown.
    {OptionId::alive, 'a', "alive", none, "", "", "only the targets that answer", output, kSweep},
    {OptionId::unreachable, 'u', "unreachable", none, "", "", "only the targets that do not answer",
     output, kSweep},
    {OptionId::elapsed, 'e', "elapsed", none, "", "", "the round-trip time with each answer",
     output, kSweep},
    {OptionId::quiet, 'q', "quiet", none, "", "", "only the summary of each target", output,
     kSweep},
    {OptionId::summary_every, 0, "summary-every", required, "DUR", "",
     "the summary of the last DUR, again and again; with -c, -C and -l", output, kSweep},
    {OptionId::stats, 0, "stats", required, "LIST", "",
     "at the end, the whole run: totals, percentiles, or both with a comma", output, kSweep,
     one_of("totals percentiles totals,percentiles")},
    {OptionId::quiet, 'q', "quiet", none, "", "", "only the first line and the summary", output,
     kPing},
    {OptionId::timestamps, 'D', "timestamps", optional, "epoch", "",
     "start each line with the local time, or with seconds since 1970", output, kEveryMode,
     one_of("epoch")},
    {OptionId::numeric, 'n', "numeric", none, "", "on", "show addresses, not names", output, kEcho},
    {OptionId::numeric, 'n', "numeric", none, "", "", "show addresses, not names", output, kTrace},
    {OptionId::extensions, 'e', "extensions", none, "", "",
     "show all that answers carry: interfaces, unknown objects; MPLS labels are always shown",
     output, kTrace},
    {OptionId::back, 0, "back", none, "", "",
     "estimate the length of the way back, and show it where it differs", output, kTrace},
    {OptionId::resolve, 'H', "resolve", none, "", "",
     "show the names of responders; never delays a probe", output, kPing},
    {OptionId::resolve, 'H', "resolve", none, "", "",
     "show the names of addresses; never delays a probe", output, kSweep},
    {OptionId::bell, 'a', "bell", none, "", "", "ring the terminal's bell at each reply", output,
     kPing},
    {OptionId::stats, 0, "stats", required, "LIST", "",
     "more in the summary: percentiles, jitter, or both with a comma", output, kPing,
     one_of("percentiles jitter percentiles,jitter")},
    {OptionId::clock, 0, "clock", required, "CLOCK", "kernel",
     "what the RTT is measured with: the kernel's stamps, the hardware's (both of the network "
     "interface that -I names), or steady, the program's own clock",
     output, kPing, kLinuxClocks},
    {OptionId::json, 'j', "json", none, "", "", "one JSON document at the end", output, kEveryMode},
    {OptionId::ndjson, 'J', "ndjson", none, "", "", "one JSON object a line, as it happens", output,
     kEveryMode},
    {OptionId::format, 0, "format", required, "FORMAT", "text", "text, json or ndjson", output,
     kEveryMode, one_of("text json ndjson")},
    {OptionId::output, 0, "output", required, "FILE", "",
     "write the machine format to FILE, the text to standard output", output, kEveryMode, kFile},
    {OptionId::json_probes, 0, "json-probes", none, "", "",
     "each probe in the document, too; with -C always", output, kSweep},
    {OptionId::color, 0, "color", required, "WHEN", "auto",
     "auto, always or never; NO_COLOR is respected", output, kEveryMode,
     one_of("auto always never")},
    {OptionId::verbose, 'v', "verbose", none, "", "", "tell on standard error how things are done",
     output, kEveryMode},

    // The rest.
    {OptionId::resume, 0, "resume", required, "FILE", "",
     "what the --ndjson of an earlier run finished is counted, not probed again", other, kSweep,
     kFile},
    {OptionId::merge, 0, "merge", none, "", "",
     "probe nothing: add up the json or ndjson FILEs of shards or parts of a sweep", other, kSweep},
    {OptionId::help, 'h', "help", none, "", "", "this text", other, kEveryMode},
    {OptionId::version, 'V', "version", none, "", "", "name and version", other, kEveryMode},
    {OptionId::print_schema, 0, "print-schema", none, "", "", "the JSON Schema of --json", other,
     kEveryMode},
    {OptionId::completions, 0, "completions", required, "SHELL", "",
     "print a completion script for bash, zsh, fish or powershell", other, kEveryMode,
     one_of("bash zsh fish powershell", Visibility::manual)},
    {OptionId::sticky_source, 'B', "sticky-source", none, "", "",
     "keep the source address, as -S and -I with an address always do", other, kPing, kNoEffect},
    {OptionId::outstanding, 'O', "outstanding", none, "", "",
     "report probes that were not answered in time", other, kPing, kNoEffect},
    {OptionId::user_latency, 'U', "user-latency", none, "", "",
     "measure from user to user; sonde uses the kernel's stamps where it can", other, kPing,
     kNoEffect},
    {OptionId::debug, 'd', "debug", none, "", "", "debugging on the socket", other, kPing,
     kNoEffect},
    {OptionId::man_options, 0, "man-options", none, "", "", "print the option list of the manual",
     other, kEveryMode, kInternal},
});

constexpr auto kModeWords = std::to_array<ModeWord>({
    {"ping", Mode::ping, "echo probes to hosts (the default)", true},
    {"trace", Mode::trace, "the route to a host", true},
    {"sweep", Mode::sweep, "which of many hosts answer", true},
    {"mtu", std::nullopt, "the path MTU to a host", false},
    {"watch", std::nullopt, "a route, watched", false},
    {"mtr", std::nullopt, "the same as watch", false},
    {"check", std::nullopt, "a monitoring check", false},
    {"serve", std::nullopt, "an exporter", false},
    {"doctor", std::nullopt, "what this system allows", false},
    {"diff", std::nullopt, "two results compared", false},
    {"help", std::nullopt, "help on a mode", true},
});

}  // namespace

std::span<const OptionSpec> option_table() noexcept { return kTable; }

const OptionSpec& option(OptionId id) noexcept {
  return *std::ranges::find(kTable, id, &OptionSpec::id);
}

const OptionSpec* find_option(Mode mode, std::string_view name) noexcept {
  const auto at = std::ranges::find_if(
      kTable, [&](const OptionSpec& spec) { return spec.name == name && belongs_to(spec, mode); });
  return at == kTable.end() ? nullptr : &*at;
}

const OptionSpec* find_option(Mode mode, char letter) noexcept {
  const auto at = std::ranges::find_if(kTable, [&](const OptionSpec& spec) {
    return letter != 0 && spec.letter == letter && belongs_to(spec, mode);
  });
  return at == kTable.end() ? nullptr : &*at;
}

std::string_view group_title(Group group) noexcept {
  constexpr std::array<std::string_view, 6> kTitles{
      "Probes", "Timing", "IP header", "Addresses and routes", "Output", "Other"};
  return kTitles.at(static_cast<std::size_t>(group));
}

std::string spelled(const OptionSpec& spec) {
  std::string text;
  if (spec.letter != 0) {
    text = {'-', spec.letter, ',', ' '};
  }
  return text.append("--").append(spec.name);
}

std::span<const ModeWord> mode_words() noexcept { return kModeWords; }

}  // namespace sonde::app
