"""The measurement of trace_flows.sh. RUNS: traces of each kind (100)."""
import os
import sys

from _trace_model import SONDE, TARGET, Model, responders, timed

RUNS = int(os.environ.get("RUNS", "100"))
BRANCHES, LENGTH = 4, 3
# Router 1, then the branches: 2 3 4, 5 6 7, 8 9 10, 11 12 13; router 14.
PATH = [{}, {"branches": [[{"times": LENGTH}]] * BRANCHES}, {}]


def branches(text):
    """The branches that each of the hops 2, 3 and 4 shows."""
    hops = responders(text)
    return [{(int(a.rsplit(".", 1)[1]) - 2) // LENGTH for a in hops.get(ttl, [])}
            for ttl in range(2, 2 + LENGTH)]


def consistent(text):
    seen = branches(text)
    return len(seen[0]) == 1 and all(hop == seen[0] for hop in seen)


def complete(text):
    return all(hop == set(range(BRANCHES)) for hop in branches(text))


def count(command, judge):
    return sum(judge(timed(command)[1]) for _ in range(RUNS))


def main():
    good = True
    print("\n| probes | runs with one consistent path | runs in which 16 flows find all 4 |")
    print("|---|---|---|")
    with Model(PATH):
        for protocol in ("icmp", "udp", "tcp"):
            trace = [SONDE, "trace", "-n", "-P", protocol]
            paris = count([*trace, TARGET], consistent)
            all_four = count([*trace, "--flows", "16", "-q", "1", TARGET], complete)
            print(f"| sonde trace -P {protocol} | {paris} of {RUNS} | {all_four} of {RUNS} |",
                  flush=True)
            good = good and paris == RUNS and all_four >= 0.85 * RUNS
        classic = count(["traceroute", "-n", TARGET], consistent)
        print(f"| traceroute (UDP, classic) | {classic} of {RUNS} | |")
    print("\nheld" if good else "\nMISSED")
    sys.exit(0 if good else 1)


main()
