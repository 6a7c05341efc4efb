#!/usr/bin/env python3
"""`sonde sweep` that ended too early: what was not over is asked again by --resume, and is named as
a lack by --merge, as are the failures of its parts. Loopback, or a namespace of its own."""

import json
import signal
import subprocess
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from _cli import SILENT, Checks, need_icmp, own_network, sonde, start
from sweep import Schema

HOSTS = "127.0.0.1-3"
CUT = timedelta(microseconds=1)  # a time of day is told in whole microseconds, cut off


def moment(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def stopped(mode, path):
    """A run that got Ctrl-C after the first answer of each of three targets, long before its last round."""
    process = start("sweep", "-J", *mode, HOSTS, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    lines = []
    while sum('"event":"reply"' in line for line in lines) < 3:
        lines.append(process.stdout.readline())
    process.send_signal(signal.SIGINT)
    lines += process.stdout.readlines()
    process.wait(20)
    path.write_text("".join(lines))
    return [json.loads(line) for line in lines]


def rounds(checks, folder):
    """Some of the rounds are not all of them, however alive the target is."""
    for mode in (["-c3", "-i2s"], ["-C3", "-i2s"]):
        path = folder / "stopped"
        stop = stopped(mode, path)[-1]
        checks.check(stop["end_reason"] == "signal" and stop["totals"]["counts"]["received"] < 9,
                     f"{mode}: stopped in the middle: {stop}")
        run = sonde("sweep", "-J", *mode, HOSTS, f"--resume={path}")
        end = json.loads(run.stdout.splitlines()[-1])
        checks.check(run.returncode == 0 and end["totals"]["counts"]["sent"] == 9 and
                     end["totals"]["counts"]["received"] == 9 and end["totals"]["rtt_sketch"]["count"] == 9,
                     f"{mode}: --resume asks again what was not over", run)
        merge(checks, mode, path, stop)
        for option in ("-j", "-J"):
            (folder / "sum").write_text(sonde("sweep", "--merge", option, str(path)).stdout)
            merge(checks, mode, folder / "sum", stop)


def unread(checks, folder):
    """Whoever was silent in a run that failed is asked again: its answer may not have been read."""
    path = folder / "failed"
    whole = sonde("sweep", "-J", HOSTS).stdout.replace('"state":"alive"', '"state":"unreachable"')
    for error, again in (("null", 0), ('"answers cannot be read: Input/output error"', 3)):
        path.write_text(whole.replace('"error":null', f'"error":{error}'))
        run = sonde("sweep", "-J", HOSTS, f"--resume={path}")
        alive = json.loads(run.stdout.splitlines()[-1])["totals"]["alive"]
        checks.check(alive == again, f"silent in a run with error {error}: {alive} alive", run)


def merge(checks, mode, path, end):
    """What is lacking is named and no success, also in a sum that is summed up again."""
    run = sonde("sweep", "--merge", "-j", str(path))
    document = json.loads(run.stdout)
    lack = "3 of 3 targets did not get all their probes: their runs ended early"
    checks.check(run.returncode == 1 and lack in run.stderr and document["verdict"]["reasons"] == [lack] and
                 document["end_reason"] == "signal", f"{mode}: --merge names rounds that are lacking", run)
    checks.check(document["totals"]["counts"] == end["totals"]["counts"],
                 f"{mode}: the counts of the run: {end['totals']['counts']}", run)


def in_flight(checks, lab, folder):
    """What was in flight when the run ended stays so in the sum."""
    path = folder / "flying"
    # The second probe leaves at 100 ms and would be waited for until an hour has passed.
    sonde("sweep", "-J", "-q", "-C2", "-i100ms", "-W1h", "-w3s", f"--output={path}", "192.0.2.1", "127.0.0.1",
          before=lab)
    end = json.loads(path.read_text().splitlines()[-1])
    document = json.loads(sonde("sweep", "--merge", "-j", str(path)).stdout)
    checks.check(document["totals"]["counts"] == end["totals"]["counts"] and
                 end["totals"]["counts"]["in_flight"] == 2, f"probes in flight are kept: {document['totals']}")
    probes = {target["input"]: [probe["outcome"] for probe in target["probes"]] for target in document["targets"]}
    checks.check(probes["192.0.2.1"] == ["in_flight"] * 2, f"each of them: {probes}")


def failures(checks, folder):
    """Whatever failed in a part is no success of the sum."""
    bad = folder / "unread"
    run = sonde("sweep", "127.0.0.1", "-f", str(folder), "-J", f"--output={bad}")
    end = json.loads(bad.read_text().splitlines()[-1])
    checks.check(run.returncode == 4 and end["end_reason"] == "error" and end["error"] is not None and
                 "cannot read" in end["error"], f"a list that cannot be read is told as an error: {end}", run)
    good = folder / "good"
    sonde("sweep", "127.0.0.2", "-J", f"--output={good}")
    for files in ([bad], [good, bad], [bad, good]):
        for again in (False, True):
            run = sonde("sweep", "--merge", "-j", *map(str, files))
            document = json.loads(run.stdout)
            checks.check(run.returncode == 4 and document["verdict"]["exit_code"] == 4 and
                         document["verdict"]["pass"] is False and document["error"] == end["error"] and
                         document["verdict"]["reasons"] == end["verdict"]["reasons"] and
                         document["end_reason"] == "error" and end["error"] in run.stderr,
                         f"--merge keeps the failure of a part, {again}", run)
            (folder / "failed").write_text(run.stdout)
            files = [folder / "failed"]


def whole(checks, folder):
    """Rejects are summed up, times are those of the parts."""
    events = {}
    for name, hosts in (("a", "127.0.0.1"), ("b", "127.0.0.2")):
        text = sonde("sweep", "-J", "-q", hosts).stdout
        text = text.replace('"stranger":0', '"stranger":7').replace('"token":0', '"token":1')
        (folder / name).write_text(text)
        events[name] = [json.loads(line) for line in text.splitlines()]
    files = [str(folder / name) for name in ("b", "a")]
    lines = [json.loads(line) for line in sonde("sweep", "--merge", "-J", *files).stdout.splitlines()]
    checks.check(lines[-1]["rejects"]["stranger"] == 14 and lines[-1]["rejects"]["token"] == 2,
                 f"rejects are summed up: {lines[-1]['rejects']}")
    told = {event["input"]: event["ts"] for event in lines if event["event"] == "swept"}
    checks.check(told == {event["input"]: event["ts"] for parts in events.values() for event in parts
                          if event["event"] == "swept"}, f"each target has its own time: {told}")
    for name, part in events.items():
        ran = moment(part[-1]["ts"]) - moment(part[0]["ts"])
        checks.check(abs(ran - timedelta(milliseconds=part[-1]["elapsed_ms"])) <= CUT,
                     f"{name}: from start to end {ran}, as it says: {part[-1]['elapsed_ms']} ms")
    first, last = events["a"][0]["ts"], events["b"][-1]["ts"]
    checks.check(lines[0]["ts"] == first and abs(moment(lines[-1]["ts"]) - moment(last)) <= CUT,
                 f"from the first start to the last end, {last}: {lines[0]['ts']} {lines[-1]['ts']}")
    document = json.loads(sonde("sweep", "--merge", "-j", *files).stdout)
    checks.check(document["started"] == first and abs(moment(document["ended"]) - moment(last)) <= CUT,
                 f"in a document too, {first} to {last}: {document}")
    text = (folder / "a").read_text()
    (folder / "a").write_text(text.replace('"rejects":{"', '"no":{"'))
    document = json.loads(sonde("sweep", "--merge", "-j", *files).stdout)
    checks.check(document["rejects"] is None and Schema().errors(document) == [], f"what is not known is null: {document}")


def shards(checks, folder):
    """Shards of other lists are no shards of this one; enough answers are enough."""
    for name, hosts, shard in (("one", "127.0.0.1-9", 1), ("two", "127.0.0.1-3", 2), ("three", "127.0.0.1-9", 3)):
        sonde("sweep", "-J", "-q", "--order=random:5", f"--shard={shard}/3", hosts, f"--output={folder}/{name}")
    run = sonde("sweep", "--merge", "-j", str(folder / "one"), str(folder / "two"))
    checks.check(run.returncode == 3 and run.stdout == "" and "of another sweep" in run.stderr, "sizes that cannot be", run)
    files = [str(folder / "one"), str(folder / "three")]
    for enough, code in ((6, 0), (7, 1)):
        run = sonde("sweep", "--merge", "-q", f"-x{enough}", *files)
        document = json.loads(sonde("sweep", "--merge", "-j", f"-x{enough}", *files).stdout)
        checks.check(run.returncode == code and "shard 2/3 is missing" in run.stderr and
                     run.stdout.startswith("Not enough" if code else "Enough") and
                     document["verdict"]["pass"] == (code == 0) and
                     ("shard 2/3 is missing" in document["verdict"]["reasons"]) == (code == 1),
                     f"-x {enough} with a shard missing", run)


def lists(checks, folder):
    """Shards of lists of the same length are told apart too; a result that was taken out is missed."""
    for name, hosts, shard in (("one", "127.0.0.1-4", 1), ("two", "127.0.0.1-4", 2), ("other", "127.1.0.1-4", 2)):
        sonde("sweep", "-J", "-q", f"--shard={shard}/2", hosts, f"--output={folder}/{name}")
    run = sonde("sweep", "--merge", "-j", f"{folder}/one", f"{folder}/other")
    checks.check(run.returncode == 3 and run.stdout == "" and "its list of targets is another" in run.stderr,
                 "shards of another list", run)
    run = sonde("sweep", "--merge", "-j", f"{folder}/one", f"{folder}/two")
    checks.check(run.returncode == 0 and json.loads(run.stdout)["totals"]["list_digest"] is not None, "of the same", run)
    lines = (folder / "one").read_text().splitlines(keepends=True)
    (folder / "less").write_text("".join(line for line in lines if '"target":2,' not in line))
    run = sonde("sweep", "--merge", "-j", f"{folder}/less")
    checks.check(run.returncode == 3 and "it counts 2 results and has 1" in run.stderr, "a result is not there", run)


def words(checks, lab):
    for arguments, word in [(["--merge", "-", "-"], "standard input can be one of the files"),
                            (["--resume=-", "127.0.0.1"], "read more than once"),
                            (["--shard=1/2", "--order=random", "127.0.0.1"], "--order random:SEED")]:
        run = sonde("sweep", *arguments)
        checks.check(run.returncode == 3 and run.stdout == "" and word in run.stderr, f"{arguments}", run)
    run = sonde("sweep", "-C3", "-i5ms", "-q", "-B1", "-r1", "127.0.0.1")
    checks.check(run.returncode == 0 and run.stdout.startswith("127.0.0.1 : "), "smokeping's fping -C3 -q -B1 -r1", run)
    options = json.loads(sonde("sweep", "-j", "127.0.0.1").stdout)["options"]
    checks.check(options["interval_ms"] is None, f"no interval: {options}")
    run = sonde("sweep", "-r0", "-W50ms", "127.255.255.255", before=lab)
    checks.check(run.returncode == 1 and "add -b" in run.stderr, "a broadcast address of a network", run)
    process = start("sweep", "-f", "-", "127.0.0.1", "-J", stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE, text=True)
    while '"swept"' not in process.stdout.readline():
        pass
    process.send_signal(signal.SIGINT)
    checks.check(process.wait(20) == 0, "Ctrl-C where nothing more was typed")
    process = start("sweep", "-f", "-", "-J", stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE, text=True)
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    end = json.loads(process.stdout.readlines()[-1])
    checks.check(process.wait(20) == 1 and "no target given" not in process.stderr.read() and
                 end["verdict"]["exit_code"] == 1, f"Ctrl-C where nothing was typed: {end}")


def main():
    need_icmp()
    checks = Checks()
    lab = own_network(SILENT)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rounds(checks, folder)
        unread(checks, folder)
        in_flight(checks, lab, folder)
        failures(checks, folder)
        whole(checks, folder)
        shards(checks, folder)
        lists(checks, folder)
        words(checks, lab)
    checks.finish()


if __name__ == "__main__":
    main()
