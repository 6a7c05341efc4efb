#!/usr/bin/env python3
"""trace_transport.py: `sonde trace` over real routers, with ICMP and UDP probes, as root and as
nobody. client - r1 - r2 - server of _kernel_lab.py: hop 1 is r1, hop 3 the server."""
import collections
import json
import struct
import subprocess
import sys

from _kernel_lab import (FIRST_ROUTER, NOBODY, SECOND_ROUTER, SERVER, SONDE, Failure, Lab, LeftOut,
                         expect, may_become_nobody, prepare, run_cases)

FAMILIES = ("v4", "v6")
PROTOCOLS = ("icmp", "udp")
BACKENDS = {("icmp", "raw"): "linux-icmp-raw", ("icmp", "dgram"): "linux-icmp-dgram",
            ("udp", "raw"): "linux-udp-raw", ("udp", "dgram"): "linux-udp-errqueue"}
# Prints all packets of a device in hex, a line each, when its input ends.
CAPTURE = """
import socket, sys
ALL = 3
s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ALL))
s.bind(("right", ALL))
s.setblocking(False)
print("ready", flush=True)
sys.stdin.read()
try:
    while True:
        data, where = s.recvfrom(65536)
        if where[2] == socket.PACKET_OUTGOING:
            print(data.hex())
except BlockingIOError:
    pass
"""
# A UDP service at the first port of a trace: sends back what comes, or something of its own.
SERVICE = """
import socket, sys, threading
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.bind(("::", 33434))
def serve():
    while True:
        data, peer = s.recvfrom(65536)
        s.sendto(data if sys.argv[1] == "echo" else b"who are you", peer)
threading.Thread(target=serve, daemon=True).start()
print("ready", flush=True)
sys.stdin.read()
"""


class TraceLab(Lab):
    """Its server, too, answers as often as it is asked."""

    def build(self):
        super().build()
        self.inside("server", "sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0")


class Helper:
    """A program that runs beside the test: says "ready", ends with its input."""

    def __init__(self, lab, role, *command):
        self.command = ["ip", "netns", "exec", lab.names[role], sys.executable, "-c", *command]
        self.output = ""

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, text=True,
                                        stdout=subprocess.PIPE)
        expect(self.process.stdout.readline() == "ready\n", "the helper starts")
        return self

    def __exit__(self, *_):
        self.output, _ = self.process.communicate("", timeout=30)


def run(lab, arguments, nobody=False):
    command = ["ip", "netns", "exec", lab.names["client"], *(NOBODY if nobody else []), SONDE,
               "trace", "-n", *arguments.split()]
    return subprocess.run(command, text=True, capture_output=True, timeout=60)


def trace(lab, arguments, nobody=False):
    """The JSON document of a finished run."""
    done = run(lab, f"--json {arguments}", nobody)
    try:
        document = json.loads(done.stdout)
    except ValueError:
        raise Failure(f"{arguments}: no JSON: exit code {done.returncode}: {done.stderr}") from None
    document["exit_code"] = done.returncode
    return document


def probes_of(document):
    return [probe for hop in document["targets"][0]["hops"] for probe in hop["probes"]]


def path_of(document):
    """Who answered each probe, and how."""
    return sorted((p["hop"], p["flow"], p["query"], p["from"], p["outcome"],
                   p["icmp"] and (p["icmp"]["type"], p["icmp"]["code"])) for p in probes_of(document))


def path_wanted(family, protocol, queries=3):
    exceeded, arrived = {"v4": ((11, 0), (3, 3)), "v6": ((3, 0), (1, 4))}[family]
    echo = {"v4": (0, 0), "v6": (129, 0)}[family]
    last = ("reply", echo) if protocol == "icmp" else ("error", arrived)
    hops = [(FIRST_ROUTER, "error", exceeded), (SECOND_ROUTER, "error", exceeded),
            (SERVER, *last)]
    return [(ttl, 0, query, who[family], *what) for ttl, (who, *what) in enumerate(hops, start=1)
            for query in range(1, queries + 1)]


