"""When echo requests leave over loopback, by the kernel's own stamps; what of their rhythm is wrong, and
how much of that a bare loop of sleeps shows as well."""

import collections
import errno
import json
import os
import select
import socket
import statistics
import struct
import time

ETH_P_ALL, ETH_P_IP, PACKET_OUTGOING = 3, 0x0800, 4
SO_TIMESTAMPNS = 35
ECHO_REQUEST = 8
TOLERANCE = 0.05
SPARE_GAPS = 2  # spoiled by one late wake-up


def ask_for_real_time():
    """For this process and those that it starts: to run as soon as there is something to do, so that
    what is measured is the program and not the machine's other work."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except OSError as error:
        print(f"without real-time priority ({error}): up to half of the gaps may be spoiled by late wake-ups")


def is_real_time():
    return os.sched_getscheduler(0) == os.SCHED_FIFO


class Sends:
    """Made before the first of them, in the network namespace where they are to be seen. .to(address):
    their times in ms since 1970."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
        self.socket.bind(("lo", ETH_P_ALL))
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.setblocking(False)
        self.times = collections.defaultdict(list)

    def to(self, address):
        self.drain()
        return self.times[address]

    def await_some(self, address, count, process):
        """Waits for so many; not for one who has ended."""
        ended = os.pidfd_open(process.pid)
        while len(self.to(address)) < count:
            ready, _, _ = select.select([self.socket, ended], [], [])
            if ended in ready:
                raise ValueError(f"ended with {process.wait()} after {len(self.to(address))} probes")
        os.close(ended)

    def watch(self, processes):
        """Until they have ended: there is not room for all that they send."""
        alive = {os.pidfd_open(process.pid) for process in processes}
        while alive:
            ready, _, _ = select.select([self.socket, *alive], [], [])
            self.drain()
            for ended in alive & set(ready):
                os.close(ended)
                alive.remove(ended)

    def drain(self):
        while True:
            try:
                data, control, _, sender = self.socket.recvmsg(128, 256)
            except OSError as error:
                if error.errno == errno.EAGAIN:
                    return
                raise
            ihl = 4 * (data[0] & 15)
            if sender[1] == ETH_P_IP and sender[2] == PACKET_OUTGOING and data[9] == socket.IPPROTO_ICMP \
                    and data[ihl] == ECHO_REQUEST:
                stamp = next(value for _, kind, value in control if kind == SO_TIMESTAMPNS)
                seconds, nanoseconds = struct.unpack("qq", stamp)
                self.times[socket.inet_ntoa(data[16:20])].append(1e3 * seconds + nanoseconds / 1e6)


def gaps_of(times):
    return [later - sooner for sooner, later in zip(times, times[1:])]


def off(gaps, interval_ms):
    return [gap for gap in gaps if abs(gap - interval_ms) > TOLERANCE * interval_ms]


def sleep_times(count, interval_ms):
    """In ms: what a loop gets that does nothing but sleep up to the next multiple of the interval."""
    begun = time.clock_gettime(time.CLOCK_MONOTONIC)
    times = []
    for turn in range(count):
        time.sleep(max(0.0, begun + turn * interval_ms / 1e3 - time.clock_gettime(time.CLOCK_MONOTONIC)))
        times.append(1e3 * time.clock_gettime(time.CLOCK_MONOTONIC))
    return times


class BareLoop:
    """A loop of sleeps beside what is tried, in a process of its own. As a context: from its begin on,
    to its end."""

    def __init__(self, count, interval_ms):
        self.count, self.interval_ms = count, interval_ms

    def __enter__(self):
        self.reader, writer = os.pipe()
        self.process = os.fork()
        if self.process == 0:
            os.write(writer, json.dumps(sleep_times(self.count, self.interval_ms)).encode())
            os._exit(0)
        os.close(writer)
        return self

    def __exit__(self, *_):
        with os.fdopen(self.reader) as stream:
            self.times = json.load(stream)
        os.waitpid(self.process, 0)

    def spoiled(self):
        return len(off(gaps_of(self.times), self.interval_ms))

    def held_up(self):
        """In ms, for each time that the whole machine stood still for more than half of the interval."""
        return [gap - self.interval_ms for gap in gaps_of(self.times) if gap > 1.5 * self.interval_ms]


def check_rhythm(checks, what, times, interval_ms, bare):
    """The interval +-5 %: the median, the whole run (no drift), and each gap but those of one late
    wake-up more than the bare loop had."""
    gaps, spoiled = gaps_of(times), bare.spoiled()
    middle, mean = statistics.median(gaps), statistics.mean(gaps)
    checks.check(abs(middle - interval_ms) <= TOLERANCE * interval_ms, f"{what}: {middle:.3f} ms between probes")
    # What was due while the machine stood still is not sent later, but for one.
    most = TOLERANCE * interval_ms + sum(bare.held_up()) / len(gaps)
    checks.check(-TOLERANCE * interval_ms <= mean - interval_ms <= most, f"{what}: {mean:.3f} ms a probe over all")
    wrong = off(gaps, interval_ms)
    spare = SPARE_GAPS if is_real_time() else len(gaps) // 2
    checks.check(len(wrong) <= spoiled + spare, f"{what}: of {len(gaps)} gaps {len(wrong)} are not {interval_ms} ms "
                 f"+-5 % (bare loop: {spoiled}): " + " ".join(f"{gap:.3f}" for gap in wrong))
    return len(wrong)
