"""_oracle.py: the statistics of a run of `sonde ping --ndjson`, made again from its lines in whole
nanoseconds, and what its summary says otherwise."""
import collections
import json
import math
import re
from fractions import Fraction

RTT = re.compile(rb'"rtt_ms":([0-9.]+)')
SEQUENCE = re.compile(rb'"seq":(\d+)')


class Replies:
    """The reply lines, in their order; kept as sequence and RTT alone."""

    def __init__(self):
        self.sequences, self.rtts, self.others, self.summary = [], [], collections.Counter(), None

    def read(self, stream):
        for line in stream:
            if line.startswith(b'{"v":1,"event":"reply"'):
                self.sequences.append(int(SEQUENCE.search(line)[1]))
                self.rtts.append(nanoseconds(RTT.search(line)[1].decode()))
                continue
            event = json.loads(line)
            if event["event"] == "summary":
                self.summary = event
            self.others[event["event"]] += 1
        return self

    def differences(self):
        """What the summary says otherwise than the lines."""
        said = {name: None if value is None else value * 1e6
                for name, value in self.summary["rtt_ms"].items()}
        for name, true, allowed in self.truths():
            if abs(said[name] - float(true)) > allowed:
                yield f"{name} is {said[name]:.0f} ns, not {float(true):.3f}"

    def truths(self):
        """Name, true value in ns, and how far from it the summary may be: half of its last digit, and
        what floating point or the histogram (0.2 %) may lose."""
        count, total = len(self.rtts), sum(self.rtts)
        ordered = sorted(self.rtts)
        mean = Fraction(total, count)
        variance = Fraction(sum(r * r for r in ordered), count) - mean * mean
        yield "min", ordered[0], 0.1
        yield "max", ordered[-1], 0.1
        yield "avg", mean, 1.0
        yield "stddev", math.sqrt(variance), 1.0
        yield "jitter", jitter(self.rtts), 1.0
        for name, share in (("median", 50), ("p90", 90), ("p95", 95), ("p99", 99)):
            true = ordered[-(-count * share // 100) - 1]
            yield name, true, 0.1 if count <= 512 else 1 + true * 0.002


def nanoseconds(text):
    whole, _, part = text.partition(".")
    return int(whole) * 10**6 + int(part.ljust(6, "0"))


def jitter(rtts):
    """RFC 3550, section 6.4.1."""
    value = 0.0
    for before, after in zip(rtts, rtts[1:]):
        value += (abs(after - before) - value) / 16
    return value
