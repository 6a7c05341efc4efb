"""A signal at a random moment, many times over: INT, TERM, QUIT, or TSTP and CONT before them, or
hundreds of WINCH around them, at a terminal that changes its size or at a pipe; some with every signal
blocked by who started it. What must hold of each round: the exit code, one whole summary or document,
sums that fit, nothing on stderr but what QUIT asks for; and of all: an end as soon as that of `sleep`."""

import concurrent.futures
import contextlib
import fcntl
import json
import os
import pty
import random
import re
import signal
import statistics
import struct
import subprocess
import termios
import threading
import time
import tty

from _cli import SANITIZED, Checks, Stalls, need_icmp, plain_signals, start

LO = "127.0.0.1"
SUMMARY = re.compile(r"(\d+) packets transmitted, (\d+) received,.* time \d+ms")
ENDS = (signal.SIGINT, signal.SIGTERM)
WAYS = ("end", "quit", "stop", "twice", "storm")
STORM = 300  # of SIGWINCH, before the signal and after it
TIMEOUT = 20
# Seconds from the signal to the end of the process: what 95 % of the rounds keep, beyond what 95 % of
# `sleep` need, and what each keeps beyond the slowest of these. A sanitizer's own farewell takes longer.
SOON, LATEST = (3, 10) if SANITIZED else (0.1, 0.3)
STALLS = Stalls()


def bare(end):
    """Seconds from the signal to the end of a process that does nothing about it."""
    with subprocess.Popen(["sleep", str(TIMEOUT)], preexec_fn=plain_signals) as process:
        signalled = time.monotonic()
        process.send_signal(end)
        process.wait()
        return time.monotonic() - signalled


def percentile(values, percent):
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def all_of(source):
    """To the end, which of a terminal is an error."""
    output = b""
    with contextlib.suppress(OSError):
        while piece := source.read(65536):
            output += piece
    return output


