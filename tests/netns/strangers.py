#!/usr/bin/env python3
"""strangers.py: 100,000 packets a second that are others' concern, while `sonde ping` waits for its
replies: they may cost it 1 % of a processor at most, and none comes through. Raw and datagram sockets,
IPv4 and IPv6, each in a network namespace of its own."""
import os
import resource
import subprocess
import sys

from _hostile_tun import Failure, Hostile, command, expect, expect_counts, finish
from tun_scenarios import KINDS, run_workers

RATE = 100_000
SHARE = 0.01  # of a processor, for RATE packets a second
SANITIZED = os.environ.get("SONDE_SANITIZED") == "1"


def strangers(family, socket):
    """They cost the program nothing, for they do not reach it. The bar is a share of the processor for
    so many packets a second; on a busy machine there are fewer, and it may cost as much less."""
    with Hostile("tun_spoofer", "strangers", RATE) as spoofer:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        words = ["--json", "-c", "20", "-i", "100ms", "-W", "5s"]
        with subprocess.Popen(command(family, socket, *words), text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as process:
            document = finish(process)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        written = spoofer.stop()["written"]
    expect_counts(document, sent=20, received=20, duplicate=0)
    expect(sum(document["rejects"].values()) == 0, f"they came through: {document['rejects']}")
    # Of the only child that has ended in between.
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    seconds = document["elapsed_ms"] / 1000
    expect(written >= RATE * seconds / 2, f"only {written} strangers in {seconds:.2f} s")
    print(f"{family} {socket}: {written / seconds:.0f} strangers a second, {spent / seconds:.4f} of a"
          " processor", flush=True)
    expect(SANITIZED or spent / seconds <= SHARE * written / (RATE * seconds), f"{spent} s of {seconds} s")


def worker(family, socket):
    with open("/proc/sys/net/ipv4/ping_group_range", "w", encoding="ascii") as groups:
        groups.write("0 0\n")  # ours, whatever it is outside
    try:
        strangers(family, socket)
    except (Failure, subprocess.TimeoutExpired) as failure:
        print(f"FAILED {family} {socket}: {failure}", flush=True)
        return 1
    return 0


if __name__ == "__main__":
    # One after the other: what is measured is processor time.
    sys.exit(worker(*sys.argv[2:4]) if sys.argv[1:2] == ["--worker"]
             else max(run_workers(__file__, [kind]) for kind in KINDS))
