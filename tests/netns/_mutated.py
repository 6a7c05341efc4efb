"""_mutated.py: an honest host, and around each of its answers hundreds of mutated replies and errors
(tun_mutator.cpp). Loss and RTT must be those of a run without them, the RTT within 0.3 ms, and no
answer may be taken that came before the honest one. mutated.py of tests/netns takes a few thousand
packets, that of tests/prove a million."""
import statistics
import sys

from _hostile_tun import Hostile, expect, expect_counts, judged, run
from _namespace import together

DELAY_MS = 5.0
MUTANTS = 150  # around each answer: no more than fit into a socket's buffer
PAYLOADS = ("56", "8")  # with the whole token, and with the tag alone
TOLERANCE_MS = 0.3


def answered(family, socket, payload, mutants, probes):
    """The document, and how many mutants there were."""
    words = ("-c", str(probes), "-i", "10ms", "-W", "1s", "-s", payload)
    with Hostile("tun_mutator", mutants, int(DELAY_MS * 1000), 7) as host:
        document = run(family, socket, *words)
        sent = host.stop()
    expect_counts(document, sent=probes, received=probes, lost=0, late=0, errors=0)
    early = [p for p in document["targets"][0]["probes"] if p["rtt_ms"] < DELAY_MS - 0.1]
    expect(not early, f"believed before the honest answer: {early[:3]}")
    expect(sent["mutants"] == probes * mutants, f"{sent}")
    return document, sent["mutants"]


def mutated(family, socket, probes):
    total = 0
    for payload in PAYLOADS:
        clean, _ = answered(family, socket, payload, 0, min(probes, 100))
        hostile, mutants = answered(family, socket, payload, MUTANTS, probes)
        expect(sum(hostile["rejects"].values()) > probes, f"few were turned away: {hostile['rejects']}")
        medians = [d["targets"][0]["rtt_ms"]["median"] for d in (clean, hostile)]
        expect(abs(medians[0] - medians[1]) <= TOLERANCE_MS, f"medians {medians}")
        total += mutants
        print(f"{family} {socket}, {payload} bytes: {mutants} mutants around {probes} answers, medians"
              f" {medians[0]:.3f} and {medians[1]:.3f} ms, rejects {hostile['rejects']}, worst"
              f" {statistics.quantiles([p['rtt_ms'] for p in hostile['targets'][0]['probes']], n=100)[98]:.3f} ms", flush=True)
    return total


def main(script, kinds, run_workers, probes):
    # One kind after the other: an RTT is measured.
    sys.exit(judged(mutated, *sys.argv[2:4], probes) if sys.argv[1:2] == ["--worker"]
             else together(run_workers(script, [kind]) for kind in kinds))
