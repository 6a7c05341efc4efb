#include "app/help.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace sonde::app {

namespace {

constexpr std::size_t kDocColumn = 28;

constexpr std::string_view kGeneralHead =
    R"(usage: sonde [ping] [OPTION]... HOST...
       sonde MODE [OPTION]... OPERAND...
       sonde help [MODE]
Send echo requests to hosts and tell truthfully what came back.
Options and hosts may be mixed; -- ends the options.
)";

constexpr std::string_view kGeneralTail =
    R"(
Often used:
  -c, --count N             send N probes, then stop
  -i, --interval DUR        time from one probe to the next (1s)
  -W, --timeout DUR         time to wait for a reply (1s)
  -w, --deadline DUR        end the whole run after this time
  -s, --size BYTES          payload (56)
  -4, -6                    IPv4 or IPv6 only
  -q, --quiet               only the first line and the summary
  -j, --json                one JSON document; -J: one JSON object a line

Examples:
  sonde 192.0.2.1                   until Ctrl-C
  sonde -c 3 -i 200ms host.example  three probes, five a second
  sonde -j -c 10 192.0.2.1 | jq .targets[0].rtt_ms
  sonde trace host.example          the route there
  sonde sweep -a 192.0.2.0/24       the addresses that answer

All options: sonde MODE --help; man sonde-ping, sonde-trace, sonde-sweep.
Exit code: 0 every target answered, 1 one did not, 2 a name did not resolve,
3 usage, 4 system.
)";

constexpr std::string_view kPingHead =
    R"(usage: sonde [ping] [OPTION]... HOST...
       sonde ping [-c N] [-i DUR] [-W DUR] [-w DUR] [-s BYTES] [-t TTL] HOST...
       sonde ping -j|-J [--output FILE] [OPTION]... HOST...
Send ICMP echo requests to every HOST and show the replies. DUR is a number of
seconds or has a unit: 200ms, 1.5s, 2m, 1h. Options and hosts may be mixed.
)";

constexpr std::string_view kPingTail =
    R"(
Examples:
  sonde ping -c 3 -i 200ms 192.0.2.1     three probes, five a second
  sonde ping -o -w 30s host.example      wait until it is up, at most 30 s
  sonde ping -M do -s 1472 192.0.2.1     does a packet of 1500 bytes pass?
  sonde ping -j 192.0.2.1 192.0.2.2      two targets, one JSON document

Exit code: 0 every target answered, 1 one did not, 2 a name did not resolve,
3 usage, 4 system or permission. The manual: man sonde-ping.
)";

constexpr std::string_view kSweepHead =
    R"(usage: sonde sweep [OPTION]... TARGET...
       sonde sweep [-a|-u] [-r N] [-W DUR] [--rate PPS] TARGET...
       sonde sweep -c|-C N|-l [-i DUR] [--summary-every DUR] TARGET...
       sonde sweep -f FILE | -g FIRST LAST | --merge FILE...
Find out which of many hosts answer, as fping does. A TARGET is a name, an
address, a prefix (192.0.2.0/24) or a range (192.0.2.1-192.0.2.20). Of an IPv4
prefix the network's and the broadcast address are left out, as by fping -g.
)";

constexpr std::string_view kSweepTail =
    R"(
Examples:
  sonde sweep -a 192.0.2.0/24            the addresses that answer
  sonde sweep -f hosts.txt -J            a JSON object for each target
  sonde sweep -C 5 -q router1 router2    five round-trip times each
  sonde sweep -x 2 dns1 dns2 dns3        do at least two answer?

Exit code: 0 every target answered (or -x is met), 1 one did not, 2 one did not
resolve, 3 usage, 4 system or permission. The manual: man sonde-sweep.
)";

