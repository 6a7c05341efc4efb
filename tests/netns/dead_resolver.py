#!/usr/bin/env python3
"""dead_resolver.py: a name server that takes questions and never answers (RELIABILITY.md R18).

In a network and mount namespace of its own: resolv.conf names a server on loopback whose socket is
open and never read. Names given up at their deadline, numeric targets not held up, Ctrl-C obeyed at
once: the first reply of a number within 50 ms, Ctrl-C within 200, in the best of five runs. Names of
addresses (-H) that never come change nothing of the probes: neither their gaps nor the run's length.
"""
import contextlib
import datetime
import json
import os
import pathlib
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

from _namespace import own_namespace, skip

SANITIZED = os.environ.get("SONDE_SANITIZED") == "1"
SONDE = str(pathlib.Path(os.environ.get("SONDE", "build/release/sonde")).resolve())
AT_ONCE = 3.0  # seconds; a sanitizer build on a busy machine included
# The best of these runs: other programs' time is not the program's.
RUNS = 5
INTERRUPT = 3.0 if SANITIZED else 0.2
FIRST_REPLY = 3.0 if SANITIZED else 0.05
UNNAMED = "127.77.0.9"  # in no hosts file: the name server is asked
PROBES, INTERVAL_MS = 20, 20
RTT_MORE_MS = 1.0 if SANITIZED else 0.1


def timed(*arguments):
    start = time.monotonic()
    done = subprocess.run([SONDE, "ping", *arguments], text=True, capture_output=True, timeout=60)
    return done, time.monotonic() - start


def a_name_is_given_up_at_the_deadline():
    done, took = timed("--json", "-w", "1", "-c", "1", "nobody.example")
    document = json.loads(done.stdout)
    assert took < 1 + AT_ONCE, f"took {took:.1f} s"
    assert done.returncode in (1, 2), f"exit code {done.returncode}: {done.stderr}"
    assert document["targets"][0]["counts"]["sent"] == 0, document


def a_numeric_target_does_not_wait_for_a_name():
    done, took = timed("--json", "-w", "1", "-c", "1", "127.0.0.1", "nobody.example")
    document = json.loads(done.stdout)
    counts = document["targets"][0]["counts"]
    assert counts["sent"] == 1 and counts["received"] == 1, document
    assert took < 1 + AT_ONCE, f"took {took:.1f} s"
    first = min(first_reply() for _ in range(RUNS))
    assert first <= FIRST_REPLY, f"the first reply came after {1000 * first:.0f} ms"