def ways():
    """Family, protocol, kind of socket, the arguments that ask for it, and whether as nobody."""
    for family in FAMILIES:
        for protocol in PROTOCOLS:
            for socket in ("raw", "dgram"):
                nobody = socket == "dgram" and may_become_nobody()
                yield family, protocol, socket, f"-P {protocol} --transport {socket} ", nobody


def same_hops_without_privilege(lab):
    for family, protocol, socket, base, nobody in ways():
        what = f"{family} {protocol} {socket}"
        document = trace(lab, base + SERVER[family], nobody)
        expect(path_of(document) == path_wanted(family, protocol), f"{what}: {path_of(document)}")
        expect(document["exit_code"] == 0, what)
        expect(document["engine"]["backend"] == BACKENDS[protocol, socket], what)
        expect(document["engine"]["clock"] == "kernel-tx-rx", f"{what}: {document['engine']}")
        expect(not any(document["rejects"].values()), f"{what}: {document['rejects']}")
        for probe in probes_of(document):
            expect(probe["verified"] and probe["rtt_ms"] >= 0, f"{what}: {probe}")
            expect(probe["corrupt_at"] is None and not probe["duplicates"], f"{what}: {probe}")
            expect(probe["ttl"] == 65 - probe["hop"], f"{what}: TTL of {probe}")


def best_way_by_default(lab):
    for family in FAMILIES:
        for protocol in PROTOCOLS:
            arguments = f"-P {protocol} {SERVER[family]}"
            expect(trace(lab, arguments)["engine"]["backend"] == BACKENDS[protocol, "raw"], "root")
            if may_become_nobody():
                backend = trace(lab, arguments, True)["engine"]["backend"]
                expect(backend == BACKENDS[protocol, "dgram"], "nobody")
    if not may_become_nobody():
        raise LeftOut("no other user to become")


def quoted_headers(lab):
    """Raw sockets show what came of the header; nothing is taken for address translation."""
    for family, protocol, socket, base, nobody in ways():
        document = trace(lab, f"{base} -Q 40 {SERVER[family]}", nobody)
        for probe in probes_of(document):
            sees = socket == "raw" and probe["outcome"] == "error"
            wanted = {"ttl": 1, "tos": 40, "nat": None} if sees else None
            expect(probe.get("quoted") == wanted, f"{base}: {probe}, not {wanted}")


def sent_packets(lab, arguments, nobody):
    """(flow as load balancers see it, UDP checksum or none) of each probe that left."""
    with Helper(lab, "client", CAPTURE) as capture:
        run(lab, arguments, nobody)
    out = []
    for line in capture.output.split():
        packet = bytes.fromhex(line)
        v4 = packet[0] >> 4 == 4
        protocol, transport = (packet[9], packet[20:]) if v4 else (packet[6], packet[40:])
        # With the flow label, which routers hash, too.
        ends = packet[12:20] if v4 else bytes((packet[1] & 15, *packet[2:4])) + packet[8:40]
        echo = protocol in (1, 58) and transport[0] in (8, 128)
        if echo:
            out.append(((ends, protocol, transport[:6]), None))
        elif protocol == 17:
            out.append(((ends, protocol, transport[:4]), struct.unpack("!H", transport[6:8])[0]))
    return out


def flows_are_constant(lab):
    for family, protocol, _, base, nobody in ways():
        for flows in (1, 3):
            sent = sent_packets(lab, f"{base} --flows {flows} -q 3 {SERVER[family]}", nobody)
            counts = collections.Counter(flow for flow, _ in sent)
            expect(len(counts) == flows and min(counts.values()) >= 9,
                   f"{base} {family}: {flows} flows were {counts}")
            labels = {ends[:3] for (ends, *_), _ in sent}
            expect(family == "v4" or len(labels) == flows, f"{base}: labels {labels}")
        sent = sent_packets(lab, f"{base} --classic {SERVER[family]}", nobody)
        counts = collections.Counter(flow for flow, _ in sent)
        expect(len(counts) == len(sent) >= 9, f"{base} {family}: classic probes were {counts}")


