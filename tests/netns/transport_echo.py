"""transport_echo.py: echo over the real kernel, raw and datagram, IPv4 and IPv6."""

from _transport_lab import expect, of, require_root_and_tools, run_cases

KINDS = ("raw", "dgram")
SERVER = {"4": "10.77.2.1", "6": "fd77:2::1"}
MS = 1_000_000


def each():
    for kind in KINDS:
        for family in SERVER:
            yield kind, family, f"--backend {kind} "


def longest(reply):
    """In ns: without the kernel's stamp the wait for a processor is in the time."""
    return (50 if reply["kernel_stamp"] else 500) * MS


def loopback_has_kernel_stamps(lab):
    for kind, family, base in each():
        target = {"4": "127.0.0.1", "6": "::1"}[family]
        events = lab.probe(base + f"--count 20 --interval 5 {target}")
        replies = of(events, "reply")
        expect(len(replies) == 20, f"{kind} {family}: 20 replies", events)
        expect(len(of(events, "transmitted")) == 20, f"{kind} {family}: 20 stamps", events)
        expect(all(0 <= r["ns"] < longest(r) for r in replies), f"{kind} {family}: RTT", events)
        expect(all(r["verified"] and not r["corrupt"] for r in replies), "verified", events)
        # The first packets may arrive before the kernel has switched its stamps on.
        stamped = sum(r["kernel_stamp"] for r in replies)
        expect(stamped >= 15, f"{kind} {family}: kernel stamps", events)
        end = of(events, "end")[0]
        expect(end["clock"] == "kernel-tx-rx", "clock", events)
        expect(end["backend"] == f"linux-icmp-{kind}", "backend", events)
        expect(sum(end["rejects"].values()) == 0, "no rejects", events)


def ttl_and_tos_come_back(lab):
    for kind, family, base in each():
        events = lab.probe(base + f"--count 2 --tos 184 --ttl 40 {SERVER[family]}")
        replies = of(events, "reply")
        expect(len(replies) == 2, f"{kind} {family}: replies", events)
        expect(all(r["ttl"] == 63 for r in replies), "one hop was taken off the TTL", events)
        expect(all(r["tos"] == 184 for r in replies) or family == "6", "TOS is reflected", events)


def large_payload_is_received_whole(lab):
    for kind, family, base in each():
        size = {"4": 65507, "6": 65527}[family]
        target = {"4": "127.0.0.1", "6": "::1"}[family]
        for payload in (9000, size):
            events = lab.probe(base + f"--size {payload} --count 2 {target}")
            replies = of(events, "reply")
            expect(len(replies) == 2, f"{kind} {family}: {payload} bytes", events)
            expect(all(r["bytes"] == payload + 8 and not r["corrupt"] and not r["truncated"]
                       for r in replies), f"{payload} bytes are whole", events)
        events = lab.probe(base + f"--size {size + 1} --timeout 50 {target}")
        expect(of(events, "sent")[0]["error"]["errno"] == 90, "EMSGSIZE", events)


def small_payloads(lab):
    for kind, family, base in each():
        for size in (0, 3, 4, 7, 8, 15, 16):
            events = lab.probe(base + f"--size {size} --timeout 200 {SERVER[family]}")
            replies = of(events, "reply")
            expect(len(replies) == 1, f"{kind} {family}: {size} bytes", events)
            expect(replies[0]["verified"] == (size >= 4), "verified", events)


def chosen_ident(lab):
    for kind, family, base in each():
        events = lab.probe(base + f"--ident 4660 {SERVER[family]}")
        expect(len(of(events, "reply")) == 1, f"{kind} {family}: reply to ident 4660", events)


def source_and_interface(lab):
    for kind, family, base in each():
        source = {"4": "10.77.1.1", "6": "fd77:1::1"}[family]
        unprivileged = kind == "dgram"
        for extra in (f"--source {source} ", "--interface cr "):
            events = lab.probe(base + extra + SERVER[family], unprivileged)
            expect(len(of(events, "reply")) == 1, f"{kind} {family}: {extra}", events)
        stranger = {"4": "192.0.2.77", "6": "2001:db8::77"}[family]
        refused = of(lab.probe(base + f"--source {stranger} {SERVER[family]}"), "refused")
        expect(refused and refused[0]["code"] == 2 and stranger in refused[0]["message"],
               "bad source names the address", refused)
        refused = of(lab.probe(base + f"--interface nosuch0 {SERVER[family]}"), "refused")
        expect(refused and refused[0]["code"] == 2 and "nosuch0" in refused[0]["message"],
               "bad interface is named", refused)


