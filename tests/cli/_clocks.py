"""Runs of `sonde ping` under clocks that misbehave, and what must hold of each: every probe answered,
no RTT below 0 or above what can be, probes at their interval, nothing sent in a burst."""

import json
import os
import signal
import statistics
import subprocess
import time
from datetime import datetime
from pathlib import Path

from _cli import SONDE, TIMEOUT, environment, own_network, plain_signals

WALL = str(Path(os.environ["SONDE_BUILD_DIR"]) / "tests" / "preload_wall.so")
LO = "127.0.0.1"
COUNT, INTERVAL_MS = 9, 100
ARGUMENTS = ["ping", "-J", f"-c{COUNT}", f"-i{INTERVAL_MS}ms", LO]


def events_of(run, kind):
    return [event for event in map(json.loads, run.stdout.splitlines()) if event["event"] == kind]


def check_sane(checks, what, run):
    checks.check(run.returncode == 0 and run.stderr == "", f"{what}: ends well", run)
    replies = events_of(run, "reply")
    checks.check(len(replies) == COUNT, f"{what}: {len(replies)} replies", run)
    for reply in replies:
        checks.check(0 <= reply["rtt_ms"] < INTERVAL_MS, f"{what}: an RTT of {reply['rtt_ms']} ms")
    return replies


def run_in(network, words=()):
    return subprocess.run([*network, *words, SONDE, *ARGUMENTS], env=environment(), capture_output=True, text=True,
                          timeout=TIMEOUT, stdin=subprocess.DEVNULL, preexec_fn=plain_signals, check=False)


def check_monotonic(checks):
    """A clock that has just begun: 0 is a time, not the lack of one."""
    offset = -int(time.clock_gettime(time.CLOCK_MONOTONIC))
    network = own_network()
    young = ["unshare", "--time", f"--monotonic={offset}", "--fork"]
    probe = subprocess.run([*network, *young, "cat", "/proc/self/timens_offsets"], capture_output=True, text=True, check=False)
    if probe.returncode != 0:
        print("no time namespaces here: " + probe.stderr.strip())
        return
    checks.check(str(offset) in probe.stdout, f"the clock was set back: {probe.stdout}")
    run = run_in(network, young)
    replies = check_sane(checks, "monotonic clock near 0", run)
    check_interval(checks, "monotonic clock near 0", replies)


def check_interval(checks, what, replies):
    times = [datetime.fromisoformat(reply["sent_at"]).timestamp() for reply in replies]
    gaps = [1000 * (later - sooner) for sooner, later in zip(times, times[1:])]
    middle = statistics.median(gaps) if gaps else 0
    checks.check(0.95 * INTERVAL_MS <= middle <= 1.05 * INTERVAL_MS, f"{what}: {middle} ms between probes")


def check_wall(checks):
    """The wall clock steps by an hour at each reading; the kernel's stamps do not."""
    if not os.path.exists(WALL):
        print(f"{WALL} is not built")
        return
    network = own_network('echo "0 2147483647" > /proc/sys/net/ipv4/ping_group_range')
    for steps in ("3600,-3600", "0,0,0,3600", "-3600", "0,1,2,3,4,5,6,7,8,9,-9,-8"):
        started = time.monotonic()
        run = run_in(network, ["env", f"LD_PRELOAD={WALL}", f"SONDE_WALL_STEPS={steps}"])
        took = 1000 * (time.monotonic() - started)
        check_sane(checks, f"wall clock {steps}", run)
        planned = (COUNT - 1) * INTERVAL_MS
        checks.check(planned <= took <= planned + 1000, f"wall clock {steps}: took {took} ms", run)
        elapsed = events_of(run, "end")[0]["elapsed_ms"]
        checks.check(planned <= elapsed <= took, f"wall clock {steps}: says that it took {elapsed} ms")


def check_stopped(checks, seconds):
    """Stopped and continued: at most one probe to catch up, then the interval again."""
    network = own_network()
    process = subprocess.Popen([*network, SONDE, "ping", "-J", f"-c{3 * COUNT}", f"-i{INTERVAL_MS}ms", LO],
                               env=environment(), stdout=subprocess.PIPE, text=True, preexec_fn=plain_signals)
    head = []
    while sum('"reply"' in line for line in head) < COUNT:
        head.append(process.stdout.readline())
    process.send_signal(signal.SIGSTOP)
    time.sleep(seconds)  # the very thing that is tried: time passes
    process.send_signal(signal.SIGCONT)
    rest, _ = process.communicate(timeout=TIMEOUT)
    replies = [event for event in map(json.loads, [*head, *rest.splitlines()]) if event["event"] == "reply"]
    checks.check(process.returncode == 0 and len(replies) == 3 * COUNT, f"stopped: {len(replies)} replies")
    for reply in replies:
        checks.check(0 <= reply["rtt_ms"] < INTERVAL_MS, f"stopped: an RTT of {reply['rtt_ms']} ms")
    times = [datetime.fromisoformat(reply["sent_at"]).timestamp() for reply in replies]
    gaps = [1000 * (later - sooner) for sooner, later in zip(times, times[1:])]
    widest = gaps.index(max(gaps))
    checks.check(gaps[widest] >= 900 * seconds, f"stopped: the gap is {gaps[widest]} ms")
    quick = [gap for gap in gaps[widest + 1:] if gap < 0.5 * INTERVAL_MS]
    checks.check(len(quick) <= 1, f"stopped: {len(quick)} probes to catch up: {gaps[widest + 1:]}")
    check_interval(checks, "stopped", replies[widest + 3:])
