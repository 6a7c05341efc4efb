#!/usr/bin/env python3
"""Time two commands in turn and print the ratio of the medians.

usage: _paired.py [--runs N] [--warmup N] [--limit RATIO] [--memory-limit RATIO] [--fresh FILE]
                  A -- B

Runs A B B A A B B A ... so that a drift of the machine's speed hits both alike; whole processes,
wall time from spawn to exit; peak memory from GNU time in runs of their own, since a child's
ru_maxrss starts at its parent's size. Output of the commands is thrown away. --fresh: a file that a
command writes, removed before each run and outside its time, since to empty the last run's is the
file system's work. Exit code 1 when a ratio A/B is above its limit.
"""
import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import time


def run_once(command):
    quiet = os.open(os.devnull, os.O_RDWR)
    actions = [(os.POSIX_SPAWN_DUP2, quiet, fd) for fd in (0, 1, 2)]
    started = time.perf_counter()
    pid = os.posix_spawnp(command[0], command, os.environ, file_actions=actions)
    _, status, usage = os.wait4(pid, 0)
    elapsed = time.perf_counter() - started
    os.close(quiet)
    code = os.waitstatus_to_exitcode(status)
    if code != 0:
        sys.exit(f"{' '.join(command)}: exit code {code}")
    return elapsed, usage.ru_utime + usage.ru_stime


def peak_memory(command):
    """KiB, the median of five runs."""
    peaks = []
    for _ in range(5):
        timed = subprocess.run(["/usr/bin/time", "-f", "%M", *command], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                               check=True)
        peaks.append(int(timed.stderr.split()[-1]))
    return statistics.median(peaks)


def measure(commands, runs, warmup, fresh):
    figures = ([], [])
    for i in range(warmup + runs):
        order = (0, 1) if i % 2 == 0 else (1, 0)
        for which in order:
            if fresh:
                pathlib.Path(fresh).unlink(missing_ok=True)
            figure = run_once(commands[which])
            if i >= warmup:
                figures[which].append(figure)
    return figures


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--runs", type=int, default=51)
    parser.add_argument("--warmup", type=int, default=5)
    parser.add_argument("--limit", type=float)
    parser.add_argument("--memory-limit", type=float)
    parser.add_argument("--fresh")
    split = sys.argv.index("--", 1)
    options, first = parser.parse_known_args(sys.argv[1:split])
    commands = (first, sys.argv[split + 1 :])
    figures = measure(commands, options.runs, options.warmup, options.fresh)
    peaks = [peak_memory(command) for command in commands]
    for command, rows, peak in zip(commands, figures, peaks):
        walls = sorted(row[0] for row in rows)
        print(
            f"{os.path.basename(command[0]):>6}: wall {statistics.median(walls) * 1e3:.3f} ms"
            f" (min {walls[0] * 1e3:.3f}, max {walls[-1] * 1e3:.3f}),"
            f" cpu {statistics.median(row[1] for row in rows) * 1e3:.3f} ms,"
            f" peak {peak:.0f} KiB"
        )
    wall = statistics.median(a[0] / b[0] for a, b in zip(*figures))
    memory = peaks[0] / peaks[1]
    print(f"ratio: wall {wall:.3f} (median of {options.runs} pairs), peak memory {memory:.3f}")
    missed = (options.limit and wall > options.limit) or (
        options.memory_limit and memory > options.memory_limit
    )
    sys.exit(1 if missed else 0)


main()
