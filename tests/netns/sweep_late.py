#!/usr/bin/env python3
"""sweep_late.py: what a reply after its time-out counts for: one rule in text, JSON, NDJSON and the
exit code.

netns_sweep_tun plays 10.60.0.1, which answers at once, and 10.60.0.2, which takes 700 ms; probes
wait 400 ms. Until a target is finished a late reply is an answer: it is alive, and the probe is not
lost. What comes later has its own line, and is in the totals alone.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from _namespace import own_namespace, skip

BUILD = pathlib.Path(os.environ.get("SONDE_BUILD_DIR", "build/release")).resolve()
SONDE = str(pathlib.Path(os.environ.get("SONDE", BUILD / "sonde")).resolve())
MODEL = str(BUILD / "tests" / "netns_sweep_tun")
DEVICE = "sim0"
NETWORK = f"""
addr add 10.59.0.1/32 dev {DEVICE}
link set {DEVICE} up
route add 10.60.0.0/16 dev {DEVICE}
"""
QUICK, SLOW = "10.60.0.1", "10.60.0.2"


class Failures(list):
    def expect(self, holds, what):
        if not holds:
            print(f"FAILED: {what}")
            self.append(what)


def sweep(*arguments):
    return subprocess.run([SONDE, "sweep", "-W", "400ms", *arguments], text=True, stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=30)


def all_ways(*arguments):
    """The text run, the JSON document with its exit code, and the NDJSON events of the same sweep."""
    document = sweep("-j", *arguments)
    lines = sweep("-J", *arguments).stdout.splitlines()
    return sweep(*arguments), json.loads(document.stdout), document.returncode, [json.loads(line) for line in lines]


def slow_of(document):
    return next(target for target in document["targets"] if target["address"] == SLOW)


def check_ways(failures, name, arguments, state, counts, code):
    text, document, json_code, events = all_ways(*arguments)
    swept = next(event for event in events if event["event"] == "swept" and event["address"] == SLOW)
    for target in (slow_of(document), swept):
        told = {key: target["counts"][key] for key in counts}
        failures.expect(target["state"] == state and told == counts, f"{name}: {target['state']} {told}")
    failures.expect((text.returncode, json_code) == (code, code), f"{name}: exit codes {text.returncode}, {json_code}")
    for output in (document, events[-1]):
        failures.expect(output["verdict"]["exit_code"] == code, f"{name}: {output['verdict']}")
        failures.expect(output["totals"]["alive"] == (2 if state == "alive" else 1), f"{name}: {output['totals']}")
    wanted = sweep("-x", "2", *arguments).returncode
    failures.expect(wanted == code, f"{name}: -x 2: exit code {wanted}")
    return text.stdout, document, events


def before_the_end(failures):
    """With retries or further rounds under way, the slow host is alive."""
    text, document, _ = check_ways(failures, "retries", ["-r3", "-B1", "--rate=100", SLOW, QUICK], "alive",
                                   {"received": 0, "late": 1}, 0)
    failures.expect(f"{SLOW} is alive\n" in text, f"retries: {text}")
    counts = slow_of(document)["counts"]
    failures.expect(slow_of(document)["loss_ratio"] == counts["lost"] / (counts["lost"] + 1), f"retries: {counts}")
    # The second round begins after the late reply to the first, and has its own time-out.
    text, document, _ = check_ways(failures, "rounds", ["-C2", "-i1400ms", "--rate=100", SLOW, QUICK], "alive",
                                   {"sent": 2, "received": 0, "late": 1, "lost": 1, "in_flight": 0}, 0)
    failures.expect([probe["outcome"] for probe in slow_of(document)["probes"]] == ["late", "timeout"],
                    f"rounds: {slow_of(document)['probes']}")
    failures.expect(slow_of(document)["loss_ratio"] == 0.5, f"rounds: {slow_of(document)}")
    text = sweep("-q", "-c2", "-i1400ms", "--rate=100", SLOW, QUICK).stdout
    failures.expect(f"{SLOW} : xmt/rcv/%loss = 2/1/50%, min/avg/max = 7" in text and ", 1 late\n" in text,
                    f"rounds: {text}")


def after_the_end(failures):
    """The run goes on for a second with another host: the slow one's result stays."""
    text, document, events = check_ways(failures, "too late", ["-c1", "--rate=1", SLOW, QUICK], "unreachable",
                                        {"sent": 1, "received": 0, "late": 0, "lost": 1, "in_flight": 0}, 1)
    failures.expect("(late)\n" in text and f"{SLOW} : xmt/rcv/%loss = 1/0/100%\n" in text, f"too late: {text}")
    failures.expect(any(event["event"] == "late" for event in events), "too late: no line of its own")
    for totals in (document["totals"], events[-1]["totals"]):
        failures.expect(totals["counts"]["late"] == 1 and totals["counts"]["lost"] == 0, f"too late: {totals}")
    with tempfile.NamedTemporaryFile("w") as saved:
        saved.writelines(json.dumps(event) + "\n" for event in events)
        saved.flush()
        merged = subprocess.run([SONDE, "sweep", "--merge", "-j", saved.name], text=True, capture_output=True)
        failures.expect(merged.returncode == 1 and json.loads(merged.stdout)["totals"]["counts"]["late"] == 1,
                        f"too late, merged: {merged.stdout}")


def undecided(failures):
    """Nothing has come back, and nothing has timed out: of loss, nothing is known."""
    text = sweep("-q", "-c1", "-W", "5s", "-w", "300ms", SLOW).stdout
    failures.expect(text == f"{SLOW} : xmt/rcv/%loss = 1/0/NaN%, 1 in flight\n", f"undecided: {text}")
    document = json.loads(sweep("-j", "-C1", "-W", "5s", "-w", "300ms", SLOW).stdout)
    failures.expect(slow_of(document)["loss_ratio"] is None and
                    slow_of(document)["probes"] == [{"seq": 1, "outcome": "in_flight", "rtt_ms": None}],
                    f"undecided: {slow_of(document)}")


def inside():
    failures = Failures()
    with subprocess.Popen([MODEL, DEVICE, QUICK, "2", "0", "0", "700000", "0", "7"], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as hosts:
        line = hosts.stdout.readline()
        if line.startswith("[skipped]"):
            skip(line[len("[skipped] "):].strip())
        subprocess.run(["ip", "-batch", "-"], input=NETWORK, text=True, check=True)
        for case in (before_the_end, after_the_end, undecided):
            case(failures)
        hosts.communicate()
    return 1 if failures else 0


def main():
    if "--inside" in sys.argv:
        return inside()
    unshare = own_namespace(programs=(MODEL, SONDE), tun=True)
    return subprocess.run([*unshare, sys.executable, __file__, "--inside"]).returncode


if __name__ == "__main__":
    sys.exit(main())
