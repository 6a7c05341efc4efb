"""transport_errors.py: ICMP errors and send failures over the real kernel, for both kinds of socket
and both families. The bar is 3 of 3: no error is lost, none is seen twice."""

import subprocess

from _transport_lab import expect, of, require_root_and_tools, run_cases

SERVER = {"4": "10.77.2.1", "6": "fd77:2::1"}
ROUTER = {"4": "10.77.1.2", "6": "fd77:1::2"}
CLIENT = {"4": "10.77.1.1", "6": "fd77:1::1"}
EPERM, EMSGSIZE, ENETUNREACH = 1, 90, 101


def each():
    """Kind, family, options; datagram sockets without any privilege."""
    for kind in ("raw", "dgram"):
        for family in SERVER:
            yield kind, family, f"--backend {kind} ", kind == "dgram"


def expect_errors(events, count, responder, icmp, what):
    errors = of(events, "icmp_error")
    expect(len(errors) == count, f"{what}: {count} errors, {len(errors)} seen", events)
    expect([e["seq"] for e in errors] == list(range(1, count + 1)), f"{what}: one each", events)
    expect(all(e["from"] == responder for e in errors), f"{what}: from {responder}", events)
    expect(all((e["type"], e["code"]) == icmp for e in errors), f"{what}: type", events)
    expect(all(e["ns"] >= 0 for e in errors), f"{what}: time", events)
    expect(not of(events, "reply"), f"{what}: no reply", events)
    return errors


def time_exceeded(lab):
    for kind, family, base, plain in each():
        for gap in (1, 20):
            events = lab.probe(base + f"--count 3 --interval {gap} --ttl 1 {SERVER[family]}", plain)
            icmp = {"4": (11, 0), "6": (3, 0)}[family]
            errors = expect_errors(events, 3, ROUTER[family], icmp, f"{kind} {family}")
            expect(all(e["verified"] for e in errors), "the quote reaches the token", events)
            expect(all(e.get("ttl") == 64 for e in errors), "TTL of the error", events)
            if kind == "raw":
                expect(all(e["quoted_ttl"] == 1 for e in errors), "quoted TTL", events)


def administratively_prohibited(lab):
    lab.nft("r", "table inet t { chain f { type filter hook forward priority 0; "
                 "meta l4proto icmp reject with icmp admin-prohibited; "
                 "icmpv6 type echo-request reject with icmpv6 admin-prohibited; }; }")
    for kind, family, base, plain in each():
        for gap in (0, 20):
            events = lab.probe(base + f"--count 3 --interval {gap} {SERVER[family]}", plain)
            icmp = {"4": (3, 13), "6": (1, 1)}[family]
            expect_errors(events, 3, ROUTER[family], icmp, f"{kind} {family} gap {gap}")
            expect(all("error" not in sent for sent in of(events, "sent")), "all sent", events)


def port_unreachable(lab):
    lab.nft("s", "table inet t { chain f { type filter hook input priority 0; "
                 "meta l4proto icmp reject with icmp port-unreachable; "
                 "icmpv6 type echo-request reject with icmpv6 port-unreachable; }; }")
    for kind, family, base, plain in each():
        events = lab.probe(base + f"--count 3 {SERVER[family]}", plain)
        icmp = {"4": (3, 3), "6": (1, 4)}[family]
        expect_errors(events, 3, SERVER[family], icmp, f"{kind} {family}")


def no_route_behind_the_router(lab):
    for kind, family, base, plain in each():
        target = {"4": "192.0.2.1", "6": "2001:db8::1"}[family]
        # Two: a router owes a host only 5 in a row (ip_rt_error_burst), and it is asked twice.
        events = lab.probe(base + f"--count 2 {target}", plain)
        icmp = {"4": (3, 0), "6": (1, 0)}[family]
        expect_errors(events, 2, ROUTER[family], icmp, f"{kind} {family}")


def nobody_answers_arp(lab):
    """A local error, told as the kernel tells it: host unreachable, from our own address."""
    lab.run("c", "sysctl -qw net.ipv4.neigh.cr.retrans_time_ms=50 "
                 "net.ipv6.neigh.cr.retrans_time_ms=50")
    for kind, family, base, plain in each():
        target = {"4": "10.77.1.99", "6": "fd77:1::99"}[family]
        events = lab.probe(base + f"--count 2 --interval 5 --timeout 1500 {target}", plain)
        icmp = {"4": (3, 1), "6": (1, 3)}[family]
        expect_errors(events, 2, CLIENT[family], icmp, f"{kind} {family}")


def fragmentation_needed(lab):
    for kind, family, base, plain in each():
        lab.run("r", "ip link set rs mtu 1400")
        lab.run("s", "ip link set sr mtu 1400")
        lab.run("c", "ip route flush cache", check=False)
        lab.run("c", "ip -6 route flush cache", check=False)
        events = lab.probe(base + f"--count 3 --df --size 1400 {SERVER[family]}", plain)
        errors = of(events, "icmp_error")
        what = f"{kind} {family}"
        icmp = {"4": (3, 4), "6": (2, 0)}[family]
        expect(len(errors) == 1 and (errors[0]["type"], errors[0]["code"]) == icmp, what, events)
        expect(errors[0]["mtu"] == 1400, f"{what}: MTU of the error", events)
        # From then on the kernel knows: the send itself is refused, with the MTU.
        refused = [s["error"] for s in of(events, "sent") if "error" in s]
        expect(len(refused) == 2, f"{what}: two local refusals", events)
        expect(all(r["errno"] == EMSGSIZE and r.get("mtu") == 1400 for r in refused), what, events)
        expect(not of(events, "reply"), what, events)


