#!/usr/bin/env python3
"""kernel_troubles.py: what goes away under a running `sonde ping` and comes back (RELIABILITY.md R20):
the interface 20 times; its address, the route, the firewall's leave 5 times each. Raw sockets as root
and datagram sockets as nobody, IPv4 and IPv6, four runs at once. The first probe that is sent after the
way is there again is answered, and as soon as one is due, but for what the machine's other work
delays; no run ends by itself, every probe is accounted for, and what the system said is told."""

import json
import signal
import statistics
import subprocess
import time
from datetime import datetime

from _kernel_events import KernelEvents
from _kernel_lab import SERVER, Failure, expect, may_become_nobody, prepare, run_cases
from kernel_ping import restore_routes

BAD = ("timeout", "error", "send_failed")
INTERVAL_MS = 100
TIMEOUT_MS = 2000  # longer than a busy machine holds anybody up; what cannot be sent says so at once
# From the way's return to the reply: the median of each run, and four in five of all.
SOON_MS = INTERVAL_MS + 50


def now():
    """In ms, on the clock of sent_at."""
    return 1e3 * time.time()


def sent_at(event):
    return 1e3 * datetime.fromisoformat(event["sent_at"]).timestamp()


class Run:
    def __init__(self, lab, family, socket, nobody):
        self.what = f"{family} {socket}"
        self.events = []
        self.process = subprocess.Popen(
            lab.command(f"--transport {socket} --ndjson -i {INTERVAL_MS}ms -W {TIMEOUT_MS}ms -c 1000000 {SERVER[family]}", nobody),
            text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def await_one(self, kinds, since):
        """On to an event of these kinds, of a probe that was sent after `since`."""
        for line in self.process.stdout:
            self.events.append(json.loads(line))
            if self.events[-1]["event"] in kinds and sent_at(self.events[-1]) >= since:
                return
        raise Failure(f"{self.what}: ended by itself: {self.events[-1:]}")

    def end(self, back):
        """When all that was sent at `back` or before is answered or given up."""
        self.await_one(("reply",), back + TIMEOUT_MS + INTERVAL_MS)
        self.process.send_signal(signal.SIGINT)
        self.events += map(json.loads, self.process.stdout)
        self.process.wait()

    def recovered(self, back):
        """How long after that the first probe that was sent was answered."""
        outcomes = {}
        for event in self.events:
            if event["event"] in (*BAD, "reply", "late") and sent_at(event) >= back:
                outcomes.setdefault(event["seq"], event)
        first = outcomes[min(outcomes)]
        waited = sent_at(first) - back
        expect(first["event"] == "reply", f"{self.what}: after {waited:.3f} ms: {first}")
        expect(waited <= INTERVAL_MS + TIMEOUT_MS, f"{self.what}: the first probe after {waited:.3f} ms")
        return waited + first["rtt_ms"]

    def recoveries(self, backs):
        """In ms, each."""
        times = [self.recovered(back) for back in backs]
        expect(statistics.median(times) <= SOON_MS, f"{self.what}: replies after {times} ms")
        return times

    def check_end(self):
        last = self.events[-1]
        expect(self.process.returncode == 0, f"{self.what}: exit code {self.process.returncode}")
        expect(last["event"] == "end" and last["end_reason"] == "signal", f"{self.what}: {last}")
        counts = next(event["counts"] for event in reversed(self.events) if "counts" in event)
        known = sum(counts[name] for name in ("received", "late", "lost", "errors", "in_flight", "send_failures"))
        expect(counts["sent"] == known and counts["received"] > 0, f"{self.what}: {counts}")
        expect(counts["duplicate"] == 0, f"{self.what}: {counts}")


def all_await(runs, kinds):
    since = now()
    for run in runs:
        run.await_one(kinds, since)
    return since


def through(lab, take_away, give_back, rounds):
    """Each round: the way goes, each run has seen it; it comes back, each run has a reply."""
    runs = [Run(lab, family, socket, nobody) for family in SERVER
            for socket, nobody in (("raw", False), ("dgram", may_become_nobody()))]
    backs = []
    try:
        all_await(runs, ("reply",))
        for _ in range(rounds):
            take_away()
            all_await(runs, BAD)
            give_back()
            backs.append(all_await(runs, ("reply",)))
        for run in runs:
            run.end(backs[-1])
    finally:
        for run in runs:
            run.process.kill()
            run.process.wait()
    for run in runs:
        run.check_end()
    times = [took for run in runs for took in run.recoveries(backs)]
    soon = sum(took <= SOON_MS for took in times)
    expect(soon >= 0.8 * len(times), f"{soon} of {len(times)} within {SOON_MS} ms: {times}")
    print(f"        {len(times)} recoveries: a reply after {min(times):.1f} to {max(times):.1f} ms,"
          f" at {INTERVAL_MS} ms a probe", flush=True)


def set_address6(lab, events):
    lab.ip("client", "addr replace fd88:1::1/64 dev right nodad")
    events.await_address("fd88:1::1")


def interface(lab):
    """Nothing is sent before it can be answered: for a question for the neighbour that gets no answer
    the kernel has a second's patience, and every probe waits as long."""
    router, client = (KernelEvents(lab.names[role]) for role in ("r1", "client"))

    def take():
        lab.ip("client", "link set right down")
        router.await_link("left", up=False)
        client.forget()

    def give():
        lab.ip("client", "link set right up")
        router.await_link("left", up=True)
        set_address6(lab, client)
        restore_routes(lab)

    through(lab, take, give, rounds=20)


def address(lab):
    client = KernelEvents(lab.names["client"])

    def take():
        lab.ip("client", "addr del 10.88.1.1/24 dev right")
        lab.ip("client", "addr del fd88:1::1/64 dev right")
        client.forget()

    def give():
        lab.ip("client", "addr add 10.88.1.1/24 dev right")
        set_address6(lab, client)
        restore_routes(lab)

    through(lab, take, give, rounds=5)


def route(lab):
    def take():
        lab.ip("client", "route del default")
        lab.ip("client", "route del ::/0")

    through(lab, take, lambda: restore_routes(lab), rounds=5)


def firewall(lab):
    drop = "chain o { type filter hook output priority 0; meta l4proto { icmp, ipv6-icmp } drop; }"
    through(lab, lambda: lab.nft("client", drop), lambda: lab.nft("client", ""), rounds=5)


if __name__ == "__main__":
    prepare("nft")
    run_cases([interface, address, route, firewall])
