"""Runs of `sonde ping` under clocks that misbehave, and what must hold of each: every probe answered,
no RTT below 0 or above what can be, probes at their interval by the kernel's stamps of what leaves
(_sends.py), nothing sent in a burst."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "netns"))

from _cli import SANITIZED, SONDE, TIMEOUT, environment, plain_signals  # noqa: E402
from _sends import BareLoop, Sends, check_rhythm, gaps_of  # noqa: E402
from _stamps import keep_stamps  # noqa: E402

PRELOADS = Path(os.environ["SONDE_BUILD_DIR"]) / "tests"
COUNT, INTERVAL_MS = 25, 200
STOPPED_COUNT, STOPPED_INTERVAL_MS = 24, 100
SANE_MS = 10  # an RTT over loopback, but for a late wake-up
HOUR = 3600
# Seconds by which one reading of the wall clock after the other is off; microseconds by which one stamp
# of the kernel after the other is. False: no departure and its arrival can both be believed.
WALL_STEPS = {f"{HOUR},-{HOUR}": False, f"-{HOUR}": False, f"0,0,0,{HOUR}": None,
              "0,1,2,3,4,5,6,7,8,9,-9,-8": None}
STAMP_STEPS = {f"{HOUR}000000,-{HOUR}000000": False, f"-{HOUR}000000": False, "50000,-50000": False,
               "-50000": False, "-50000,0,0": None, "20000,0,-20000,0,0": None, "30,-30": None}


class Run:
    """One run, to an address of its own."""

    def __init__(self, what, before=(), options=(), believed=None):
        self.what, self.before, self.options, self.believed = what, before, options, believed

    def begin(self, number):
        self.address = f"127.0.1.{number}"
        self.process = subprocess.Popen(
            [*self.before, SONDE, "ping", "-J", f"-c{COUNT}", f"-i{INTERVAL_MS}ms", *self.options, self.address],
            env=environment(), text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, preexec_fn=plain_signals)

    def end(self, checks):
        output, errors = self.process.communicate(timeout=TIMEOUT)
        checks.check(self.process.returncode == 0 and errors == "",
                     f"{self.what}: ends with {self.process.returncode}: {errors}")
        self.events = list(map(json.loads, output.splitlines()))
        self.replies = self.named("reply")

    def named(self, kind):
        return [event for event in self.events if event["event"] == kind]


def runs(checks):
    for options in ((), ("--transport", "raw")):
        socket = " ".join(options)
        yield Run(f"true clocks {socket}", (), options, True)
        for name, cases in (("wall", WALL_STEPS), ("stamp", STAMP_STEPS)):
            library = PRELOADS / f"preload_{name}.so"
            if not library.exists():
                if SANITIZED:
                    print(f"not in a sanitizer build: {name}")
                else:
                    checks.leave_out(name, f"{library} is not built")
                continue
            for steps, believed in cases.items():
                words = ["env", f"LD_PRELOAD={library}", f"SONDE_{name.upper()}_STEPS={steps}"]
                yield Run(f"{name} {steps} {socket}", words, options, believed)
    young = young_clock(checks)
    if young:
        yield Run("monotonic clock near 0", young, (), True)


def young_clock(checks):
    """A clock that has just begun: 0 is a time, not the lack of one."""
    offset = -int(time.clock_gettime(time.CLOCK_MONOTONIC))
    words = ["unshare", "--time", f"--monotonic={offset}", "--fork"]
    probe = subprocess.run([*words, "cat", "/proc/self/timens_offsets"], capture_output=True, text=True, check=False)
    if probe.returncode != 0:
        checks.leave_out("the monotonic clock near 0", "no time namespaces here: " + probe.stderr.strip())
        return None
    assert str(offset) in probe.stdout, f"the clock was not set back: {probe.stdout}"
    return words


def check_clocks(checks):
    """All at once, for they sleep for most of the time."""
    stamps, sends, tried = keep_stamps(), Sends(), list(runs(checks))
    with BareLoop(COUNT + 3, INTERVAL_MS) as bare:
        for number, run in enumerate(tried, start=1):
            run.begin(number)
        sends.watch([run.process for run in tried])
        for run in tried:
            run.end(checks)
    stamps.close()
    wrong = sum(check_run(checks, run, sends.to(run.address), bare) for run in tried)
    print(f"{wrong} of {len(tried) * (COUNT - 1)} gaps are not {INTERVAL_MS} ms +-5 %; of the bare loop's"
          f" {COUNT + 2}: {bare.spoiled()}")


def check_run(checks, run, times, bare):
    held_up = sum(bare.held_up())
    checks.check(len(run.replies) == len(times) == COUNT, f"{run.what}: {len(times)} sent, {len(run.replies)} replies")
    rtts = [reply["rtt_ms"] for reply in run.replies]
    checks.check(all(0 <= rtt < INTERVAL_MS + held_up for rtt in rtts), f"{run.what}: RTTs {rtts}")
    absurd = [rtt for rtt in rtts if rtt > SANE_MS]
    checks.check(len(absurd) <= bare.spoiled() + 2, f"{run.what}: RTTs {absurd}")
    check_clock_named(checks, run)
    elapsed = run.named("end")[0]["elapsed_ms"]
    planned = (COUNT - 1) * INTERVAL_MS
    checks.check(planned <= elapsed <= planned + 2 * INTERVAL_MS + held_up,
                 f"{run.what}: says that it took {elapsed} ms")
    return check_rhythm(checks, run.what, times, INTERVAL_MS, bare)


def check_clock_named(checks, run):
    """True stamps are what is measured with; with a false one of two it is another clock, and says so."""
    named = [reply["clock"] for reply in run.replies].count("kernel-tx-rx")
    if run.believed is not None:
        checks.check(named > COUNT / 2 if run.believed else named == 0, f"{run.what}: {named} by the kernel's stamps")


def check_stopped(checks, seconds):
    """Stopped and continued: at most one probe to catch up, then the interval again."""
    stamps, sends = keep_stamps(), Sends()
    address = "127.0.2.1"
    process = subprocess.Popen(
        [SONDE, "ping", "-J", f"-c{STOPPED_COUNT}", f"-i{STOPPED_INTERVAL_MS}ms", address],
        env=environment(), stdout=subprocess.PIPE, text=True, preexec_fn=plain_signals)
    sends.await_some(address, 3, process)
    process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
    before = len(sends.to(address))
    time.sleep(seconds)  # the very thing that is tried: time passes
    checks.check(len(sends.to(address)) == before, "nothing is sent by who is stopped")
    with BareLoop(STOPPED_COUNT - before + 2, STOPPED_INTERVAL_MS) as bare:
        continued = 1e3 * time.time()
        process.send_signal(signal.SIGCONT)
        output, _ = process.communicate(timeout=TIMEOUT)
    stamps.close()
    replies = [event for event in map(json.loads, output.splitlines()) if event["event"] == "reply"]
    times = sends.to(address)
    checks.check(process.returncode == 0 and len(replies) == len(times) == STOPPED_COUNT,
                 f"stopped: {process.returncode}, {len(times)} sent, {len(replies)} replies")
    checks.check(all(0 <= reply["rtt_ms"] < STOPPED_INTERVAL_MS + sum(bare.held_up()) for reply in replies),
                 f"stopped: RTTs {[reply['rtt_ms'] for reply in replies]}")
    after = [at - continued for at in times[before:]]
    checks.check(after[0] >= 0 and times[before] - times[before - 1] >= 1e3 * seconds, f"stopped: {times}")
    # The first of them takes up what was due, as does one whenever the machine stood still; more, so soon one after
    # the other, would be a burst.
    soon = [gap for gap in gaps_of(after) if gap < 0.5 * STOPPED_INTERVAL_MS]
    checks.check(len(soon) <= 1 + len(bare.held_up()), f"stopped: {len(soon)} more probes to catch up: {after}")
    wrong = check_rhythm(checks, f"stopped for {seconds} s", times[before:], STOPPED_INTERVAL_MS, bare)
    print(f"stopped for {seconds} s: the first probe {after[0]:.3f} ms after it is continued, the second "
          f"{after[1]:.3f} ms; {wrong} gaps not {STOPPED_INTERVAL_MS} ms +-5 %, bare loop {bare.spoiled()}")