def link_local_zone(lab):
    address = next(word.split("/")[0] for word in lab.run("r", "ip -6 addr show dev rc").split()
                   if word.startswith("fe80"))
    index = lab.run("c", "cat /sys/class/net/cr/ifindex").strip()
    for kind in KINDS:
        for target in (f"{address}%{index}", f"--interface cr {address}"):
            events = lab.probe(f"--backend {kind} {target}")
            expect(len(of(events, "reply")) == 1, f"{kind}: {target}", events)


def record_route(lab):
    for kind in KINDS:
        events = lab.probe(f"--backend {kind} --record-route {SERVER['4']}")
        replies = of(events, "reply")
        expect(len(replies) == 1 and replies[0].get("header_options") == 40, kind, events)


def options_of_an_earlier_probe(lab):
    """The reply is read when a plain probe has already gone out on the same socket."""
    for kind in KINDS:
        events = lab.probe(f"--backend {kind} --record-route --alternate 127.0.0.1 127.0.0.2")
        got = {r["target"]: r.get("header_options") for r in of(events, "reply")}
        expect(got == {0: 40, 1: None}, kind, events)


def one_receive_drains(lab):
    """Loopback has answered when send() returns; the sockets' state changes with every probe."""
    targets = [f"127.0.0.{host}" for host in range(1, 51)]
    for kind in KINDS:
        events = lab.probe(f"--backend {kind} --no-stamps --df --alternate " + " ".join(targets))
        expect(len(of(events, "reply")) == len(targets), f"{kind}: replies", events)
        calls = [event["count"] for event in of(events, "received")]
        expect(calls == [len(targets)], f"{kind}: {calls} were received at once", events)


def flow_label(lab):
    for kind in KINDS:
        events = lab.probe(f"--backend {kind} --flow-label 74565 {SERVER['6']}")
        expect(len(of(events, "reply")) == 1, kind, events)


def unspecified_means_this_host(lab):
    for kind in KINDS:
        for target, host in (("0.0.0.0", "127.0.0.1"), ("::", "::1")):
            replies = of(lab.probe(f"--backend {kind} {target}"), "reply")
            expect(len(replies) == 1 and replies[0]["from"] == host, f"{kind} {target}", replies)


def multicast_replies_from_elsewhere(lab):
    lab.run("r", "sysctl -qw net.ipv4.icmp_echo_ignore_broadcasts=0")
    for kind in KINDS:
        events = lab.probe(f"--backend {kind} --interface cr --source 10.77.1.1 224.0.0.1")
        sources = {r["from"] for r in of(events, "reply")}
        expect("10.77.1.2" in sources, f"{kind} v4", events)
        events = lab.probe(f"--backend {kind} --interface cr ff02::1")
        expect(any(r["from"].startswith("fe80") for r in of(events, "reply")), f"{kind} v6", events)
        events = lab.probe(f"--backend {kind} --broadcast --source 10.77.1.1 10.77.1.255")
        expect("10.77.1.2" in {r["from"] for r in of(events, "reply")}, f"{kind} bcast", events)


def unsigned_probes(lab):
    for kind, family, base in each():
        events = lab.probe(base + f"--unsigned {SERVER[family]}")
        replies = of(events, "reply")
        expect(len(replies) == 1 and not replies[0]["verified"], f"{kind} {family}", events)


def first_probe_of_a_cold_path(lab):
    """The transmit stamp is taken behind address resolution (iputils#623)."""
    for kind, family, base in each():
        lab.run("c", "ip neigh flush all")
        lab.run("r", "ip neigh flush all")
        events = lab.probe(base + SERVER[family])
        stamps, replies = of(events, "transmitted"), of(events, "reply")
        expect(len(stamps) == 1 and len(replies) == 1, f"{kind} {family}", events)
        expect(0 <= replies[0]["ns"] < longest(replies[0]), "RTT", events)


def idle_wait_does_not_spin(lab):
    for kind, family, base in each():
        lab.nft("s", "table inet t { chain in { type filter hook input priority 0; "
                     "meta l4proto icmp drop; icmpv6 type echo-request drop; }; }")
        events = lab.probe(base + f"--timeout 700 {SERVER[family]}")
        expect(not of(events, "reply"), f"{kind} {family}: silence", events)
        expect(of(events, "end")[0]["waits"] <= 4, "sleeps", events)


if __name__ == "__main__":
    require_root_and_tools("nft")
    run_cases([loopback_has_kernel_stamps, ttl_and_tos_come_back, large_payload_is_received_whole,
               small_payloads, chosen_ident, source_and_interface, link_local_zone, record_route,
               options_of_an_earlier_probe, one_receive_drains, flow_label, unspecified_means_this_host, multicast_replies_from_elsewhere,
               unsigned_probes, first_probe_of_a_cold_path, idle_wait_does_not_spin])
