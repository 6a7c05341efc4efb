"""_oracle.py: the statistics of a run of `sonde ping --ndjson`, made again from its lines in whole
nanoseconds, and what its summary says otherwise. As they come: of 10,000,000 lines no more is kept than
how often there was which RTT."""
import collections
import json
import math
import re
from fractions import Fraction

REPLY = b'"event":"reply"'
FIELDS = re.compile(rb'"seq":(\d+),"sent_at":"[^"]*","from":"[^"]*","rtt_ms":([0-9.]+),')
BLOCK = 1 << 20


class Replies:
    """`in_order`: each sequence number from 1 on, once and in turn."""

    def __init__(self):
        self.rtts, self.count, self.in_order = collections.Counter(), 0, True
        self.jitter, self.last = 0.0, None
        self.others, self.summary = collections.Counter(), None

    def read(self, stream, after_block=lambda: None):
        rest = b""
        while block := stream.read(BLOCK):
            whole, newline, rest = (rest + block).rpartition(b"\n")
            self.take(whole + newline)
            after_block()
        if rest:
            raise ValueError(f"half a line: {rest}")
        return self

    def take(self, text):
        found = FIELDS.findall(text)
        if not len(found) == text.count(REPLY) == text.count(b"\n"):
            found = [reply for line in text.splitlines() for reply in self.reply_of(line)]
        jitter, last, expected = self.jitter, self.last, self.count
        rtts = [nanoseconds(rtt) for _, rtt in found]
        for (sequence, _), rtt in zip(found, rtts):
            expected += 1
            if int(sequence) != expected:
                self.in_order = False
            if last is not None:
                jitter += (abs(rtt - last) - jitter) / 16  # RFC 3550, section 6.4.1
            last = rtt
        self.rtts.update(rtts)
        self.jitter, self.last, self.count = jitter, last, expected

    def reply_of(self, line):
        """The one of a reply's line; what else there is, is counted."""
        if REPLY in line:
            return [FIELDS.search(line).groups()]
        event = json.loads(line)
        if event["event"] == "summary":
            self.summary = event
        self.others[event["event"]] += 1
        return []

    def differences(self):
        """What the summary says otherwise than the lines."""
        said = {name: None if value is None else value * 1e6
                for name, value in self.summary["rtt_ms"].items()}
        for name, true, allowed in self.truths():
            if abs(said[name] - float(true)) > allowed:
                yield f"{name} is {said[name]:.0f} ns, not {float(true):.3f}"

    def truths(self):
        """Name, true value in ns, and how far from it the summary may be: half of its last digit, a
        thousandth for floating point, and what the histogram (0.2 %) may lose."""
        ordered = sorted(self.rtts.items())
        mean = Fraction(sum(rtt * times for rtt, times in ordered), self.count)
        variance = Fraction(sum(rtt * rtt * times for rtt, times in ordered), self.count) - mean * mean
        yield "min", ordered[0][0], 0.1
        yield "max", ordered[-1][0], 0.1
        yield "avg", mean, 0.501
        yield "stddev", math.sqrt(variance), 0.501
        yield "jitter", self.jitter, 0.501
        for name, share in (("median", 50), ("p90", 90), ("p95", 95), ("p99", 99)):
            true = ranked(ordered, -(-self.count * share // 100))
            yield name, true, 0.1 if self.count <= 512 else 1 + true * 0.002


def ranked(ordered, rank):
    """The value at that rank, from 1 on."""
    for value, times in ordered:
        rank -= times
        if rank <= 0:
            return value
    raise ValueError(rank)


def nanoseconds(text):
    """Exact: so few digits are far from where a double would round."""
    return int(float(text) * 1e6 + 0.5)
