#!/usr/bin/env python3
"""kernel_troubles.py: what goes away under a running `sonde ping` and comes back (RELIABILITY.md R20):
the interface 20 times; its address, the route, the firewall's leave 5 times each. Raw sockets as root
and datagram sockets as nobody, IPv4 and IPv6. The run never ends by itself, answers come again as soon
as the way is there, every probe is accounted for, and what the system said is told."""

import json
import signal
import subprocess

from _kernel_lab import SERVER, expect, may_become_nobody, prepare, run_cases
from kernel_ping import restore_routes

BAD = ("timeout", "error", "send_failed")
IN_A_ROW = 3


def each():
    for family in ("v4", "v6"):
        yield family, "--transport raw", False
        yield family, "--transport dgram", may_become_nobody()


def through(lab, take_away, give_back, rounds):
    for family, options, nobody in each():
        command = lab.command(f"{options} --ndjson -i 10ms -W 100ms -c 1000000 {SERVER[family]}", nobody)
        with subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as run:
            events = []
            done = row = 0
            away = False
            for line in run.stdout:
                event = json.loads(line)
                events.append(event)
                wanted = BAD if away else ("reply",)
                row = row + 1 if event["event"] in wanted else row
                if row < IN_A_ROW:
                    continue
                row = 0
                if not away and done == rounds:
                    run.send_signal(signal.SIGINT)
                    done += 1
                elif done < rounds or away:
                    (give_back if away else take_away)(lab)
                    done += away
                    away = not away
        what = f"{family} {options}, {done} rounds"
        expect(run.returncode == 0, f"exit code {run.returncode}; {what}")
        expect(done == rounds + 1 and events[-1]["event"] == "end", f"{what}: {events[-1]}")
        expect(events[-1]["end_reason"] == "signal", f"{what}: ended by itself: {events[-1]}")
        counts = next(event["counts"] for event in reversed(events) if "counts" in event)
        known = sum(counts[name] for name in ("received", "late", "lost", "errors", "in_flight", "send_failures"))
        expect(counts["sent"] == known and counts["received"] > 0, f"{what}: {counts}")
        expect(counts["duplicate"] == 0, f"{what}: {counts}")


def interface(lab):
    through(lab, lambda lab: lab.ip("client", "link set right down"),
            lambda lab: (lab.ip("client", "link set right up"), restore_routes(lab)), rounds=20)


def address(lab):
    def take(lab):
        lab.ip("client", "addr del 10.88.1.1/24 dev right")
        lab.ip("client", "addr del fd88:1::1/64 dev right")

    def give(lab):
        lab.ip("client", "addr add 10.88.1.1/24 dev right")
        restore_routes(lab)

    through(lab, take, give, rounds=5)


def route(lab):
    def take(lab):
        lab.ip("client", "route del default")
        lab.ip("client", "route del ::/0")

    through(lab, take, restore_routes, rounds=5)


def firewall(lab):
    drop = "chain o { type filter hook output priority 0; meta l4proto { icmp, ipv6-icmp } drop; }"
    through(lab, lambda lab: lab.nft("client", drop), lambda lab: lab.nft("client", ""), rounds=5)


if __name__ == "__main__":
    prepare("nft")
    run_cases([interface, address, route, firewall])