def payloads_of_any_size(lab):
    for family, protocol, _, base, nobody in ways():
        for size in (0, 1, 2, 4, 5, 8, 15, 16, 17, 18, 19, 1472, 4000):
            # Too short for a token, and virtual networks quote no finished checksum: refused.
            if protocol == "udp" and size < 4:
                continue
            document = trace(lab, f"{base} -s {size} -q 1 {SERVER[family]}", nobody)
            answered = [p for p in probes_of(document) if p["outcome"] in ("reply", "error")]
            expect(len(answered) == 3, f"{base} {family} {size}: {answered}")
            expect(all(p["corrupt_at"] is None for p in answered), f"{base} {family} {size}")
            expect(not document["rejects"]["quote"], f"{document['rejects']}")


def service_that_echoes(lab):
    with Helper(lab, "server", SERVICE, "echo"):
        for family, protocol, _, base, nobody in ways():
            if protocol == "udp":
                document = trace(lab, base + SERVER[family], nobody)
                last = [p for p in probes_of(document) if p["hop"] == 3]
                expect(len(last) == 3, base)
                expect(all(p["outcome"] == "reply" and p["verified"] and
                           p["corrupt_at"] is None for p in last), f"{base}: {last}")


def service_with_words_of_its_own(lab):
    """Whom it answers cannot be known where all probes look alike: then each is given its port, which
    is closed. Where each has one from the start, the first probe goes to that of the service."""
    with Helper(lab, "server", SERVICE, "other"):
        for family, protocol, _, base, nobody in ways():
            if protocol != "udp":
                continue
            for queries in (1, 3):
                document = trace(lab, f"{base} -q {queries} {SERVER[family]}", nobody)
                target = document["targets"][0]
                expect(document["rejects"]["token"] > 0 and target["reached"], f"{base}: {target}")
                expect(document["options"]["trace"]["flow_style"] == "varying", base)
                answers = [p for p in probes_of(document) if p["outcome"] in ("reply", "error")]
                expect(len(answers) == 3 * queries, f"{base} -q {queries}: {answers}")
            document = trace(lab, f"{base} --flows 2 -W 300ms {SERVER[family]}", nobody)
            expect(document["rejects"]["token"] > 0 and
                   document["options"]["trace"]["flow_style"] == "constant", f"{base}: two flows")
            document = trace(lab, f"{base} --classic -f 3 {SERVER[family]}", nobody)
            first = probes_of(document)[0]
            expect(first["outcome"] == "reply" and not first["verified"], f"{base}: {first}")


def path_mtu(lab):
    for device, role in (("right", "r1"), ("left", "r2")):
        lab.ip(role, f"link set {device} mtu 1400")
    for _ in range(2):  # the second time, the kernel knows
        for family, _, _, base, nobody in ways():
            document = trace(lab, f"{base} --mtu {SERVER[family]}", nobody)
            pmtu = document["targets"][0]["pmtu"]
            expect(pmtu and pmtu["mtu"] == 1400, f"{base} {family}: {pmtu}")


def no_right_to_send_icmp(lab):
    if not may_become_nobody():
        raise LeftOut("no other user to become")
    lab.inside("client", "sysctl -qw net.ipv4.ping_group_range='1 0'")
    done = run(lab, f"-P icmp {SERVER['v4']}", True)
    expect(done.returncode == 4 and "ping_group_range" in done.stderr, done.stderr)
    done = run(lab, f"-P udp --transport raw {SERVER['v4']}", True)
    expect(done.returncode == 4 and "listen to ICMP" in done.stderr and
           "CAP_NET_RAW" in done.stderr, done.stderr)
    document = trace(lab, SERVER["v4"], True)
    expect(document["engine"]["backend"] == "linux-udp-errqueue", "UDP instead")


if __name__ == "__main__":
    prepare()
    run_cases([same_hops_without_privilege, best_way_by_default, quoted_headers,
               flows_are_constant, payloads_of_any_size, service_that_echoes,
               service_with_words_of_its_own, path_mtu, no_right_to_send_icmp],
              TraceLab)
