"""The measurement of trace_speed.sh. RUNS: rounds of all programs in turn (3); medians."""
import os
import statistics
import sys

from _trace_model import SONDE, TARGET, Model, responders, router, timed

RUNS = int(os.environ.get("RUNS", "3"))
HOPS = 30
DELAY_MS = 10  # one way, a hop: an RTT of 20 ms more with each
LARGEST_RTT = (HOPS + 1) * 2 * DELAY_MS / 1000
SILENT_BEHIND = 5


def peers():
    scamper = f"trace -P icmp-paris -q 3 {TARGET}"
    return {
        "sonde trace": [SONDE, "trace", "-n", "-m", "40", TARGET],
        "traceroute -I": ["traceroute", "-n", "-I", "-m", "40", TARGET],
        "mtr -r -c3": ["mtr", "-n", "-r", "-c3", "-m", "40", TARGET],
        "scamper icmp-paris": ["scamper", "-I", scamper],
        "scamper icmp-paris, -p 1000": ["scamper", "-p", "1000", "-I", scamper],
    }


def measure(commands, rounds):
    walls = {name: [] for name in commands}
    output = {}
    for turn in range(rounds):
        for name in list(commands) if turn % 2 == 0 else list(commands)[::-1]:
            wall, output[name] = timed(commands[name])
            walls[name].append(wall)
    return walls, output


def table(title, walls):
    print(f"\n{title}\n\n| program | wall (median of {len(walls['sonde trace'])}) | sonde / it |")
    print("|---|---|---|")
    for name, seconds in walls.items():
        ratio = statistics.median(a / b for a, b in zip(walls["sonde trace"], seconds))
        print(f"| {name} | {statistics.median(seconds):.3f} s | {ratio:.3f} |")


def judged(what, value, bar):
    print(f"\n{what}: {value:.3f} s, bar {bar:.3f} s: {'held' if value <= bar else 'MISSED'}")
    return value <= bar


def main():
    with Model([{"times": HOPS, "delay_ms": DELAY_MS}], {"delay_ms": DELAY_MS}):
        walls, output = measure(peers(), RUNS)
    table(f"{HOPS} hops and the destination, 20 ms each, 3 queries, all answering", walls)
    hops = responders(output["sonde trace"])
    wanted = {n: [router(n)] for n in range(1, HOPS + 1)} | {HOPS + 1: [TARGET]}
    if hops != wanted:
        sys.exit(f"not what the path is: {hops}")
    good = judged("sonde", statistics.median(walls["sonde trace"]), 1.5 * LARGEST_RTT + 0.1)
    silence = [{"times": SILENT_BEHIND, "delay_ms": DELAY_MS}, {"silent": True, "swallows": True}]
    with Model(silence):
        walls, output = measure({
            "sonde trace": [SONDE, "trace", "-n", TARGET],
            "traceroute -I": ["traceroute", "-n", "-I", TARGET],
            "scamper icmp-paris": ["scamper", "-I", f"trace -P icmp-paris -q 3 {TARGET}"],
        }, 1)
    table(f"{SILENT_BEHIND} hops and then silence, 30 hops at most", walls)
    hops = responders(output["sonde trace"])
    if {n: a for n, a in hops.items() if a} != {n: [router(n)] for n in range(1, 6)}:
        sys.exit(f"not what the path is: {hops}")
    good = judged("sonde", walls["sonde trace"][0], 2.5) and good
    sys.exit(0 if good else 1)


main()