def first_reply():
    """Seconds from the start of a program that also waits for a name to the reply of its number."""
    start = time.monotonic()
    with subprocess.Popen([SONDE, "ping", "-J", "-w", "1", "-c", "1", "127.0.0.1", "nobody.example"],
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        while '"reply"' not in (line := run.stdout.readline()):
            assert line, "no reply"
        took = time.monotonic() - start
        run.communicate(timeout=20)
    return took


def reverse_names_never_hold_up_a_run():
    forget_questions()
    done, took = timed("-H", "-c", "3", "-i", "50ms", UNNAMED)
    assert done.returncode == 0, done.stderr
    assert "3 packets transmitted, 3 received" in done.stdout, done.stdout
    assert took < AT_ONCE, f"took {took:.1f} s"
    QUESTIONS.recvfrom(512)  # raises when nobody asked for the name


class Probes:
    """A run of PROBES, and what its document says of their times, in ms."""

    def __init__(self, option):
        self.started = time.time()
        self.run = subprocess.Popen([SONDE, "ping", option, "--json", "-c", str(PROBES), "-i", f"{INTERVAL_MS}ms",
                                     UNNAMED], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def finish(self):
        out, errors = self.run.communicate(timeout=60)
        self.took = 1000 * (time.time() - self.started)
        assert self.run.returncode == 0, f"exit code {self.run.returncode}: {errors}"
        probes = json.loads(out)["targets"][0]["probes"]
        assert len(probes) == PROBES and all(probe["outcome"] == "reply" for probe in probes), probes
        sent = [1000 * datetime.datetime.fromisoformat(probe["sent_at"]).timestamp() for probe in probes]
        self.first = sent[0] - 1000 * self.started
        self.gaps = [after - before for before, after in zip(sent, sent[1:])]
        self.rtts = [probe["rtt_ms"] for probe in probes]


def reverse_names_add_nothing_to_probes():
    """Runs with and without names side by side: the same gaps and RTTs, no later start or end."""
    pairs = []
    for _ in range(RUNS):
        forget_questions()
        named, plain = Probes("-H"), Probes("-n")
        pairs.append((named, plain))
        for run in (named, plain):
            run.finish()
        QUESTIONS.recvfrom(512)
    named_gap, plain_gap = (statistics.median(gap for pair in pairs for gap in pair[which].gaps) for which in (0, 1))
    named_rtt, plain_rtt = (statistics.median(rtt for pair in pairs for rtt in pair[which].rtts) for which in (0, 1))
    later = {what: min(getattr(named, what) - getattr(plain, what) for named, plain in pairs) for what in ("first", "took")}
    print(f"gaps of {named_gap:.3f} ms with names, {plain_gap:.3f} without; RTTs of {named_rtt:.3f} and"
          f" {plain_rtt:.3f} ms; later by {later} ms")
    assert abs(named_gap - plain_gap) <= 0.05 * plain_gap, f"gaps of {named_gap} ms, without names {plain_gap}"
    assert abs(named_gap - INTERVAL_MS) <= 0.05 * INTERVAL_MS, f"gaps of {named_gap} ms"
    assert named_rtt <= plain_rtt + RTT_MORE_MS, f"RTTs of {named_rtt} ms, without names {plain_rtt}"
    for what, more in later.items():
        assert more <= INTERVAL_MS, f"{what}: {more:.1f} ms later than without names"


def forget_questions():
    """Those of runs that have ended."""
    QUESTIONS.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while QUESTIONS.recvfrom(512):
            pass
    QUESTIONS.settimeout(20)


def interrupted():
    """Seconds from the signal to the end of a run that waits for a name."""
    forget_questions()
    with subprocess.Popen([SONDE, "ping", "nobody.example"], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as run:
        QUESTIONS.recvfrom(512)  # it is waiting for the name now
        start = time.monotonic()
        run.send_signal(signal.SIGINT)
        run.communicate(timeout=20)
        took = time.monotonic() - start
    assert run.returncode in (1, 2, 130), f"exit code {run.returncode}"
    assert took < AT_ONCE, f"took {took:.1f} s"
    return took


def an_interrupt_ends_the_wait_for_a_name():
    took = min(interrupted() for _ in range(RUNS))
    assert took <= INTERRUPT, f"took {1000 * took:.0f} ms"


QUESTIONS = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


def inside():
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    pathlib.Path("/proc/sys/net/ipv4/ping_group_range").write_text("0 0\n")
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as conf:
        conf.write("nameserver 127.0.0.53\noptions timeout:5 attempts:2\n")
        conf.flush()
        os.chmod(conf.name, 0o644)
        subprocess.run(["mount", "--bind", conf.name, "/etc/resolv.conf"], check=True)
        QUESTIONS.bind(("127.0.0.53", 53))
        failed = 0
        for case in (a_name_is_given_up_at_the_deadline, reverse_names_never_hold_up_a_run,
                     reverse_names_add_nothing_to_probes,
                     a_numeric_target_does_not_wait_for_a_name, an_interrupt_ends_the_wait_for_a_name):
            failed += run_case(case)
    return 1 if failed else 0


def run_case(case):
    try:
        case()
    except (AssertionError, ValueError, OSError, subprocess.SubprocessError) as error:
        print(f"FAILED  {case.__name__}: {error}")
        return 1
    print(f"ok      {case.__name__}")
    return 0


def main():
    if sys.argv[1:] == ["--inside"]:
        return inside()
    if not os.path.exists("/etc/resolv.conf"):
        skip("no /etc/resolv.conf to cover")
    unshare = own_namespace("mount", programs=(SONDE,), mounts=True)
    return subprocess.run([*unshare, sys.executable, __file__, "--inside"]).returncode


if __name__ == "__main__":
    sys.exit(main())
