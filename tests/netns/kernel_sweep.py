#!/usr/bin/env python3
"""kernel_sweep.py: `sonde sweep` over routers of the real kernel, in namespaces of their own.

The lab is that of _sweep_lab.py. Where it matters, a case runs over raw sockets as root, and over
datagram sockets as uid 65534 without any capability where that user exists. What was sent is read
off the wire by tcpdump at the client's first hop. Structure is checked; the only time is "Ctrl-C
stops sending within 100 ms", as the number of probes that 100 ms hold.
"""
import collections
import json
import shutil
import signal
import statistics
import subprocess
import time

from _kernel_lab import (FIRST_ROUTER, SECOND_ROUTER, LeftOut, expect, may_become_nobody, prepare,
                         run_cases)
from _sweep_lab import SweepLab, Wire

FAST = "-r 0 -W 1s --rate 5000"
RATE, STOP_S = 5000, 0.1
AT_ONCE = 30  # seconds, for what might wait for an hour
FPING = ["-r", "0", "-t", "1000", "-i", "1"]


def each():
    yield "--transport raw", False
    yield "--transport dgram", may_become_nobody()


def of(document):
    return {target["address"]: target for target in document["targets"]}


def errors_are_credited_to_the_quoted_target(lab):
    """Three kinds of error from two routers, among hosts that answer: each at its own target."""
    lab.nft("r1", "chain f { type filter hook forward priority 0; "
                  "ip daddr 10.88.64.16/28 icmp type echo-request "
                  "reject with icmp admin-prohibited; "
                  "ip6 daddr fd88:64::10/124 icmpv6 type echo-request "
                  "reject with icmpv6 admin-prohibited; }")
    lab.nft("r2", "chain f { type filter hook forward priority 0; "
                  "ip daddr 10.88.64.32/28 icmp type echo-request "
                  "reject with icmp host-unreachable; "
                  "ip daddr 10.88.64.48/28 icmp type echo-request "
                  "reject with icmp net-unreachable; "
                  "ip6 daddr fd88:64::20/124 icmpv6 type echo-request "
                  "reject with icmpv6 addr-unreachable; }")
    wanted = {"v4": {1: (3, 13, FIRST_ROUTER["v4"]), 2: (3, 1, SECOND_ROUTER["v4"]),
                     3: (3, 0, SECOND_ROUTER["v4"])},
              "v6": {1: (1, 1, FIRST_ROUTER["v6"]), 2: (1, 3, SECOND_ROUTER["v6"])}}
    operands = {"v4": "10.88.64.1-10.88.64.79", "v6": "fd88:64::1-fd88:64::4f"}
    for options, nobody in each():
        for family, operand in operands.items():
            document, done = lab.document(
                f"{options} -c 2 -i 50ms -W 1s --rate 5000 {operand}", nobody)
            expect(len(document["targets"]) == 79, f"{options}: {len(document['targets'])} targets")
            for address, target in of(document).items():
                last = int(address.rsplit("." if family == "v4" else ":", 1)[1],
                           10 if family == "v4" else 16)
                error = wanted[family].get(last // 16)
                counts = target["counts"]
                if error is None:
                    expect(counts["received"] == 2 and counts["errors"] == 0,
                           f"{options} {address}: {counts}")
                    continue
                expect(counts["errors"] == 2 and counts["received"] == 0,
                       f"{options} {address}: {counts} {done.stderr}")
                icmp = target["icmp"]
                expect((icmp["type"], icmp["code"], icmp["from"]) == error,
                       f"{options} {address}: {icmp}, not {error}")
            single, _ = lab.document(f"{options} -r 0 -W 1s --rate 5000 {operand}", nobody)
            expect({address: target.get("icmp") for address, target in of(single).items()} ==
                   {address: target.get("icmp") for address, target in of(document).items()},
                   f"{options}: without rounds the ICMP errors are not the same")
            expect(done.returncode == 1, f"exit code {done.returncode}")


def as_fping_says(lab):
    """The same verdict on every address of a mixed network, in both lists."""
    lab.nft("r1", "chain f { type filter hook forward priority 0; "
                  "ip daddr 10.88.64.16/28 icmp type echo-request "
                  "reject with icmp admin-prohibited; "
                  "ip daddr 10.88.64.64/28 icmp type echo-request drop; }")
    if not shutil.which("fping"):
        raise LeftOut("fping is not installed")
    for letter in "au":
        peer = subprocess.run(
            ["ip", "netns", "exec", lab.names["client"], "fping", f"-{letter}", *FPING, "-g",
             "10.88.64.0/24"], text=True, capture_output=True, timeout=100)
        ours = lab.sweep(f"-{letter} {FAST} -g 10.88.64.0/24")
        expect(sorted(ours.stdout.split()) == sorted(peer.stdout.split()),
               f"-{letter}: {len(ours.stdout.split())} lines, fping has {len(peer.stdout.split())}")
        expect(ours.returncode == peer.returncode == 1,
               f"exit codes {ours.returncode}, {peer.returncode}")


def random_order_is_a_permutation(lab):
    targets = "10.88.68.0/22"
    orders = []
    for order in ("random:1", "random:1", "random:2", "sequential"):
        wire = Wire(lab)
        lab.lines(f"-a {FAST} --order {order} {targets}")
        orders.append([destination for _, destination in wire.finish()])
    again, first, other, plain = orders
    expect(again == first, "the same seed makes the same order")
    expect(first != other and sorted(first) == sorted(other) == sorted(plain), "a permutation")
    neighbours = sum(a.rsplit(".", 1)[0] == b.rsplit(".", 1)[0] for a, b in zip(first, first[1:]))
    expect(neighbours < len(first) / 2, f"{neighbours} neighbours of {len(first)} in the same /24")


def interrupt_stops_sending_at_once(lab):
    """Ctrl-C: no more probes leave than in 100 ms, and what is known is printed; none is waited for.
    Whoever does not run meanwhile does not send either."""
    for options in ("-W 1h", "-W 1h -c 1000 -i 10ms", "-W 1h -l -i 10ms"):
        wire = Wire(lab)
        with subprocess.Popen(lab.sweep_command(f"--json --rate {RATE} {options} 10.88.64.0/20"), text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
            wire.wait_for(200)  # it is in full swing
            run.send_signal(signal.SIGINT)
            stopped = time.time()
            out, err = run.communicate(timeout=AT_ONCE)
        later = sum(at > stopped for at, _ in wire.finish())
        expect(later <= RATE * STOP_S, f"{options}: {later} sent after the signal")
        document = json.loads(out)
        expect(document["end_reason"] == "signal", f"{options}: {document['end_reason']}")
        expect(any(t["state"] == "alive" for t in document["targets"]), f"{options}: {err}")


def exit_codes(lab):
    cases = (("10.88.64.1 10.88.64.2", 0), ("10.88.64.1 10.88.65.1", 1), ("10.88.65.1", 1),
             ("-x 1 10.88.64.1 10.88.65.1", 0), ("-x 2 10.88.64.1 10.88.65.1", 1),
             ("-x 3 10.88.64.1", 1), ("10.88.64.1/33", 3), ("--shard 4/3 10.88.64.1", 3),
             ("", 3), ("-f /no/such/file", 4), ("224.0.0.1", 3), ("0.0.0.1", 3),
             ("10.88.64.1 not-a-name", 2))
    for arguments, wanted in cases:
        done = lab.sweep(f"-r 0 -W 1s {arguments}")
        expect(done.returncode == wanted,
               f"{arguments}: {done.returncode}, not {wanted}: {done.stderr.strip()}")


def slower_where_it_is_prohibited(lab):
    """The rate is halved, and a note says so; a network that answers is swept as asked."""
    took = {}
    prohibit = ("chain f { type filter hook forward priority 0; "
                "icmp type echo-request reject with icmp admin-prohibited; }")
    for rules in ("", prohibit):
        lab.nft("r1", rules)
        wire = Wire(lab)
        done = lab.sweep("-a -r 0 -W 200ms --rate 2000 10.88.72.0/21")
        sent = [at for at, _ in wire.finish()]
        expect(len(sent) == 2046, f"{len(sent)} sent")
        expect(("prohibited" in done.stderr) == bool(rules), f"the note: {done.stderr!r}")
        # Of 100 probes, half of the time: a moment in which nobody runs is not the rate.
        took[rules] = statistics.median(later - at for at, later in zip(sent, sent[100:]))
    expect(took[prohibit] > 1.5 * took[""],
           f"{took[prohibit]:.3f} s for 100 where it is prohibited, {took['']:.3f} s where not")


def more_probes_than_a_16_bit_sequence_can_tell(lab):
    """4,094 hosts x 20 in four seconds: fping gives up at 4,100 x 16."""
    document, done = lab.document("-c 20 -i 20ms -W 2s --rate 20000 --allow fast 10.88.64.0/20")
    totals = collections.Counter()
    for target in document["targets"]:
        totals.update(target["counts"])
    silent = sum(target["address"].startswith("10.88.65.") for target in document["targets"])
    expect((silent, len(document["targets"])) == (256, 4094), f"{silent} silent targets")
    expect(totals["sent"] == 81880 and totals["received"] == 81880 - 256 * 20,
           f"{totals} {done.stderr}")
    expect(totals["duplicate"] == 0 and totals["errors"] == 0, f"{totals}")


def dead_neighbours_cost_no_live_one_its_probe(lab):
    """What waits for ARP keeps its room for 3 s, and the send buffer holds fewer than there are."""
    live = {"10.99.0.1", *(f"10.99.1.{last}" for last in range(10, 100, 10))}
    lab.ip("client", "addr add 10.99.0.1/22 dev right")
    for address in live - {"10.99.0.1"}:
        lab.ip("r1", f"addr add {address}/22 dev left")
    alive = lab.sweep("-a -r 0 -W 1s --rate 5000 --transport dgram 10.99.0.0/22",
                      may_become_nobody())
    expect(sorted(alive.stdout.split()) == sorted(live), f"{alive.stdout.split()}, {alive.stderr}")
    for options, nobody in each():
        document, done = lab.document(
            f"{options} -C 3 -i 100ms -W 1s --rate 5000 10.99.0.0/23", nobody)
        found = {a: t["counts"] for a, t in of(document).items() if t["state"] == "alive"}
        expect(found.keys() == live, f"{options}: {sorted(found)} are alive")
        expect(all((c["sent"], c["received"]) == (3, 3) for c in found.values()),
               f"{options}: {found}")
        totals = document["totals"]["counts"]
        expect((totals["sent"], totals["send_failures"]) == (1530, 0), f"{options}: {totals}")
        expect(done.returncode == 1 and "failed" not in done.stderr, f"{options}: {done.stderr}")


if __name__ == "__main__":
    prepare("nft", "tcpdump")
    run_cases([errors_are_credited_to_the_quoted_target, as_fping_says,
               random_order_is_a_permutation, interrupt_stops_sending_at_once, exit_codes,
               slower_where_it_is_prohibited, more_probes_than_a_16_bit_sequence_can_tell,
               dead_neighbours_cost_no_live_one_its_probe],
              SweepLab)
