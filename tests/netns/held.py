#!/usr/bin/env python3
"""held.py: nobody can hold a run past its last send + time-out + 1 s: not with 50,000 forged replies a
second that reach the socket, nor with as many copies of the honest one, nor with errors about what
was never sent; and no probe is left unsent, nor its answer unread, for those. Raw and datagram sockets, IPv4 and IPv6,
each in a network namespace of its own."""
import subprocess
import sys
import time

from _hostile_tun import Failure, Hostile, command, expect, expect_counts, run
from _namespace import together
from tun_scenarios import KINDS, run_workers

RATE = {"forgers": 50_000, "repeaters": 50_000, "complainers": 300_000, "stretchers": 5_000}
INTERVAL, TIMEOUT, COUNT = 0.1, 1, 5
STALL = 10  # seconds: of a busy machine; what is held goes on for ever
MANY = 100


def words_of(family, socket, *words):
    """What a run shows. It does not tell when the last probe was sent: as planned, if nothing stalls."""
    started = time.monotonic()
    with subprocess.Popen(command(family, socket, *words), text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as process:
        told = process.communicate(timeout=60)[0]
    took = time.monotonic() - started
    expect(took <= INTERVAL * (COUNT - 1) + TIMEOUT + 1 + STALL, f"it took {took:.2f} s")
    return told


def held(mode, family, socket, show=run, count=COUNT, interval=INTERVAL, rate=None):
    """The run, which ends in time, as `show` has it."""
    rate = rate or RATE[mode]
    with Hostile("tun_spoofer", mode, rate) as spoofer:
        told = show(family, socket, "-c", str(count), "-i", f"{interval}", "-W", f"{TIMEOUT}")
        written = spoofer.stop()["written"]
    expect(written > rate * INTERVAL, f"only {written} were written")
    return told


def forgers(family, socket):
    document = held("forgers", family, socket)
    expect_counts(document, sent=COUNT, lost=COUNT, duplicate=0, corrupt=0)
    expect(document["rejects"]["token"] > COUNT, f"they did not come through: {document['rejects']}")


def repeaters(family, socket):
    document = held("repeaters", family, socket)
    expect_counts(document, sent=COUNT, received=COUNT, corrupt=0)
    expect(document["targets"][0]["counts"]["duplicate"] > COUNT, "no duplicates")


def repeaters_in_words(family, socket):
    """Each duplicate has a line of its own."""
    words = held("repeaters", family, socket, show=words_of)
    expect(f"{COUNT} packets transmitted, {COUNT} received, +" in words, words[-300:])
    expect(" 0% packet loss" in words, words[-300:])


def stretchers(family, socket):
    """Replies that are longer than what is read of a packet: nobody knows how long, and whether they are
    whole; none is one that was cut."""
    document = held("stretchers", family, socket)
    expect_counts(document, sent=COUNT, lost=COUNT, duplicate=0, corrupt=0)
    rejects = document["rejects"]
    expect(rejects["malformed"] > COUNT, f"they did not come through: {rejects}")
    expect(sum(rejects.values()) == rejects["malformed"], f"another cause: {rejects}")


def complainers(family, socket):
    """Errors about what was never sent: a datagram socket tells of each at its next call, which then has
    not sent or not read. What they push out of the socket's buffer is lost, and the system counts it."""
    for rate in (RATE["complainers"] // 15, RATE["complainers"]):
        document = held("complainers", family, socket, count=MANY, interval=0.01, rate=rate)
        expect_counts(document, sent=MANY, send_failures=0, errors=0, duplicate=0)
        counts, dropped = document["targets"][0]["counts"], document["dropped"]
        expect(counts["lost"] <= dropped, f"at {rate}/s, {dropped} dropped: {counts}")
        expect(document["rejects"]["quote"] > MANY, f"they did not come through: {document['rejects']}")


def worker(family, socket):
    with open("/proc/sys/net/ipv4/ping_group_range", "w", encoding="ascii") as groups:
        groups.write("0 0\n")  # ours, whatever it is outside
    failed = 0
    for case in (forgers, repeaters, repeaters_in_words, stretchers, complainers):
        try:
            case(family, socket)
        except (Failure, subprocess.TimeoutExpired) as failure:
            failed += 1
            print(f"FAILED {case.__name__} {family} {socket}: {failure}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    # One after the other: each of them would keep a processor busy.
    sys.exit(worker(*sys.argv[2:4]) if sys.argv[1:2] == ["--worker"]
             else together(run_workers(__file__, [kind]) for kind in KINDS))
