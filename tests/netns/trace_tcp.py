"""trace_tcp.py: SYN probes over a chain of routers: raw as root, connect() without any privilege.
client - router - server of _transport_lab.py; the server listens at port 80 and nowhere else."""

import json
import os
import subprocess

import _transport_lab
from _stalls import Stalls, undisturbed
from _transport_lab import expect, of, require_root_and_tools, run_cases

_transport_lab.DRIVER = os.path.join(os.path.dirname(_transport_lab.DRIVER),
                                     "netns_trace_tcp_probe")
SERVER = {"4": "10.77.2.1", "6": "fd77:2::1"}
ROUTER = {"4": "10.77.1.2", "6": "fd77:1::2"}
CLIENT = {"4": "10.77.1.1", "6": "fd77:1::1"}
KINDS = ("raw", "dgram")
EXCEEDED = {"4": (11, 0), "6": (3, 0)}
LISTENER = """
import socket, sys
with socket.create_server(("::", 80), family=socket.AF_INET6, dualstack_ipv6=True) as server:
    print("ready", flush=True)
    sys.stdin.read()
"""


class Listening:
    """Somebody who listens at port 80 of the server, as long as this lives."""

    def __init__(self, lab):
        self.command = ["ip", "netns", "exec", lab.names["s"], "python3", "-c", LISTENER]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, text=True,
                                        stdout=subprocess.PIPE)
        expect(self.process.stdout.readline() == "ready\n", "the server listens")

    def __exit__(self, *_):
        self.process.communicate("")


def each():
    """Backend, family, options; connect() without any privilege."""
    for kind in KINDS:
        for family in SERVER:
            yield kind, family, f"--backend {kind} ", kind == "dgram"


def answers(events):
    return of(events, "reply") + of(events, "icmp_error")


def hops(events):
    """Who answered at which hop, and how."""
    return sorted((e["hop"], e["event"], e["from"], e["type"], e["code"]) for e in answers(events))


def chain(family):
    return [(1, "icmp_error", ROUTER[family], *EXCEEDED[family]),
            (2, "reply", SERVER[family], 0, 0)]


def end_of(events):
    return of(events, "end")[0]


def open_and_closed_ports(lab):
    with Listening(lab):
        for kind, family, base, plain in each():
            for port in (80, 81):
                for gap in (0, 20):
                    what = f"{kind} {family} port {port} gap {gap}"
                    events = lab.probe(base + f"--port {port} --max 2 --queries 3 --gap {gap} "
                                       f"{SERVER[family]}", plain)
                    expect(hops(events) == sorted(chain(family) * 3), what, events)
                    expect(len({e["seq"] for e in answers(events)}) == 6, "one each", events)
                    expect(all(e["ns"] >= 0 for e in answers(events)), "time", events)
                    # The kernel begins to stamp a moment after it was first asked to.
                    late = gap > 0 and of(events, "icmp_error")[-1]
                    expect(not late or late["kernel_stamp"], what, events)
                    expect(all(e["ttl"] == 64 for e in of(events, "icmp_error")), what, events)
                    expect(not of(events, "send_failed"), what, events)
                    expect(sum(end_of(events)["rejects"].values()) == 0, what, events)


def capabilities_are_told(lab):
    for kind, family, base, plain in each():
        end = end_of(lab.probe(base + SERVER[family], plain))
        wanted = {"raw": ("linux-tcp-raw", "kernel-tx-rx", True),
                  "dgram": ("linux-tcp-connect", "kernel-rx", False)}[kind]
        expect((end["backend"], end["clock"], end["constant_flows"]) == wanted, kind, [end])
    end = end_of(lab.probe(SERVER["4"], unprivileged=True))
    expect(end["backend"] == "linux-tcp-connect", "without privilege nothing else", [end])


def a_syn_ack_is_measured_by_the_kernel(lab):
    with Listening(lab):
        for kind, family, base, plain in each():
            events = lab.probe(base + f"--first 2 --max 2 {SERVER[family]}", plain)
            expect([e["kernel_stamp"] for e in of(events, "reply")] == [True], kind, events)


def leaves_nothing_behind(lab):
    """No connection, half or whole, stays at the server once a probe was answered."""
    with Listening(lab):
        for kind, family, base, plain in each():
            lab.probe(base + f"--first 2 --max 2 --queries 5 {SERVER[family]}", plain)
            left = lab.run("s", "ss -Htan state connected")
            expect(left == "", f"{kind} {family}: {left}")


def silence(lab):
    """What a firewall drops is silence, and brings no second SYN."""
    lab.nft("s", "table inet t { counter syns { }; chain i { type filter hook input priority 0; "
                 "tcp dport 80 counter name syns drop; }; }")

    def not_silent(kind, family, base, plain):
        lab.run("s", "nft reset counters")
        events = lab.probe(base + f"--max 2 --timeout 1500 {SERVER[family]}", plain)
        expect(hops(events) == chain(family)[:1], f"{kind} {family}", events)
        counted = lab.run("s", "nft list counters")
        return [] if "packets 1 " in counted else [counted, *events]

    stalls = Stalls(0.05)
    for case in each():
        # The kernel waits 1 s for an answer; who is kept from giving the SYN up until then is too late.
        wrong = undisturbed(stalls, f"silence: {case[:2]}", lambda case=case: not_silent(*case))
        expect(not wrong, f"{case[:2]}: one SYN", wrong)


