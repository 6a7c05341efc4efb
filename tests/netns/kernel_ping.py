#!/usr/bin/env python3
"""kernel_ping.py: `sonde ping` over two routers of the real kernel, in namespaces of their own.

Every case runs over raw sockets as root, and over datagram sockets as uid 65534 without any
capability where that user exists; IPv4 and IPv6; the counts must be the same for all.
Structure is checked, never microseconds.
"""
import subprocess
import threading

from _kernel_lab import (FIRST_ROUTER, SECOND_ROUTER, SERVER, expect, expect_counts,
                         may_become_nobody, prepare, run_cases)

FAST = "-i 20ms -W 1s"


def each():
    """Family, options, as nobody."""
    for family in ("v4", "v6"):
        yield family, "--transport raw", False
        yield family, "--transport dgram", may_become_nobody()


def probes(done):
    return done.document["targets"][0]["probes"]


def through_two_routers(lab):
    for family, options, nobody in each():
        done = lab.ping(f"{options} {FAST} -c 5 {SERVER[family]}", nobody)
        expect_counts(done, sent=5, received=5)
        expect(done.returncode == 0, "exit code")
        expect(all(p["ttl"] == 62 and p["from"] == SERVER[family] for p in probes(done)),
               f"TTL and sender: {probes(done)}")
        expect(all(p["verified"] for p in probes(done)), "tokens")


def privilege_is_named(lab):
    for family, options, nobody in each():
        done = lab.ping(f"{options} {FAST} -c 3 {SERVER[family]}", nobody)
        engine = done.document["engine"]
        expect(engine["privileged"] == ("raw" in options), f"{options}: {engine}")
        # The first reply may arrive before the kernel has switched its stamps on.
        last = probes(done)[-1]
        expect(last["clock"] == "kernel-tx-rx", f"{options}: {last}")


def ttl_expires_at_each_router(lab):
    icmp = {"v4": (11, 0), "v6": (3, 0)}
    for family, options, nobody in each():
        for ttl, router in ((1, FIRST_ROUTER), (2, SECOND_ROUTER)):
            done = lab.ping(f"{options} {FAST} -c 3 -t {ttl} {SERVER[family]}", nobody)
            expect_counts(done, sent=3, errors=3)
            expect(done.returncode == 1, "exit code")
            for probe in probes(done):
                expect(probe["from"] == router[family], f"from {probe['from']}")
                expect((probe["icmp"]["type"], probe["icmp"]["code"]) == icmp[family],
                       f"type {probe['icmp']}")


def ttl_expiry_in_words(lab):
    for family in SERVER:
        done = lab.text(f"{FAST} -c 1 -t 1 {SERVER[family]}")
        line = f"From {FIRST_ROUTER[family]} icmp_seq=1 Time to live exceeded"
        if family == "v6":
            line = f"From {FIRST_ROUTER[family]} icmp_seq=1 Time exceeded: Hop limit"
        expect(line in done.stdout, f"{done.stdout}")
        expect("1 packets transmitted, 0 received, +1 errors, 100% packet loss" in done.stdout,
               f"{done.stdout}")


def dropped_in_silence(lab):
    lab.nft("r2", "chain f { type filter hook forward priority 0; "
                  "meta l4proto { icmp, ipv6-icmp } drop; }")
    for family, options, nobody in each():
        done = lab.ping(f"{options} -i 20ms -W 200ms -c 3 {SERVER[family]}", nobody)
        expect_counts(done, sent=3, lost=3)
        expect(done.returncode == 1, "exit code")


def dropped_by_the_local_firewall(lab):
    lab.nft("client", "chain o { type filter hook output priority 0; "
                      "icmp type echo-request drop; icmpv6 type echo-request drop; }")
    for family, options, nobody in each():
        done = lab.ping(f"{options} -i 20ms -W 200ms -c 3 {SERVER[family]}", nobody)
        if family == "v6" and "dgram" in options:
            # Linux tells IPv6 datagram ICMP sockets that all went well: nobody can know better.
            expect_counts(done, sent=3, lost=3)
        else:
            expect_counts(done, sent=3, send_failures=3)


def prohibited_three_of_three(lab):
    """Where a router answers "prohibited", no error is lost, whoever asks and however fast."""
    lab.nft("r1", "chain f { type filter hook forward priority 0; "
                  "meta l4proto icmp reject with icmp admin-prohibited; "
                  "icmpv6 type echo-request reject with icmpv6 admin-prohibited; }")
    icmp = {"v4": (3, 13), "v6": (1, 1)}
    for family, options, nobody in each():
        for interval in ("2ms", "20ms", "200ms"):
            done = lab.ping(f"{options} -i {interval} -W 1s -c 3 {SERVER[family]}", nobody)
            expect_counts(done, sent=3, errors=3)
            for probe in probes(done):
                expect((probe["icmp"]["type"], probe["icmp"]["code"]) == icmp[family],
                       f"type {probe['icmp']}")
                expect(probe["from"] == FIRST_ROUTER[family], f"from {probe['from']}")


