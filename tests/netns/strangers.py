#!/usr/bin/env python3
"""strangers.py: 100,000 packets a second that are others' concern, while `sonde ping` waits for its
replies: they may cost it 1 % of a processor at most, and none comes through. It runs until a fixed number is
written, however long that takes here. Raw and datagram sockets, IPv4 and IPv6, each in a network
namespace of its own."""
import json
import os
import resource
import signal
import subprocess
import sys

from _hostile_tun import SONDE, Failure, Hostile, command, expect
from _namespace import together
from tun_scenarios import DEVICE, KINDS, run_workers

RATE = 100_000
STRANGERS, REPLIES = 2 * RATE, 20  # of each at least
LOOPBACK = {"v4": "127.0.0.1", "v6": "::1"}
TIMEOUT = 60  # for what hangs
SHARE = 0.01  # of a processor, for RATE packets a second
SANITIZED = os.environ.get("SONDE_SANITIZED") == "1"


def come_in():
    """How many packets came by the device so far: strangers and answers."""
    with open("/proc/thread-self/net/dev", encoding="ascii") as devices:
        return next(int(line.split()[2]) for line in devices if line.split()[0] == f"{DEVICE}:")


def spent_by_children():
    """Seconds of a processor, of those that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def among_strangers(family, socket):
    """What the run told, and what it cost; it ends with a reply behind the last of the strangers."""
    before = spent_by_children()
    words = ["--ndjson", "-c", "1000000", "-i", "100ms", "-W", "1h"]
    with subprocess.Popen(command(family, socket, *words), text=True, stdout=subprocess.PIPE) as process:
        events, replies = [], 0
        for line in process.stdout:
            events.append(json.loads(line))
            replies += events[-1]["event"] == "reply"
            if replies > REPLIES and come_in() >= STRANGERS + 2 * replies:  # not all of those are answers
                process.send_signal(signal.SIGINT)
                break
        events += map(json.loads, process.stdout)
    expect(process.returncode == 0, f"exit code {process.returncode}: {events[-1:]}")
    return events, spent_by_children() - before


def alone(family, socket, probes):
    """What as many probes cost where there is nobody else."""
    before = spent_by_children()
    subprocess.run([SONDE, "ping", "--transport", socket, "-n", "--ndjson", "-c", str(probes), "-i", "10ms",
                    LOOPBACK[family]], stdout=subprocess.DEVNULL, check=True, timeout=TIMEOUT)
    return spent_by_children() - before


def strangers(family, socket):
    """They cost the program nothing, for they do not reach it. The bar is a share of the processor for
    so many packets a second: a busy machine takes longer to write as many, which costs no more."""
    with Hostile("tun_spoofer", "strangers", RATE) as spoofer:
        events, spent = among_strangers(family, socket)
        written = spoofer.stop()["written"]
    end = events[-1]
    counts = next(event["counts"] for event in reversed(events) if "counts" in event)
    answered = [event["seq"] for event in events if event["event"] == "reply"]
    # All but those whose answer was on its way when the run was ended.
    expect(answered == list(range(1, len(answered) + 1)), f"answered: {answered}")
    expect(counts["sent"] == counts["received"] + counts["in_flight"] and counts["received"] == len(answered) and
           counts["duplicate"] == counts["late"] == 0, f"{counts}")
    expect(sum(end["rejects"].values()) == 0, f"they came through: {end['rejects']}")
    expect(written >= STRANGERS, f"only {written} strangers")
    more = spent - alone(family, socket, counts["sent"])
    seconds = end["elapsed_ms"] / 1000
    print(f"{family} {socket}: {written} strangers in {seconds:.2f} s; {1000 * spent:.1f} ms of a processor,"
          f" {1000 * more:.1f} more than alone", flush=True)
    expect(SANITIZED or more <= SHARE * written / RATE, f"{more} s for {written} strangers")


def worker(family, socket):
    with open("/proc/sys/net/ipv4/ping_group_range", "w", encoding="ascii") as groups:
        groups.write("0 0\n")  # ours, whatever it is outside
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    try:
        strangers(family, socket)
    except (Failure, subprocess.SubprocessError) as failure:
        print(f"FAILED {family} {socket}: {failure}", flush=True)
        return 1
    return 0


if __name__ == "__main__":
    # One after the other: what is measured is processor time.
    sys.exit(worker(*sys.argv[2:4]) if sys.argv[1:2] == ["--worker"]
             else together(run_workers(__file__, [kind]) for kind in KINDS))
