"""The measurement of sweep_memory.sh: time and peak memory from 1 to 1,000,000 targets."""
import ipaddress
import math
import os
import statistics
import subprocess
import sys
import time

SONDE = os.environ["SONDE"]
SIZES = (10_000, 31_623, 100_000, 316_228, 1_000_000)
BYTES_A_TARGET = 128
EXPONENT = 0.05


def sweep(targets, *options):
    """Seconds and KiB of one whole process."""
    last = ipaddress.IPv4Address("127.0.0.1") + targets - 1
    command = ["/usr/bin/time", "-f", "%M", SONDE, "sweep", "-q", *options, "--rate", "max",
               "-g", "127.0.0.1", str(last)]
    started = time.perf_counter()
    done = subprocess.run(command, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          timeout=300)
    seconds = time.perf_counter() - started
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit code {done.returncode}: {done.stderr}")
    return seconds, int(done.stderr.split()[-1])


def slope(points):
    """The exponent: least squares through the logarithms."""
    xs = [math.log(n) for n, _ in points]
    ys = [math.log(seconds) for _, seconds in points]
    x, y = statistics.mean(xs), statistics.mean(ys)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys)) / sum((a - x) ** 2 for a in xs)


def measure(title, *options):
    _, base = sweep(1, *options)
    points = []
    print(f"{title}: base {base} KiB")
    for targets in SIZES:
        runs = [sweep(targets, *options) for _ in range(3 if targets > 100_000 else 7)]
        seconds = statistics.median(run[0] for run in runs)
        peak = max(run[1] for run in runs)
        points.append((targets, seconds))
        each = (peak - base) * 1024 / targets
        print(f"{targets:>9} targets: {seconds:8.3f} s, {peak:>7} KiB, {each:6.1f} bytes a target")
    exponent = slope(points)
    print(f"exponent {exponent:.3f}")
    return each <= BYTES_A_TARGET and abs(exponent - 1) <= EXPONENT


def main():
    held = measure("three probes a target, statistics (-c 3)", "-c", "3", "-i", "1ms")
    measure("the same with every RTT kept (-C 3), for comparison", "-C", "3", "-i", "1ms")
    return 0 if held else 1


sys.exit(main())
