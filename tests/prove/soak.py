#!/usr/bin/env python3
"""A flood of 10,000,000 probes over loopback: from the first twentieth on, resident memory grows by
1 MiB at most and no descriptor is opened; the counts are those of the kernel's own ICMP counters. Raw and
datagram, as text and as lines, whose statistics are made again in whole nanoseconds (tests/netns/_oracle.py)."""
import os
import re
import select
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "netns"))

from _kernel_lab import SONDE, end_with, expect, in_own_network  # noqa: E402
from _oracle import Replies  # noqa: E402

SANITIZED = os.environ.get("SONDE_SANITIZED") == "1"
PROBES = 1_000_000 if SANITIZED else 10_000_000
GROWTH_KIB = 1024
SAMPLE_MS = 250


def icmp_counters():
    """Echo requests that left, echo replies that came, in this network namespace."""
    with open("/proc/net/snmp", encoding="ascii") as file:
        names, values = [line.split()[1:] for line in file if line.startswith("IcmpMsg:")] or [[], []]
    counters = dict(zip(names, map(int, values)))
    return counters.get("OutType8", 0), counters.get("InType0", 0)


def resident(process):
    """None: it has ended."""
    with open(f"/proc/{process}/status", encoding="ascii") as file:
        return next((int(line.split()[1]) for line in file if line.startswith("VmRSS")), None)


class Samples:
    """Resident KiB and descriptors, from the first twentieth of the run on."""

    def __init__(self, process):
        self.process, self.before = process, icmp_counters()[0]
        self.memory, self.descriptors = [], set()

    def take(self):
        descriptors = len(os.listdir(f"/proc/{self.process}/fd"))
        memory = resident(self.process)  # it was there yet when its descriptors were counted
        if memory and icmp_counters()[0] - self.before > PROBES / 20:
            self.memory.append(memory)
            self.descriptors.add(descriptors)

    def check(self, what):
        expect(len(self.memory) >= 8, f"only {len(self.memory)} samples")
        expect(len(self.descriptors) == 1, f"descriptors {sorted(self.descriptors)}")
        print(f"{what}: {PROBES} probes, {self.memory[0]} KiB resident at first, {max(self.memory)} at most in"
              f" {len(self.memory)} samples, {min(self.descriptors)} descriptors", flush=True)
        grown = max(self.memory) - self.memory[0]
        expect(SANITIZED or grown <= GROWTH_KIB, f"grows by {grown} KiB")


def flood(socket, *options):
    return [SONDE, "ping", *options, "-f", "-c", str(PROBES), "-W", "20s", "--transport", socket, "127.0.0.1"]


def text(socket):
    before = icmp_counters()
    with subprocess.Popen(flood(socket, "-q"), stdout=subprocess.PIPE, text=True) as run:
        samples, ended = Samples(run.pid), select.poll()
        ended.register(os.pidfd_open(run.pid), select.POLLIN)
        while not ended.poll(SAMPLE_MS):
            samples.take()
        words = run.stdout.read()
    expect(run.returncode == 0, f"exit code {run.returncode}")
    # No word of duplicates, errors or anything else.
    told = re.search(rf"^{PROBES} packets transmitted, {PROBES} received, 0% packet loss, time \d+ms\n"
                     r"rtt min/avg/max/mdev = ([\d.]+)/([\d.]+)/([\d.]+)/", words, re.MULTILINE)
    expect(told, words)
    least, mean, most = map(float, told.groups())
    expect(least <= mean <= most, words)
    check_kernel_counts(before)
    samples.check(f"text {socket}")


def lines(socket):
    before = icmp_counters()
    with subprocess.Popen(flood(socket, "--ndjson"), stdout=subprocess.PIPE) as run:
        samples = Samples(run.pid)
        replies = Replies().read(run.stdout, samples.take)
    expect(run.returncode == 0, f"exit code {run.returncode}")
    expect(replies.count == PROBES and replies.in_order, "not each probe has its one reply, in order")
    expect(replies.others == {"start": 1, "resolve": 1, "summary": 1, "end": 1}, f"{replies.others}")
    counts = replies.summary["counts"]
    expect(counts["sent"] == counts["received"] == PROBES and sum(counts.values()) == 2 * PROBES, f"{counts}")
    wrong = list(replies.differences())
    expect(not wrong, "; ".join(wrong))
    check_kernel_counts(before)
    samples.check(f"lines {socket}")
    print(f"lines {socket}: the statistics are those of {replies.count} lines, {len(replies.rtts)} different RTTs",
          flush=True)


def check_kernel_counts(before):
    """Loopback: who is asked is asked here, and counts the answer that it gets."""
    sent, answered = (after - sooner for after, sooner in zip(icmp_counters(), before))
    expect(sent == answered == PROBES, f"the kernel sent {sent} and got {answered} replies")


def main():
    in_own_network()
    end_with([(how, socket) for how in (text, lines) for socket in ("raw", "dgram")])


if __name__ == "__main__":
    main()