constexpr std::string_view kTraceHead =
    R"(usage: sonde trace [OPTION]... HOST...
       sonde trace [-P icmp|udp|tcp] [-p PORT] [-q N] [-m N] [-n] HOST...
       sonde trace --flows N | --mtu | --back [OPTION]... HOST...
       sonde trace -j|-J [--output FILE] [OPTION]... HOST...
Show the route to every HOST: who answers at each hop, and how fast. All hops
are asked at once, and a silent tail ends the trace soon. DUR is a number of
seconds or has a unit: 200ms, 1.5s, 2m, 1h.
)";

constexpr std::string_view kTraceTail =
    R"(
Examples:
  sonde trace -n 192.0.2.1               addresses alone
  sonde trace -P tcp -p 443 host.example the way that HTTPS takes
  sonde trace --flows 16 host.example    all the paths of a load balancer
  sonde trace --mtu host.example         where packets must become smaller
  sonde trace -j host.example | jq -r '.targets[0].hops[].responders[].address'

Exit code: 0 every HOST was reached, 1 one was not, 2 a name did not resolve,
3 usage, 4 system or permission. The manual: man sonde-trace.
)";

// "  -i, --interval DUR  "
std::string left_column(const OptionSpec& spec) {
  std::string text = spec.letter == 0 ? "      " : fmt::format("  -{}, ", spec.letter);
  text += fmt::format("--{}", spec.name);
  if (spec.value == Value::required) {
    text += fmt::format(" {}", spec.value_name);
  } else if (spec.value == Value::optional) {
    text += fmt::format("[={}]", spec.value_name);
  }
  return text;
}

std::string doc_of(const OptionSpec& spec) {
  std::string text(spec.doc);
  if (!spec.standard.empty()) {
    text += fmt::format(" ({})", spec.standard);
  }
  if (spec.traits.linux_only) {
    text += " [Linux]";
  }
  return text;
}

std::string row(const OptionSpec& spec) {
  std::string line = left_column(spec);
  if (line.size() + 2 > kDocColumn) {
    line += "\n" + std::string(kDocColumn, ' ');
  } else {
    line.resize(kDocColumn, ' ');
  }
  return line + wrapped(doc_of(spec), kDocColumn, kHelpColumns) + "\n";
}

std::string options_of(Mode mode) {
  std::string text;
  std::optional<Group> group;
  for (const OptionSpec& spec : option_table()) {
    if (!belongs_to(spec, mode) || spec.traits.visibility != Visibility::everywhere) {
      continue;
    }
    if (group != spec.group) {
      group = spec.group;
      text += fmt::format("\n{}:\n", group_title(spec.group));
    }
    text += row(spec);
  }
  return text;
}

std::string modes() {
  std::string text = "\nModes:\n";
  for (const ModeWord& mode : mode_words()) {
    if (mode.built) {
      text += fmt::format("  {:<26}{}\n", mode.word, mode.doc);
    }
  }
  return text;
}

}  // namespace

std::string wrapped(std::string_view text, std::size_t indent, std::size_t columns) {
  const std::size_t width = columns - indent;
  std::string out;
  while (text.size() > width) {
    std::size_t cut = text.rfind(' ', width);
    if (cut == std::string_view::npos) {
      cut = std::min(text.find(' '), text.size());
    }
    out += text.substr(0, cut);
    text.remove_prefix(std::min(cut + 1, text.size()));
    if (!text.empty()) {
      out += "\n" + std::string(indent, ' ');
    }
  }
  return out.append(text);
}

std::string general_help() {
  return std::string(kGeneralHead) + modes() + std::string(kGeneralTail);
}

std::string mode_help(Mode mode) {
  switch (mode) {
    case Mode::sweep:
      return std::string(kSweepHead) + options_of(mode) + std::string(kSweepTail);
    case Mode::trace:
      return std::string(kTraceHead) + options_of(mode) + std::string(kTraceTail);
    case Mode::ping:
      break;
  }
  return std::string(kPingHead) + options_of(mode) + std::string(kPingTail);
}

}  // namespace sonde::app