def too_big_for_a_link_on_the_way(lab):
    """The first probe learns the MTU from the router; Linux then refuses the others itself."""
    lab.ip("r1", "link set right mtu 1400")
    lab.ip("r2", "link set left mtu 1400")
    for family, options, nobody in each():
        lab.inside("client", "ip route flush cache")
        lab.inside("client", "ip -6 route flush cache")
        done = lab.ping(f"{options} {FAST} -M do -s 1400 -c 3 {SERVER[family]}", nobody)
        counts = done.document["targets"][0]["counts"]
        expect(counts["sent"] == 3 and counts["errors"] + counts["send_failures"] == 3,
               f"{options} {family}: {counts}")
        first = probes(done)[0]
        if first["outcome"] == "error" and first["icmp"]:
            expect(first["icmp"]["mtu"] == 1400, f"MTU: {first}")
        else:
            expect("1400" in str(first["send_error"]), f"MTU: {first}")


def fits_exactly(lab):
    lab.ip("r1", "link set right mtu 1400")
    lab.ip("r2", "link set left mtu 1400")
    for family, options, nobody in each():
        header = 28 if family == "v4" else 48
        done = lab.ping(f"{options} {FAST} -M do -s {1400 - header} -c 2 {SERVER[family]}", nobody)
        expect_counts(done, sent=2, received=2)


def no_route(lab):
    lab.ip("client", "route del default")
    lab.ip("client", "route del ::/0")
    for family, options, nobody in each():
        done = lab.ping(f"{options} -i 20ms -W 200ms -c 3 {SERVER[family]}", nobody)
        expect_counts(done, sent=3, send_failures=3)
        expect(done.returncode in (1, 4), f"exit code {done.returncode}")


def interface_flaps(lab):
    """Down for some probes and up again: the run recovers by itself, and the sums fit."""
    for family, options, nobody in each():
        command = lab.command(f"{options} --ndjson -i 50ms -W 200ms -c 80 {SERVER[family]}", nobody)
        with subprocess.Popen(command, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL) as run:
            outcomes = []
            for line in run.stdout:
                if '"event":"reply"' in line:
                    outcomes.append("reply")
                    if len(outcomes) == 5:
                        lab.ip("client", "link set right down")
                elif any(f'"event":"{bad}"' in line for bad in ("timeout", "error", "send_failed")):
                    outcomes.append("bad")
                    if outcomes.count("bad") == 5:
                        lab.ip("client", "link set right up")
                        restore_routes(lab)
        what = f"{family} {options}: {outcomes}"
        expect(run.returncode == 0, f"exit code {run.returncode}; {what}")
        expect(outcomes.count("bad") >= 5, what)
        expect(outcomes[-5:] == ["reply"] * 5, what)
        expect(len(outcomes) >= 80, what)


def restore_routes(lab):
    lab.inside("client", "ip route replace default via 10.88.1.2", check=False)
    lab.inside("client", "ip addr replace fd88:1::1/64 dev right nodad", check=False)
    lab.inside("client", "ip -6 route replace default via fd88:1::2", check=False)


def several_targets_one_dead(lab):
    for family, options, nobody in each():
        dead = {"v4": "10.88.3.77", "v6": "fd88:3::77"}[family]
        done = lab.ping(f"{options} -i 50ms -W 1s -c 3 {SERVER[family]} {dead}", nobody)
        alive, other = (target["counts"] for target in done.document["targets"])
        expect((alive["sent"], alive["received"]) == (3, 3), f"{alive}")
        expect((other["sent"], other["received"]) == (3, 0), f"{other}")
        expect(done.returncode == 1, "exit code")


def two_runs_with_one_identifier(lab):
    """Two raw pings that share an identifier: the token keeps their answers apart."""
    results = []

    def one():
        results.append(lab.ping(f"--transport raw -e 7 -i 20ms -W 1s -c 30 {SERVER['v4']}"))

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for done in results:
        expect_counts(done, sent=30, received=30)
    expect(len(results) == 2, "both ended")


if __name__ == "__main__":
    prepare("nft")
    run_cases([through_two_routers, privilege_is_named, ttl_expires_at_each_router,
               ttl_expiry_in_words, dropped_in_silence, dropped_by_the_local_firewall,
               prohibited_three_of_three, too_big_for_a_link_on_the_way, fits_exactly, no_route,
               interface_flaps, several_targets_one_dead, two_runs_with_one_identifier])
