"""A signal at a random moment, many times over: INT, TERM, QUIT, or TSTP and CONT before them. What
must hold of each round: the exit code, one whole summary or document, sums that fit, nothing on
stderr but what QUIT asks for."""

import concurrent.futures
import json
import os
import random
import re
import signal
import subprocess

from _cli import Checks, need_icmp, plain_signals, start

LO = "127.0.0.1"
SUMMARY = re.compile(r"(\d+) packets transmitted, (\d+) received,.* time \d+ms")
ENDS = (signal.SIGINT, signal.SIGTERM)
WAYS = ("end", "quit", "stop", "twice")
TIMEOUT = 20


def own_group():
    """In the child. Where this test's own group is orphaned (its shell has gone), SIGTSTP stops nobody
    in it; a group of the child's own is not, as long as we are here."""
    plain_signals()
    os.setpgid(0, 0)


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

    def __str__(self):
        return f"round {self.number}: {self.way} {self.end.name} after {self.lines} lines, {self.interval}"

    def run(self):
        """What does not hold, as text."""
        process = start(*(["-J"] if self.ndjson else []), "-c1000000", "-i", self.interval, LO,
                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0, preexec_fn=own_group)
        try:
            begun = self.wait_for_lines(process)
            self.send(process)
            output, errors = process.communicate(timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return ["does not end"]
        return list(self.faults(process.returncode, (begun + output).decode(), errors.decode()))

    def wait_for_lines(self, process):
        """Under way, then a little further: neither is a time to wait for."""
        begun = b""
        for _ in range(3 if self.interval == "1h" else self.lines + 3):
            begun += process.stdout.readline()
            if self.interval == "1h" and (b"bytes from" in begun or b'"reply"' in begun):
                break
        for _ in range(self.steps):
            pass
        return begun

    def send(self, process):
        if self.way == "quit":
            process.send_signal(signal.SIGQUIT)
        if self.way == "stop":
            process.send_signal(signal.SIGTSTP)
            os.waitpid(process.pid, os.WUNTRACED)
            process.send_signal(signal.SIGCONT)
        process.send_signal(self.end)
        if self.way == "twice":
            process.send_signal(self.end)

    def faults(self, code, output, errors):
        # A second SIGINT may come before the first was served: it ends the run at once, and says so.
        if self.way == "twice" and self.end == signal.SIGINT and code == 130:
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
    checks.finish()
