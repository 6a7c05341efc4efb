#!/usr/bin/env python3
"""`sonde sweep --merge`: what is missing stays missing until it comes, targets keep their numbers,
and nothing is told twice. Loopback, or a namespace of its own."""

import json
import subprocess
import tempfile
from pathlib import Path

from _cli import SILENT, Checks, need_icmp, own_network, sonde
from sweep import Schema, kept_lines


def totals_of(document):
    counts = ("targets", "alive", "unreachable", "error", "pending", "counts")
    return {key: document["totals"][key] for key in counts}


def numbers_of(document):
    return {target["input"]: target["id"] for target in document["targets"]}


def in_steps(checks, folder):
    """Shard after shard, in any order and format: a partial sum is told as one, and completed."""
    hosts = ["127.0.0.0/24", "--rate=max", "-q", "--order=random:5"]
    whole = json.loads(sonde("sweep", "-j", *hosts).stdout)
    for shard in (1, 2, 3):
        sonde("sweep", "-J", *hosts, f"--shard={shard}/3", f"--output={folder}/s{shard}")
    parts = {shard: str(folder / f"s{shard}") for shard in (1, 2, 3)}
    for option in ("-j", "-J"):
        some = str(folder / f"some{option}")
        run = sonde("sweep", "--merge", "-q", option, f"--output={some}", parts[3], parts[1])
        checks.check(run.returncode == 1 and "shard 2/3 is missing" in run.stderr, "a partial merge", run)
        last = json.loads(kept_lines(Path(some))[-1])
        checks.check(not last["verdict"]["pass"] and "shard 2/3 is missing" in last["verdict"]["reasons"] and
                     last["totals"]["targets"] == 169, f"{option}: told as partial: {last['verdict']}")
        # Its output alone knows what it lacks, also once it was merged again.
        again = sonde("sweep", "--merge", "-j", some)
        document = json.loads(again.stdout)
        checks.check(again.returncode == 1 and "shard 2/3 is missing" in again.stderr and
                     Schema().errors(document) == [] and document["sweep"]["shards"] == 3 and
                     document["sweep"]["merged_shards"] == [1, 3] and document["totals"]["targets"] == 169,
                     f"{option}: a partial merge stays one", again)
        for twice in (1, 3):
            run = sonde("sweep", "--merge", "-j", some, parts[twice])
            checks.check(run.returncode == 3 and run.stdout == "" and f"shard {twice}/3 is there twice" in run.stderr,
                         f"{option}: the same shard twice", run)
        run = sonde("sweep", "--merge", "-j", parts[2], some)
        document = json.loads(run.stdout)
        checks.check(run.returncode == 0 and run.stderr == "" and document["verdict"]["pass"] and
                     "merged_shards" not in document["sweep"] and
                     totals_of(document) == totals_of(whole) and numbers_of(document) == numbers_of(whole),
                     f"{option}: completed later, as one run", run)
    run = sonde("sweep", "-J", "-q", f"--resume={folder}/some-J", *hosts, "--shard=1/3")
    checks.check(run.returncode == 3 and "a merge of some shards" in run.stderr, "no going on from a sum", run)


def numbers(checks, lab, folder):
    """Whole runs are numbered in the order of the files."""
    for name, hosts in (("a", ["127.0.0.1-3", "localhost"]), ("b", ["127.0.0.9", "127.0.0.7"])):
        sonde("sweep", "-j", "-q", f"--output={folder}/{name}", *hosts, before=lab)
    run = sonde("sweep", "--merge", "-j", f"{folder}/a", f"{folder}/b")
    checks.check(numbers_of(json.loads(run.stdout)) ==
                 {"127.0.0.1": 0, "127.0.0.2": 1, "127.0.0.3": 2, "localhost": 3, "127.0.0.9": 4, "127.0.0.7": 5},
                 "whole runs one behind the other", run)
    for name, prefix in (("c", "127.0.1.0/28"), ("d", "127.0.1.8-127.0.1.20"), ("e", "127.0.2.0/24")):
        sonde("sweep", "-J", "-q", "--order", "random:42", f"--output={folder}/{name}", prefix, before=lab)
    for parts in (("c", "c"), ("c", "d"), ("d", "e", "c"), ("e", "c", "e")):
        run = sonde("sweep", "--merge", "-j", *[f"{folder}/{part}" for part in parts])
        checks.check(run.returncode == 3 and run.stdout == "" and "the files overlap" in run.stderr,
                     f"{parts} have targets in common", run)
    run = sonde("sweep", "--merge", "-j", *[f"{folder}/{part}" for part in "ec"])
    checks.check(run.returncode == 0 and json.loads(run.stdout)["totals"]["targets"] == 254 + 14, "no overlap", run)
    lines = sonde("sweep", "-J", "-q", "127.0.0.1-3").stdout.replace('"target":2', '"target":1')
    (folder / "same").write_text(lines)
    run = sonde("sweep", "--merge", "-j", f"{folder}/same")
    checks.check(run.returncode == 3 and "target 1" in run.stderr and "there twice" in run.stderr,
                 "a number that is there twice", run)
    (folder / "beyond").write_text(sonde("sweep", "-J", "-q", "127.0.0.1").stdout.replace('"target":0', '"target":7'))
    run = sonde("sweep", "--merge", "-j", f"{folder}/beyond")
    checks.check(run.returncode == 3 and "more targets than it counts" in run.stderr, "a number beyond the last", run)