def storm(process, controller):
    for columns in range(1, STORM + 1):
        if controller is not None:  # the kernel's own SIGWINCH
            fcntl.ioctl(controller, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        process.send_signal(signal.SIGWINCH)


class Round:
    def __init__(self, number):
        rng = random.Random(number)
        self.number = number
        self.way = rng.choice(WAYS)
        self.end = rng.choice(ENDS)
        self.lines = rng.randrange(1, 12)
        self.steps = rng.randrange(0, 20_000)
        self.ndjson = rng.random() < 0.5
        self.interval = rng.choice(("1ms", "3ms", "100us", "1h"))
        self.blocked = rng.random() < 0.3
        self.at_terminal = self.way == "storm" and rng.random() < 0.5
        self.took = self.bare = TIMEOUT

    def __str__(self):
        where = " at a terminal" if self.at_terminal else ""
        mask = ", all signals blocked" if self.blocked else ""
        return f"round {self.number}: {self.way} {self.end.name} after {self.lines} lines, {self.interval}{where}{mask}"

    def run(self):
        """What does not hold, as text."""
        arguments = [*(["-J"] if self.ndjson else []), "--color=never", "-c1000000", "-i", self.interval, LO]
        with contextlib.ExitStack() as open_files:
            controller, terminal = pty.openpty() if self.at_terminal else (None, subprocess.PIPE)
            if self.at_terminal:
                tty.setraw(terminal)  # lines as they are written, and no echo
                controller = open_files.enter_context(os.fdopen(controller, "rb", buffering=0))
            process = open_files.enter_context(
                start(*arguments, stdout=terminal, stderr=subprocess.PIPE, bufsize=0, preexec_fn=self.prepare))
            guard = threading.Timer(TIMEOUT, process.kill)
            guard.start()
            if self.at_terminal:
                os.close(terminal)
            begun = self.wait_for_lines(controller or process.stdout)
            signalled = self.send(process, controller)
            output = all_of(controller or process.stdout)
            errors = process.stderr.read()
            process.wait()
            self.took = STALLS.since(signalled)
            guard.cancel()
        self.bare = bare(self.end)
        if process.returncode == -signal.SIGKILL:
            return ["does not end"]
        return list(self.faults(process.returncode, (begun + output).decode(), errors.decode()))

    def prepare(self):
        """In the child. Where this test's own group is orphaned (its shell has gone), SIGTSTP stops nobody
        in it; a group of the child's own is not, as long as we are here."""
        plain_signals()
        if self.at_terminal:
            os.setsid()
            fcntl.ioctl(1, termios.TIOCSCTTY, 0)
        else:
            os.setpgid(0, 0)
        if self.blocked:
            signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())

    def wait_for_lines(self, source):
        """Under way, then a little further: neither is a time to wait for."""
        begun = b""
        for _ in range(3 if self.interval == "1h" else self.lines + 3):
            begun += source.readline()
            if self.interval == "1h" and (b"bytes from" in begun or b'"reply"' in begun):
                break
        for _ in range(self.steps):
            pass
        return begun

    def send(self, process, controller):
        """The moment of the signal that ends the run."""
        if self.way == "quit":
            process.send_signal(signal.SIGQUIT)
        if self.way == "stop":
            process.send_signal(signal.SIGTSTP)
            os.waitpid(process.pid, os.WUNTRACED)
            process.send_signal(signal.SIGCONT)
        if self.way == "storm":
            storm(process, controller)
        signalled = time.monotonic()
        process.send_signal(self.end)
        if self.way == "twice":
            process.send_signal(self.end)
        if self.way == "storm":
            storm(process, controller)
        return signalled

    def faults(self, code, output, errors):
        # A second SIGINT may come before the first was served: it ends the run at once, and says so.
        if self.way == "twice" and self.end == signal.SIGINT and code == 130:
            if output.count("ping statistics") > 1 or output.count('"event":"end"') > 1:
                yield f"the end is told twice: {output[-300:]!r}"
            return
        # Or when all is told: it ends the process as usual.
        if code != 0 and not (self.way == "twice" and code == -self.end):
            yield f"exit code {code}"
        words = errors.split("\n")[:-1]
        if len(words) > (self.way == "quit") or any("packets," not in word for word in words):
            yield f"stderr: {errors!r}"
        yield from self.faults_of_lines(output) if self.ndjson else self.faults_of_text(output)

    def faults_of_text(self, output):
        found = SUMMARY.findall(output)
        if len(found) != 1 or not output.endswith("\n") or output.count("ping statistics") != 1:
            yield f"the summary: {output[-300:]!r}"
            return
        sent, received = map(int, found[0])
        shown = output.count(" bytes from ")
        if not (received == shown and received <= sent <= received + 2):
            yield f"sent {sent}, received {received}, shown {shown}"

    def faults_of_lines(self, output):
        events = [json.loads(line) for line in output.splitlines()]
        if events[-1]["event"] != "end" or sum(event["event"] == "end" for event in events) != 1:
            yield f"the end: {output[-300:]!r}"
            return
        if events[-1]["end_reason"] != "signal":
            yield f"the reason: {events[-1]['end_reason']}"
        replies = sum(event["event"] == "reply" for event in events)
        counts = next((event["counts"] for event in reversed(events) if "counts" in event), None)
        if counts is None:
            yield "no counts"
            return
        known = sum(counts[name] for name in ("received", "lost", "errors", "in_flight", "send_failures"))
        if counts["received"] != replies or counts["sent"] != known + counts.get("late", 0):
            yield f"{replies} replies, and {counts}"


def prove(rounds):
    need_icmp()
    checks = Checks()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        made = [Round(number) for number in range(rounds)]
        for this, faults in zip(made, pool.map(Round.run, made)):
            checks.check(not faults, f"{this}: {faults}")
    took, without = ([getattr(this, what) for this in made] for what in ("took", "bare"))
    for what, values in (("sonde", took), ("sleep", without)):
        print(f"{what}, from the signal to the end: median {1000 * statistics.median(values):.1f} ms,"
              f" 95 % within {1000 * percentile(values, 95):.1f}, at most {1000 * max(values):.0f}")
    checks.check(percentile(took, 95) <= SOON + percentile(without, 95), f"95 % of the rounds end within {SOON} s")
    checks.check(max(took) <= LATEST + max(without), f"each round ends within {LATEST} s")
    checks.finish()
