#!/usr/bin/env python3
"""A flood of 10,000,000 probes over loopback: from the first twentieth on, resident memory grows by
1 MiB at most and no descriptor is opened; the counts are those of the kernel's own ICMP counters, and
of a shorter run the statistics are those that its lines give (tests/netns/_oracle.py)."""
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
LINES = 1_000_000
GROWTH_KIB = 1024
SAMPLE_MS = 250


def icmp_counters():
    """Echo requests that left, echo replies that came, in this network namespace."""
    with open("/proc/net/snmp", encoding="ascii") as file:
        names, values = [line.split()[1:] for line in file if line.startswith("IcmpMsg:")] or [[], []]
    counters = dict(zip(names, map(int, values)))
    return counters.get("OutType8", 0), counters.get("InType0", 0)


def resident(process):
    with open(f"/proc/{process}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))


def samples(process):
    """Resident KiB and descriptors, from the first twentieth of the run to its end."""
    ended = select.poll()
    ended.register(os.pidfd_open(process), select.POLLIN)
    while not ended.poll(SAMPLE_MS):
        if icmp_counters()[0] > PROBES / 20:
            yield resident(process), len(os.listdir(f"/proc/{process}/fd"))


def soak(socket):
    before = icmp_counters()
    with subprocess.Popen([SONDE, "ping", "-q", "-f", "-c", str(PROBES), "-W", "20s", "--transport", socket,
                           "127.0.0.1"], stdout=subprocess.PIPE, text=True) as run:
        memory, descriptors = zip(*samples(run.pid))
        words = run.stdout.read()
    expect(run.returncode == 0, f"exit code {run.returncode}")
    # No word of duplicates, errors or anything else.
    told = re.search(rf"^{PROBES} packets transmitted, {PROBES} received, 0% packet loss, time (\d+)ms\n"
                     r"rtt min/avg/max/mdev = ([\d.]+)/([\d.]+)/([\d.]+)/", words, re.MULTILINE)
    expect(told, words)
    least, mean, most = map(float, told.groups()[1:])
    expect(least <= mean <= most, words)
    sent = icmp_counters()[0] - before[0]
    expect(sent == PROBES, f"the kernel sent {sent}")
    expect(len(memory) >= 8, f"only {len(memory)} samples")
    expect(len(set(descriptors)) == 1, f"descriptors {sorted(set(descriptors))}")
    print(f"{socket}: {PROBES} probes in {int(told[1]) / 1000:.1f} s, {memory[0]} KiB resident at first,"
          f" {max(memory)} at most, {descriptors[0]} descriptors", flush=True)
    expect(SANITIZED or max(memory) - memory[0] <= GROWTH_KIB, f"grows: {memory[0]} to {max(memory)} KiB")


def lines(socket):
    with subprocess.Popen([SONDE, "ping", "--ndjson", "-f", "-c", str(LINES), "-W", "20s", "--transport", socket,
                           "127.0.0.1"], stdout=subprocess.PIPE) as run:
        replies = Replies().read(run.stdout)
    expect(run.returncode == 0, f"exit code {run.returncode}")
    expect(replies.sequences == list(range(1, LINES + 1)), "not each probe has its one reply, in order")
    wrong = list(replies.differences())
    expect(not wrong, "; ".join(wrong))
    print(f"{socket}: the statistics of {LINES} probes are those of their lines", flush=True)


def main():
    in_own_network()
    end_with([(soak, "raw"), (soak, "dgram"), (lines, "dgram")])


if __name__ == "__main__":
    main()
