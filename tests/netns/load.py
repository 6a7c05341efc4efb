#!/usr/bin/env python3
"""load.py: `sonde ping` under load, for raw and datagram sockets, IPv4 and IPv6, each in a network
namespace of its own: 200,000 probes to one host, three times across the wrap of the sequence, with
statistics that are made again from their lines; strangers' packets, 100,000 a second, which may cost
1 % of a processor at most; a filter that is locked."""
import ctypes
import errno
import os
import resource
import socket as sockets
import subprocess
import sys

from _hostile_tun import Failure, Hostile, command, expect, expect_counts, finish
from _oracle import Replies
from tun_scenarios import KINDS, SONDE, run_workers

PROBES = 200_000
LOOPBACK = {"v4": "127.0.0.1", "v6": "::1"}
RATE = 100_000
SHARE = 0.01  # of a processor, for RATE packets a second
SO_DETACH_FILTER, PIDFD_OPEN, PIDFD_GETFD = 27, 434, 438
SANITIZED = os.environ.get("SONDE_SANITIZED") == "1"


def across_the_wrap(family, socket):
    with subprocess.Popen([SONDE, "ping", "--ndjson", "-f", "-c", str(PROBES), "-W", "20s", "--transport",
                           socket, LOOPBACK[family]], stdout=subprocess.PIPE) as run:
        replies = Replies().read(run.stdout)
    expect(run.returncode == 0, f"exit code {run.returncode}")
    expect(replies.sequences == list(range(1, PROBES + 1)), "not each probe has its one reply, in order")
    expect(replies.others == {"start": 1, "resolve": 1, "summary": 1, "end": 1}, f"{replies.others}")
    counts = replies.summary["counts"]
    expect(counts["sent"] == counts["received"] == PROBES and sum(counts.values()) == 2 * PROBES,
           f"{counts}")
    wrong = list(replies.differences())
    expect(not wrong, "; ".join(wrong))


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


def filter_is_locked(family, socket):
    """Another process takes a copy of the socket, and may not take the filter off."""
    if socket != "raw":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    with subprocess.Popen([SONDE, "ping", "-W", "5s", "--transport", "raw", LOOPBACK[family]], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as run:
        run.stdout.readline()
        run.stdout.readline()  # the first reply: all is set up
        process = libc.syscall(PIDFD_OPEN, run.pid, 0)
        links = {fd: os.readlink(f"/proc/{run.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{run.pid}/fd")}
        held = [int(fd) for fd, target in links.items() if target.startswith("socket:")]
        copies = [libc.syscall(PIDFD_GETFD, process, fd, 0) for fd in held]
        expect(copies and min(copies) >= 0, f"no copy of {held}: {os.strerror(ctypes.get_errno())}")
        try:
            sockets.socket(fileno=copies[0]).setsockopt(sockets.SOL_SOCKET, SO_DETACH_FILTER, 0)
            told = 0
        except OSError as refusal:
            told = refusal.errno
        run.terminate()
        run.stdout.read()
    expect(told == errno.EPERM, f"the filter can be taken off: {errno.errorcode.get(told)}")


def worker(family, socket):
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with open("/proc/sys/net/ipv4/ping_group_range", "w", encoding="ascii") as groups:
        groups.write("0 0\n")  # ours, whatever it is outside
    failed = 0
    for case in (across_the_wrap, filter_is_locked, strangers):
        try:
            case(family, socket)
        except (Failure, subprocess.TimeoutExpired) as failure:
            failed += 1
            print(f"FAILED {case.__name__} {family} {socket}: {failure}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    # One after the other: what is measured is processor time.
    sys.exit(worker(*sys.argv[2:4]) if sys.argv[1:2] == ["--worker"]
             else max(run_workers(__file__, [kind]) for kind in KINDS))
