#!/usr/bin/env python3
"""sweep_parts.py: a sweep in parts: shards, a run that goes on where another stopped, and sums.

In the lab of _sweep_lab.py. What was sent is read off the wire; files are read with jq, as a user
would.
"""
import collections
import json
import pathlib
import signal
import subprocess
import tempfile

from _kernel_lab import expect, prepare, run_cases
from _sweep_lab import SweepLab, Wire

FAST = "-r 0 -W 1s --rate 5000"


def shards_are_everything_once(lab):
    """On the wire, too: each address gets one probe from one of the shards."""
    targets = "10.88.68.0/22"
    for order in ("sequential", "random:42"):
        wire = Wire(lab)
        found = []
        for shard in (1, 2, 3):
            found += lab.lines(f"-a {FAST} --order {order} --shard {shard}/3 {targets}")
        sent = [destination for _, destination in wire.finish()]
        expect(len(found) == 1022 and len(set(found)) == 1022, f"{order}: {len(found)} found")
        expect(collections.Counter(sent) == collections.Counter(found),
               f"{order}: {len(sent)} requests to {len(set(sent))} addresses")


def resumed_and_merged(lab):
    """A run cut short and its continuation, and three shards: the sums of one whole run."""
    targets = "10.88.64.0/23"  # 10.88.65.0/24 is silent
    with tempfile.TemporaryDirectory() as scratch:
        part, rest = (str(pathlib.Path(scratch, name)) for name in ("part", "rest"))
        base = f"--ndjson --output {{}} -q -r 0 -W 1s --rate 500 {targets}"
        wire = Wire(lab)
        with subprocess.Popen(lab.sweep_command(base.format(part)), stdout=subprocess.PIPE,
                              text=True) as run:
            wire.wait_for(150)
            run.send_signal(signal.SIGINT)
            run.communicate(timeout=20)
        wire.finish()
        settled = finished(part)
        expect(0 < len(settled) < 510, f"{len(settled)} were done before the interrupt")
        wire = Wire(lab)
        done = lab.sweep(base.format(rest) + f" --resume {part}")
        sent = {destination for _, destination in wire.finish()}
        expect(not sent & settled, f"probed again: {sorted(sent & settled)[:3]} {done.stderr}")
        expect(sent | settled == {f"10.88.{64 + n // 256}.{n % 256}" for n in range(1, 511)},
               f"{len(sent)} sent, {len(settled)} done before")
        expect(done.returncode == 1, f"exit code {done.returncode}: {done.stderr}")
        check_merge(lab, scratch, targets)


def finished(path):
    """The addresses that an NDJSON file has as settled."""
    query = 'select(.event == "swept" and .state != "pending") | .address'
    return set(subprocess.run(["jq", "-r", query, path], text=True, capture_output=True,
                              check=True).stdout.split())


def check_merge(lab, scratch, targets):
    files = []
    for shard in (1, 2, 3):
        for kind in ("json", "ndjson"):
            path = str(pathlib.Path(scratch, f"{shard}.{kind}"))
            lab.sweep(f"--{kind} --output {path} -q -c 2 -i 20ms -W 1s --rate 2000 "
                      f"--shard {shard}/3 {targets}")
            files.append(path)
    for kind in ("json", "ndjson"):
        merged = lab.sweep("--merge --json " + " ".join(f for f in files if f.endswith("." + kind)))
        document = json.loads(merged.stdout)
        states = collections.Counter(target["state"] for target in document["targets"])
        expect(states == {"alive": 255, "unreachable": 255}, f"{kind}: {states} {merged.stderr}")
        sent = sum(target["counts"]["sent"] for target in document["targets"])
        received = sum(target["counts"]["received"] for target in document["targets"])
        expect((sent, received) == (1020, 510), f"{kind}: {sent} sent, {received} received")
        expect(merged.returncode == 1, f"{kind}: exit code {merged.returncode}")


if __name__ == "__main__":
    prepare("tcpdump", "jq")
    run_cases([shards_are_everything_once, resumed_and_merged], SweepLab)