def refused_by_icmp(lab):
    lab.nft("s", "table inet t { chain i { type filter hook input priority 0; "
                 "ip protocol tcp reject with icmp admin-prohibited; "
                 "ip6 nexthdr tcp reject with icmpv6 port-unreachable; }; }")
    for kind, family, base, plain in each():
        events = lab.probe(base + f"--first 2 --max 2 --queries 3 {SERVER[family]}", plain)
        icmp = {"4": (3, 13), "6": (1, 4)}[family]
        wanted = [(2, "icmp_error", SERVER[family], *icmp)] * 3
        expect(hops(events) == wanted, f"{kind} {family}", events)


def nobody_answers_arp(lab):
    lab.run("c", "sysctl -qw net.ipv4.neigh.cr.retrans_time_ms=50 "
                 "net.ipv6.neigh.cr.retrans_time_ms=50")
    for kind, family, base, plain in each():
        target = {"4": "10.77.1.99", "6": "fd77:1::99"}[family]
        events = lab.probe(base + f"--timeout 900 --max 1 {target}", plain)
        icmp = {"4": (3, 1), "6": (1, 3)}[family]
        expect(hops(events) == [(1, "icmp_error", CLIENT[family], *icmp)], f"{kind} {family}",
               events)


def no_route_here(lab):
    lab.run("c", "ip route del default")
    lab.run("c", "ip -6 route del default")
    for kind, family, base, plain in each():
        events = lab.probe(base + f"--queries 3 --timeout 50 {SERVER[family]}", plain)
        failed = of(events, "send_failed")
        expect([(e["failure"], e["errno"]) for e in failed] == [(2, 101)] * 3, kind, events)


def source_and_interface(lab):
    lab.run("c", "ip addr add 10.77.1.7/24 dev cr")
    lab.run("c", "ip addr add fd77:1::7/64 dev cr nodad")
    lab.nft("s", "table inet t { chain i { type filter hook input priority 0; "
                 "tcp dport 80 ip saddr != 10.77.1.7 drop; "
                 "tcp dport 80 ip6 saddr != fd77:1::7 drop; }; }")
    for kind, family, base, plain in each():
        source = {"4": "10.77.1.7", "6": "fd77:1::7"}[family]
        events = lab.probe(base + f"--max 2 --source {source} --interface cr {SERVER[family]}",
                           plain)
        expect(hops(events) == chain(family), f"{kind} {family}", events)
        if family == "4":  # which of two addresses IPv6 takes by itself is another matter
            events = lab.probe(base + f"--max 2 {SERVER[family]}", plain)
            expect(hops(events) == chain(family)[:1], f"{kind}: another source", events)
        refused = lab.probe(base + f"--source {SERVER[family]} {SERVER[family]}", plain)
        expect([e["code"] for e in of(refused, "refused")] == [2], "not our address", refused)


def type_of_service(lab):
    lab.nft("s", "table inet t { chain i { type filter hook input priority 0; "
                 "tcp dport 80 ip dscp != 0x2e drop; tcp dport 80 ip6 dscp != 0x2e drop; }; }")
    for kind, family, base, plain in each():
        events = lab.probe(base + f"--tos 184 --max 2 {SERVER[family]}", plain)
        expect(hops(events) == chain(family), f"{kind} {family}", events)
        if kind == "raw":
            expect(all(e["quoted_tos"] == 184 and e["quoted_ttl"] == 1
                       for e in of(events, "icmp_error")), "quoted header", events)
    # The kernel keeps the ECN bits of a TCP socket for itself.
    events = lab.probe(f"--backend dgram --tos 1 {SERVER['4']}", True)
    expect([e["errno"] for e in of(events, "send_failed")] == [95], "ECN", events)


def flows_keep_their_ports(lab):
    """Raw: one source port a flow; the destination port is always the one asked."""
    lab.nft("s", "table inet t { set seen { type inet_service . inet_service; flags dynamic; }; "
                 "chain i { type filter hook input priority 0; tcp flags & (syn|ack) == syn "
                 "add @seen { tcp sport . tcp dport }; }; }")
    for family in SERVER:
        for options, ports in (("--flows 3", 3), ("", 1), ("--varying", 6)):
            lab.run("s", "nft flush set inet t seen")
            events = lab.probe(f"--backend raw --port 81 --first 2 --max 3 --queries 3 {options} "
                               f"{SERVER[family]}")
            table = json.loads(lab.run("s", "nft -j list set inet t seen"))
            pairs = sorted(e["concat"] for e in table["nftables"][1]["set"]["elem"])
            expect([p[1] for p in pairs] == [81] * ports, f"{family} {options}: {pairs}", events)
            expect(end_of(events)["constant_flows"] == (options != "--varying"), options, events)


def few_descriptors(lab):
    """More probes than descriptors: those that found none say so, the others are answered."""
    lab.nft("s", "table inet t { chain i { type filter hook input priority 0; tcp dport 80 drop; }; }")
    events = lab.probe(f"--backend dgram --limit 48 --first 2 --max 2 --queries 30 --timeout 50 "
                       f"{SERVER['4']}", True)
    failed = of(events, "send_failed")
    expect(len(failed) == 14 and all(e["failure"] == 0 for e in failed), "no_buffer", events)


def waits_do_not_spin(lab):
    with Listening(lab):
        for kind, family, base, plain in each():
            events = lab.probe(base + f"--max 2 --timeout 1500 {SERVER[family]}", plain)
            expect(end_of(events)["waits"] <= 20, f"{kind} {family}", events)


if __name__ == "__main__":
    require_root_and_tools("nft", "ss")
    run_cases([open_and_closed_ports, capabilities_are_told, a_syn_ack_is_measured_by_the_kernel,
               leaves_nothing_behind, silence, refused_by_icmp, nobody_answers_arp, no_route_here,
               source_and_interface, type_of_service, flows_keep_their_ports,
               few_descriptors, waits_do_not_spin])