def cut_short(checks, lab, folder):
    """Runs that ended early: their targets without a result stay pending, and are told once."""
    for mode in (["-r3"], ["-c5", "-i1s"], ["-l", "-i50ms"]):
        name = f"{folder}/early{mode[0]}"
        sonde("sweep", "-J", *mode, "-q", "-w", "300ms", "--rate=10", f"--output={name}", "127.0.0.1-2", "192.0.2.1-9",
              before=lab)
        told = [json.loads(line) for line in kept_lines(Path(name))]
        inputs = [event["input"] for event in told if event["event"] == "swept"]
        totals = told[-1]["totals"]
        once = json.loads(sonde("sweep", "--merge", "-j", name).stdout)
        (folder / "again").write_text(json.dumps(once) + "\n")
        again = sonde("sweep", "--merge", "-j", str(folder / "again"))
        for document in (once, json.loads(again.stdout)):
            checks.check(sorted(target["input"] for target in document["targets"]) == sorted(inputs),
                         f"{mode}: each target once: {[target['input'] for target in document['targets']]}")
            checks.check(document["totals"]["targets"] == 11 and
                         document["totals"]["pending"] == totals["pending"] > 0 and
                         document["totals"]["alive"] == totals["alive"] and not document["verdict"]["pass"],
                         f"{mode}: what is pending stays so: {document['totals']}")
        checks.check(again.returncode == 1 and f"no result for {totals['pending']} of 11 targets" in again.stderr,
                     f"{mode}: told as partial", again)
        text = sonde("sweep", "--merge", name)
        checks.check(text.returncode == 1 and f"no result for {totals['pending']} of 11 targets" in text.stderr and
                     (mode != ["-r3"] or "192.0.2.1 is unreachable" not in text.stdout),
                     f"{mode}: no result is not unreachable", text)


def from_standard_input(checks, folder):
    for name, host in (("x", "127.0.0.1"), ("y", "127.0.0.2")):
        sonde("sweep", "-J", "-q", f"--output={folder}/{name}", host)
    with open(folder / "x", encoding="utf-8") as given:
        run = sonde("sweep", "--merge", "-a", "-", str(folder / "y"), stdin=given)
    checks.check(run.returncode == 0 and run.stdout == "127.0.0.1\n127.0.0.2\n", "one of the files is standard input", run)
    text = (folder / "x").read_text()
    run = sonde("sweep", "--merge", "-a", "-", str(folder / "y"), stdin=None, input=text)
    checks.check(run.returncode == 0 and run.stdout == "127.0.0.1\n127.0.0.2\n", "a pipe is read twice all the same", run)
    run = sonde("sweep", "--merge", "-a", "-", stdin=subprocess.DEVNULL)
    checks.check(run.returncode == 3 and "standard input" in run.stderr, "nothing on standard input", run)


def beyond_32_bits(checks, folder):
    """A target counts to 2^32 - 1, and the sums of many go on from there."""
    most = 2**32 - 1
    for name, host in (("big", "127.0.0.1-3"), ("bigger", "127.0.0.4-6")):
        lines = sonde("sweep", "-J", "-q", host).stdout
        lines = lines.replace('"sent":1,', f'"sent":{most},').replace('"lost":0,', f'"lost":{most - 1},')
        end = f'"sent":{3 * most},"received":3,"late":0,"lost":{3 * most - 3}'
        (folder / name).write_text(lines.replace('"sent":3,"received":3,"late":0,"lost":' + str(most - 1), end))
    run = sonde("sweep", "--merge", "-j", f"{folder}/big", f"{folder}/bigger")
    document = json.loads(run.stdout or "{}")
    counts = document.get("totals", {}).get("counts", {})
    checks.check(run.returncode == 0 and counts.get("sent") == 6 * most and counts["lost"] == 6 * most - 6 and
                 document["totals"]["loss_ratio"] > 0.99, f"sums beyond 32 bits: {counts}", run)
    text = sonde("sweep", "--merge", "-q", "--stats=totals", f"{folder}/big", f"{folder}/bigger")
    checks.check(str(6 * most) in text.stdout + text.stderr, "the same in words", text)


def main():
    need_icmp()
    checks = Checks()
    lab = own_network(SILENT)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        in_steps(checks, folder)
        numbers(checks, lab, folder)
        cut_short(checks, lab, folder)
        from_standard_input(checks, folder)
        beyond_32_bits(checks, folder)
    checks.finish()


if __name__ == "__main__":
    main()
