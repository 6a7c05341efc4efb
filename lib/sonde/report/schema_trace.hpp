// schema_trace.hpp: the part of the schema table (schema_table.hpp) that only traces have. All of
// it is left out of other modes' output.
#pragma once

#include <array>
#include <string_view>

#include "sonde/report/schema_types.hpp"

namespace sonde::report {

inline constexpr std::string_view kMtuEvidence = "passed|reported|plateau|searched";

inline constexpr std::array kTraceShapes{
    Shape{"trace_options", "What was asked for in a trace, beside options."},
    Shape{"path", "What is known of the way to a target."},
    Shape{"path_mtu",
          "The largest packet that gets through; of a path, to a destination that answers."},
    Shape{"path_hop",
          "One hop: the probes that left with its TTL. An ICMP error is the answer that was asked "
          "for, and counts as received.",
          {"figures"}},
    Shape{"responder", "Who answered at a hop."},
    Shape{"flow_path", "The way that one flow took."},
    Shape{"flow_hop", "One hop of a flow."},
    Shape{"quoted", "What the responder says of our probe's header as it reached it."},
    Shape{"extension", "An object of an ICMP extension structure (RFC 4884)."},
    Shape{"mpls_label", "An entry of an MPLS label stack (RFC 4950)."},
    Shape{"interface", "Interface information (RFC 5837)."},
    Shape{
        "hop",
        "A hop is complete: in order of TTL, those before it are, and so it is on the path. Again "
        "whenever something about it changed later: the last line of a TTL counts. At the end the "
        "hops that are not complete.",
        {"event", "figures", "path_hop"},
        true},
};

inline constexpr std::array kTraceFields{
    // trace_options
    row::count("trace_options", "first_ttl", "Where the trace began."),
    row::count("trace_options", "max_ttl", "Where it ends at the latest."),
    row::count("trace_options", "queries", "Probes a hop and flow."),
    row::count("trace_options", "flows", "How many."),
    row::text("trace_options", "flow_style",
              "constant: all probes of a flow look alike to load balancers (Paris); varying: none "
              "do (classic).")
        .one_of("constant|varying"),
    row::count("trace_options", "port", "Destination port of the first flow; null: ICMP.")
        .or_null(),
    row::flag("trace_options", "mtu", "The path MTU was looked for."),
    // path
    row::flag("path", "reached", "The destination answered.").when_needed(),
    row::text("path", "end_reason",
              "Why the trace went no further: the destination answered; somebody on the way says "
              "that it is unreachable; so many hops in a row are silent; the last TTL was asked; "
              "the same routers again and again; null: the run ended before.")
        .one_of("reached|unreachable|gap|max_ttl|loop")
        .or_null()
        .when_needed(),
    row::count("path", "distance", "The nearest TTL at which the destination answered.")
        .or_null()
        .when_needed(),
    row::object("path", "pmtu", "path_mtu").or_null().when_needed(),
    // target
    row::list("target", "hops", "By TTL, up to the destination or the last one that was asked.")
        .each("path_hop")
        .when_needed(),
    row::list("target", "paths", "Of each flow, if there were several.")
        .each("flow_path")
        .when_needed(),
    // path_mtu
    row::count("path_mtu", "mtu", "Bytes of the whole IP packet."),
    row::text("path_mtu", "evidence",
              "passed: such a packet was answered; reported: a router named it; plateau: a router "
              "named 0, and this usual size passed; searched: larger ones vanish without a word.")
        .one_of(kMtuEvidence),
    row::count("path_mtu", "hop", "The first hop that larger packets do not reach.").when_needed(),
    row::flag("path_mtu", "at_least",
              "Such packets get through, and none larger was tried: more may.")
        .when_needed(),
    // path_hop
    row::count("path_hop", "ttl", "Of the probes, when they left."),
    row::flag("path_hop", "complete", "All its probes have their outcome."),
    row::flag("path_hop", "nat", "True: a NAT stands before it, see quoted; null: none is seen.")
        .or_null(),
    row::list("path_hop", "responders", "In the order of their first answers.").each("responder"),
    row::object("path_hop", "mtu", "path_mtu").or_null(),
    row::list("path_hop", "probes", "In the order they were sent.").each("probe"),
    // responder
    row::address("responder", "address", "Whose answers."),
    row::text("responder", "name", "Its reverse name; null: none, or not known in time.").or_null(),
    row::text("responder", "name_hex", "Its bytes, if they are not UTF-8.").when_needed(),
    row::integers("responder", "probes", "The seq of the probes that it answered."),
    // flow_path
    row::count("flow_path", "flow", "From 0."),
    row::flag("flow_path", "reached",
              "The destination answered a probe of this flow; null: not known, as it answers only "
              "so often.")
        .or_null(),
    row::text("flow_path", "end_reason",
              "Why it went no further: as in path, or silent: no answer at the hop where others "
              "arrive; rationed: the same, where the destination answers only so often; null: the "
              "run ended before.")
        .one_of("reached|unreachable|gap|max_ttl|loop|silent|rationed")
        .or_null(),
    row::list("flow_path", "hops", "By TTL, up to its own end.").each("flow_hop"),
    // flow_hop
    row::count("flow_hop", "ttl", "Of the probes, when they left."),
    row::list("flow_hop", "addresses", "Who answered; empty: nobody."),
    // probe_id
    row::count("probe_id", "hop", "The TTL that it left with.").when_needed(),
    row::count(
        "probe_id", "query",
        "Which probe of this hop and flow, from 1, no two alike unless the first could not be "
        "sent; one more than options.trace.queries: asked again after a silence; 0: one for "
        "the path MTU.")
        .when_needed(),
    row::count("probe_id", "flow", "Which flow, from 0.").when_needed(),
    // answer
    row::object("answer", "quoted", "quoted").when_needed(),
    row::count("answer", "return_hops",
               "How long the way back seems to be, from the TTL of the answer.")
        .when_needed(),
    row::list("answer", "extensions", "What an ICMP error carries beside the quote.")
        .each("extension")
        .when_needed(),
    // quoted
    row::count("quoted", "ttl", "Time to Live or Hop Limit: 1 where it ended as it should."),
    row::count("quoted", "tos", "Type of Service or Traffic Class."),
    row::flag("quoted", "nat",
              "True: source address, ports or transport checksum are not those that were sent: a "
              "NAT; null: none is seen, as of those that put back what they changed.")
        .or_null(),
    // extension
    row::count("extension", "class", "Class-Num."),
    row::count("extension", "type", "C-Type."),
    row::list("extension", "mpls", "From the top of the stack.").each("mpls_label").when_needed(),
    row::object("extension", "interface", "interface").when_needed(),
    row::text("extension", "raw_hex", "The bytes of any other object.").when_needed(),
    // mpls_label
    row::count("mpls_label", "label", "20 bits."),
    row::count("mpls_label", "tc", "Traffic class, formerly EXP."),
    row::flag("mpls_label", "s", "Bottom of the stack."),
    row::count("mpls_label", "ttl", "Time to Live."),
    // interface
    row::text("interface", "role", "What it is to the packet.")
        .one_of("incoming|sub_ip|outgoing|next_hop"),
    row::count("interface", "index", "ifIndex.").or_null(),
    row::address("interface", "address", "Of the interface.").or_null(),
    row::text("interface", "name", "ifName.").or_null(),
    row::text("interface", "name_hex", "Its bytes, if they are not UTF-8.").when_needed(),
    row::count("interface", "mtu", "In bytes.").or_null(),
};

}  // namespace sonde::report