def no_route_here(lab):
    lab.run("c", "ip route del default")
    lab.run("c", "ip -6 route del default")
    for kind, family, base, plain in each():
        events = lab.probe(base + f"--count 3 --timeout 100 {SERVER[family]}", plain)
        errors = [s["error"] for s in of(events, "sent")]
        expect(all(e["errno"] == ENETUNREACH and e["failure"] == 2 for e in errors),
               f"{kind} {family}", events)


def refused_by_the_local_firewall(lab):
    for kind, family, base, plain in each():
        lab.nft("c", "table inet t { chain o { type filter hook output priority 0; "
                     "meta l4proto icmp drop; icmpv6 type echo-request drop; }; }")
        events = lab.probe(base + f"--count 3 --timeout 100 {SERVER[family]}", plain)
        errors = [s.get("error", {}) for s in of(events, "sent")]
        # The kernel's IPv6 ping socket drops what its firewall says (ping_v6_sendmsg()).
        known = (kind, family) != ("dgram", "6")
        expect(not known or all(e.get("errno") == EPERM and e.get("failure") == 3 for e in errors),
               f"{kind} {family}", events)
        lab.nft("c", "")
        events = lab.probe(base + f"--count 1 {SERVER[family]}", plain)
        expect(len(of(events, "reply")) == 1, f"{kind} {family}: after the rule is gone", events)


def stamps_stay_in_step_after_failures(lab):
    """A failed send may or may not count as one for the kernel: stamps must not slip."""
    lab.nft("c", "table inet t { chain o { type filter hook output priority 0; "
                 "ip daddr 10.77.2.9 drop; ip6 daddr fd77:2::9 drop; }; }")
    for kind, family, base, plain in each():
        bad = {"4": "10.77.2.9", "6": "fd77:2::9"}[family]
        good = SERVER[family]
        events = lab.probe(base + f"--count 10 --interval 5 {good} {bad} {good}", plain)
        replies = of(events, "reply")
        expect(len(replies) == 20, f"{kind} {family}", events)
        stamps = [(t["target"], t["seq"]) for t in of(events, "transmitted")]
        wanted = sorted((t, s) for t in (0, 2) for s in range(1, 11))
        expect(sorted(stamps) == wanted, f"{kind} {family}: a stamp each", events)
        expect(all(t["ns"] >= -1000 for t in of(events, "transmitted")), "stamp", events)
        expect(all(r["ns"] >= 0 for r in replies), f"{kind} {family}: RTT", events)


def read_until(stream, event, count):
    """The lines up to the `count`-th such event, or to the end."""
    out = ""
    while out.count(f'"event":"{event}"') < count and (line := stream.readline()):
        out += line
    return out


def interface_flap(lab):
    for kind, family, base, plain in each():
        command = lab.command(base + f"--count 50 --interval 40 --timeout 200 {SERVER[family]}",
                              plain)
        with subprocess.Popen(command, text=True, stdout=subprocess.PIPE) as running:
            out = read_until(running.stdout, "reply", 8)
            lab.run("r", "ip link set rs down")
            out += read_until(running.stdout, "sent", 5)
            lab.run("r", "ip link set rs up")
            lab.run("r", "ip addr add fd77:2::2/64 dev rs nodad")  # went with the link
            rest, _ = running.communicate(timeout=20)
            out += rest
        expect(running.returncode == 0, f"{kind} {family}: ends well")
        answered = out.count('"event":"reply"')
        expect(8 <= answered < 50, f"{kind} {family}: {answered} answered")


def no_privilege_says_what_to_do(lab):
    # Only the client's group range was opened; the server's is as the kernel made it.
    events = lab.probe("127.0.0.1", unprivileged=True, role="s")
    refused = of(events, "refused")
    expect(len(refused) == 1 and refused[0]["code"] == 0, "permission", events)
    text = refused[0]["message"] + " " + refused[0]["hint"]
    for part in ("CAP_NET_RAW", 'net.ipv4.ping_group_range is "', "sudo sysctl -w",
                 "sudo setcap cap_net_raw+p"):
        expect(part in text, f"{part!r} in {text!r}")
    events = lab.probe("127.0.0.1 ::1", role="s")
    ladder = of(events, "open")[0]["ladder"]
    expect(ladder == ["datagram ICMP socket, IPv4: Permission denied", "raw ICMP socket, IPv4: open, filter locked",
                      "datagram ICMP socket, IPv6: Permission denied", "raw ICMP socket, IPv6: open, filter locked"],
           "ladder", events)


if __name__ == "__main__":
    require_root_and_tools("nft")
    run_cases([time_exceeded, administratively_prohibited, port_unreachable,
               no_route_behind_the_router, nobody_answers_arp, fragmentation_needed, no_route_here,
               refused_by_the_local_firewall, stamps_stay_in_step_after_failures, interface_flap,
               no_privilege_says_what_to_do])
