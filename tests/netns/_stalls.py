"""_stalls.py: whether the machine stood still while something was measured."""

import os
import threading
import time

TICK = 0.01    # s between two looks at the clock
TRIES = 3


class Stalls:
    """When a processor stood still for `least` seconds or more, as who only sleeps on it saw it. Work does not keep
    a sleeper from waking up; no program ends in time, and no network answers, where nobody gets any time."""

    def __init__(self, least=0.2):
        self.least = least
        self.seen = {processor: [] for processor in os.sched_getaffinity(0)}
        self.awake = dict.fromkeys(self.seen, time.monotonic())
        for processor in self.seen:
            threading.Thread(target=self.watch, args=(processor,), daemon=True).start()

    def watch(self, processor):
        os.sched_setaffinity(0, {processor})  # of this thread
        while True:
            time.sleep(TICK)
            before, now = self.awake[processor], time.monotonic()
            if now - before >= self.least:
                self.seen[processor].append((before, now))
            self.awake[processor] = now

    def since(self, begun):
        """Seconds from `begun` until now, without those in which nothing could be done."""
        now = time.monotonic()
        return now - begun - self.between(begun, now)

    def between(self, begun, ended):
        """Seconds, on the processor where they were most; one that lasts yet is among them."""
        def lost(processor):
            latest = (self.awake[processor], time.monotonic())
            gaps = [*self.seen[processor], *([latest] if latest[1] - latest[0] >= self.least else [])]
            return sum(max(0, min(ended, last) - max(begun, first)) for first, last in gaps)
        return max(map(lost, self.seen))


def undisturbed(stalls, what, attempt):
    """What attempt() finds wrong. It is tried again only where it failed while the machine stood still: that
    delays answers as a path does. What is wrong by itself is so each time."""
    for left in reversed(range(TRIES)):
        begun = time.monotonic()
        wrong = attempt()
        stood = stalls.between(begun, time.monotonic())
        if not wrong or not left or not stood:
            return wrong
        print(f"{what}: once more, the machine stood still for {stood:.3f} s: {wrong}", flush=True)
