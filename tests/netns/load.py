#!/usr/bin/env python3
"""load.py: 200,000 probes to one host, three times across the wrap of the sequence, with statistics that
are made again from their lines, for raw and datagram sockets, IPv4 and IPv6; and the filter of raw
sockets, that nobody can take off again."""
import ctypes
import errno
import os
import socket as sockets
import subprocess

from _kernel_lab import SONDE, end_with, expect, in_own_network
from _oracle import Replies

PROBES = 200_000
LOOPBACK = {"v4": "127.0.0.1", "v6": "::1"}
SO_DETACH_FILTER, PIDFD_OPEN, PIDFD_GETFD = 27, 434, 438


def across_the_wrap(family, socket):
    with subprocess.Popen([SONDE, "ping", "--ndjson", "-f", "-c", str(PROBES), "-W", "20s", "--transport",
                           socket, LOOPBACK[family]], stdout=subprocess.PIPE) as run:
        replies = Replies().read(run.stdout)
    expect(run.returncode == 0, f"exit code {run.returncode}")
    expect(replies.count == PROBES and replies.in_order, "not each probe has its one reply, in order")
    expect(replies.others == {"start": 1, "resolve": 1, "summary": 1, "end": 1}, f"{replies.others}")
    counts = replies.summary["counts"]
    expect(counts["sent"] == counts["received"] == PROBES and sum(counts.values()) == 2 * PROBES,
           f"{counts}")
    wrong = list(replies.differences())
    expect(not wrong, "; ".join(wrong))


def filter_is_locked(family):
    """Another process takes a copy of the socket, and may not take the filter off."""
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


def main():
    in_own_network()
    cases = [(across_the_wrap, family, socket) for family in LOOPBACK for socket in ("raw", "dgram")]
    cases += [(filter_is_locked, family) for family in LOOPBACK]
    end_with(cases)


if __name__ == "__main__":
    main()
