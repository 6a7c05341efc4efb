#!/usr/bin/env python3
"""`sonde sweep`: fping's texts to the letter, exit codes, targets from everywhere, what is refused,
JSON and NDJSON under the schema, --resume and --merge. Loopback, or a namespace of its own."""

import json
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from _cli import SILENT, Checks, need_icmp, own_network, plain_signals, environment, sonde, start, SONDE

try:
    from jsonschema import Draft202012Validator
except ImportError:
    print("skipped: python3-jsonschema is not installed")
    sys.exit(77)

NOBODY = ("-r0", "-W", "500ms")


def figures(text):
    """Measured times as N."""
    return re.sub(r"(?<![\d.])\d+\.\d+(?![\d.])|(?<=[ (/])\d+(?= ms| avg)", "N", text)


class Schema:
    """The printed schema, with unknown members forbidden."""

    def __init__(self):
        self.schema = json.loads(sonde("--print-schema").stdout)
        for definition in self.schema["$defs"].values():
            definition["additionalProperties"] = False

    def errors(self, value):
        name = value.get("event", "sweep_document")
        definition = {**self.schema, "$ref": f"#/$defs/{name}"}
        definition.pop("oneOf")
        return [e.message for e in Draft202012Validator(definition).iter_errors(value)]


def texts(checks, lab):
    golden = [
        (["127.0.0.1", "192.0.2.1", *NOBODY], 1, "127.0.0.1 is alive\n192.0.2.1 is unreachable\n"),
        (["-a", "127.0.0.1", "192.0.2.1", *NOBODY], 1, "127.0.0.1\n"),
        (["-u", "127.0.0.1", "192.0.2.1", *NOBODY], 1, "192.0.2.1\n"),
        (["-aqg", "127.0.0.0/29"], 0, "".join(f"127.0.0.{i}\n" for i in range(1, 7))),
        (["-uq", "127.0.0.1", "192.0.2.1", *NOBODY], 1, "192.0.2.1\n"),
        (["-e", "127.0.0.1"], 0, "127.0.0.1 is alive (N ms)\n"),
        (["127.0.0.0/30"], 0, "127.0.0.1 is alive\n127.0.0.2 is alive\n"),
        (["127.0.0.6/31"], 0, "127.0.0.6 is alive\n127.0.0.7 is alive\n"),
        (["127.0.0.7/32", "::1"], 0, "127.0.0.7 is alive\n::1 is alive\n"),
        (["127.0.0.9-11"], 0, "127.0.0.9 is alive\n127.0.0.10 is alive\n127.0.0.11 is alive\n"),
        (["-g", "127.0.0.9", "127.0.0.10"], 0, "127.0.0.9 is alive\n127.0.0.10 is alive\n"),
        (["-qx1", "127.0.0.1", "192.0.2.1", *NOBODY], 0,
         "Enough hosts reachable (required: 1, reachable: 1)\n"),
        (["-qx2", "127.0.0.1", "192.0.2.1", *NOBODY], 1,
         "Not enough hosts reachable (required: 2, reachable: 1)\n"),
        (["-c1", "127.0.0.1"], 0,
         "127.0.0.1 : [0], 64 bytes, N ms (N avg, 0% loss)\n\n"
         "127.0.0.1 : xmt/rcv/%loss = 1/1/0%, min/avg/max = N/N/N\n"),
        (["-c1", "-W", "20ms", "192.0.2.1"], 1,
         "192.0.2.1 : [0], timed out (NaN avg, 100% loss)\n\n"
         "192.0.2.1 : xmt/rcv/%loss = 1/0/100%\n"),
        (["-a", "-c1", "-W", "500ms", "127.0.0.1", "192.0.2.1"], 1,
         "127.0.0.1 : xmt/rcv/%loss = 1/1/0%, min/avg/max = N/N/N\n"),
        (["-u", "-C2", "-i5ms", "-W", "500ms", "127.0.0.1", "192.0.2.1"], 1, "192.0.2.1 : - -\n"),
        (["-qC3", "-i5ms", "-W", "500ms", "127.0.0.1", "192.0.2.1"], 1,
         "127.0.0.1 : N N N\n192.0.2.1 : - - -\n"),
        (["--shard=2/2", "127.0.0.1-4"], 0, "127.0.0.2 is alive\n127.0.0.4 is alive\n"),
    ]
    for arguments, code, wanted in golden:
        run = sonde("sweep", *arguments, before=lab)
        checks.check(figures(run.stdout) == wanted and run.returncode == code and run.stderr == "",
                     f"sweep {arguments}:\n{wanted}", run)
    totals = sonde("sweep", "-q", "--stats=totals", "127.0.0.1").stdout
    checks.check(figures(totals) ==
                 "\n       1 targets\n       1 alive\n       0 unreachable\n       0 unknown addresses\n\n"
                 "       0 timeouts (waiting for response)\n       1 ICMP Echos sent\n"
                 "       1 ICMP Echo Replies received\n       0 other ICMP received\n\n"
                 " N ms (min round trip time)\n N ms (avg round trip time)\n"
                 " N ms (max round trip time)\n        N sec (elapsed real time)\n\n", "--stats totals")
    for line in sonde("sweep", "--help").stdout.splitlines():
        checks.check(len(line) <= 80, f"no help line over 80 columns: {line}")


def targets(checks, lab, folder):
    file = folder / "targets"
    file.write_bytes(b"# comment\n\n  127.0.0.1 the router\r\n127.0.0.2-3\n\t#x\nbad/33\n"
                     b"224.0.0.1\n127.0.0.4\n127.1")
    run = sonde("sweep", "-f", str(file))
    checks.check(run.stdout == "".join(f"127.0.0.{i} is alive\n" for i in (1, 2, 3, 4)) and
                 run.returncode == 2 and f"{file}:6: 'bad/33': not a prefix" in run.stderr and
                 f"{file}:7: '224.0.0.1': multicast" in run.stderr and
                 f"{file}:9: '127.1': an address is four decimal numbers: 127.0.0.1" in run.stderr, "a file: comments, CRLF, bad lines named", run)
    file.write_text("\u00e9/33\n", encoding="utf-8")
    run = sonde("sweep", "-f", str(file), env={"LC_ALL": "C.UTF-8"})
    checks.check(run.stderr == f"sonde: {file}:1: '\\xc3\\xa9/33': not a prefix\n", "a bad line is named once", run)
    run = sonde("sweep", "::1%lo", "-c1")
    checks.check(run.stdout.startswith("::1%lo : [0]"), "a zone is called as it was typed", run)
    for option in ("-c0", "--count=x"):
        run = sonde("sweep", option, "127.0.0.1")
        checks.check(run.returncode == 3 and "-l, --loop" in run.stderr, f"without end: {option}", run)
    file.write_bytes(b"\xef\xbb\xbf127.0.0.1\n127.0.0.2\n")
    run = sonde("sweep", "-a", "-f", str(file), before=lab)
    checks.check(run.stdout == "127.0.0.1\n127.0.0.2\n" and run.returncode == 0, "a byte order mark", run)
    for arguments in ([], ["-a"]):
        run = sonde("sweep", *arguments, input="127.0.0.1\n", stdin=None)
        checks.check(run.stdout.startswith("127.0.0.1") and run.returncode == 0, "standard input alone", run)
    run = sonde("sweep", "-g", input="127.0.0.1\n", stdin=None)
    checks.check(run.returncode == 3 and "no target given" in run.stderr, "-g takes operands", run)
    run = sonde("sweep", "-a", "-f", "-", "127.0.0.9", input="127.0.0.1\n", stdin=None)
    checks.check(run.stdout == "127.0.0.9\n127.0.0.1\n" and run.returncode == 0,
                 "operands, then standard input", run)
    run = sonde("sweep", "-f", "/dev/null")
    checks.check(run.returncode == 3 and run.stdout == "" and run.stderr == "sonde: no target given\n",
                 "a file without a target", run)
    run = sonde("sweep", "-f", str(folder / "missing"))
    checks.check(run.returncode == 4 and "cannot open" in run.stderr, "a missing file", run)
    run = sonde("sweep", "-f", "/dev/null", "--shard=2/2")
    checks.check(run.returncode == 3 and "no target given" in run.stderr, "a shard of nothing", run)
    run = sonde("sweep", "-f", str(folder))
    checks.check(run.returncode == 4 and "cannot read" in run.stderr, "a folder for a file", run)
    run = sonde("sweep", "nosuch.invalid", "127.0.0.1", before=lab)
    checks.check(run.returncode == 2 and run.stdout == "127.0.0.1 is alive\n" and
                 run.stderr.startswith("sonde: nosuch.invalid: "), "a name that does not resolve", run)
    many = sonde("sweep", "-q", "--rate=max", "127.0.0.0/16", "--stats=totals")
    checks.check("65534 alive" in many.stdout and many.returncode == 0, "65534 loopback targets", many)


def refused(checks):
    for arguments, word in [
        (["10.0.0.0/8"], "--allow many"),
        (["--rate=max", "192.0.2.1"], "--allow fast"),
        (["--rate=10001", "192.0.2.1"], "--allow fast"),
        (["224.0.0.1"], "--allow multicast"),
        (["220.0.0.0-230.0.0.0"], "--allow multicast"),
        (["ff02::1"], "--allow multicast"),
        (["0.0.0.1"], "--allow zero"),
        (["255.255.255.255"], "-b"),
        (["10.0.0.300"], "neither an address nor a name"),
        (["0x7f000001"], "an address is four decimal numbers: 127.0.0.1"),
        (["127.1"], "an address is four decimal numbers: 127.0.0.1"),
        (["010.0.0.1"], "8.0.0.1 if its zeros mean octal, 10.0.0.1 if they only fill"),
        (["127.0.0.1,127.0.0.2"], "separated by blanks"),
        (["-p100", "127.0.0.1"], "-i 100ms"),
        (["10.0.0.1/33"], "length of 0 to 32"),
        (["10.0.0.9-10.0.0.1"], "before the first"),
        (["2001:db8::/64"], "too many"),
        (["-g", "127.0.0.1"], "has no last address"),
        (["--shard=3/2", "127.0.0.1"], "not a shard"),
        (["--rate=0", "127.0.0.1"], "not a rate"),
        (["--order=backwards", "127.0.0.1"], "not an order"),
        (["--backoff=0.5", "127.0.0.1"], "not a factor"),
        (["-i1", "127.0.0.1"], "goes with -c, -C or -l"),
        (["-a", "-u", "127.0.0.1"], "exclude each other"),
        (["--alife", "127.0.0.1"], "--alive"),
        (["-t", "500", "127.0.0.1"], "time-out is -W"),
        (["127.0.0.1-300"], "a range is"),
        (["-s", "127.0.0.1"], "--stats totals"),
        (["-H", "-n", "127.0.0.1"], "exclude each other"),
        ([], "no target given"),
        (["--merge"], "--merge takes files"),
        (["--allow=everything", "127.0.0.1"], "is not one of"),
    ]:
        run = sonde("sweep", *arguments)
        checks.check(run.returncode == 3 and run.stdout == "" and word in run.stderr and
                     all(line.startswith("sonde: ") for line in run.stderr.splitlines()),
                     f"refused: {arguments}", run)


def machine(checks, lab):
    schema = Schema()
    for arguments, code in [
        (["127.0.0.1", "::1"], 0),
        (["127.0.0.1", "192.0.2.1", *NOBODY], 1),
        (["-C2", "-i5ms", "-W", "500ms", "127.0.0.1", "192.0.2.1"], 1),
        (["nosuch.invalid"], 2),
        (["--json-probes", "127.0.0.1", "192.0.2.1", *NOBODY], 1),
        (["-l", "-i5ms", "-w", "1s", "--summary-every=10ms", "127.0.0.1"], 0),
        (["--order=random:7", "--shard=1/2", "127.0.0.0/29"], 0),
    ]:
        run = sonde("sweep", "-j", *arguments, before=lab)
        document = json.loads(run.stdout)
        checks.check(schema.errors(document) == [] and run.stdout.count("\n") == 1 and
                     run.returncode == code == document["verdict"]["exit_code"],
                     f"-j {arguments}: {schema.errors(document)}", run)
        run = sonde("sweep", "-J", *arguments, before=lab)
        events = [json.loads(line) for line in run.stdout.splitlines()]
        wrong = [error for event in events for error in schema.errors(event)]
        checks.check(wrong == [] and events[0]["event"] == "start" and
                     events[-1]["event"] == "end" and run.returncode == code,
                     f"-J {arguments}: {wrong}", run)
        totals, counts = events[-1]["totals"], events[-1]["totals"]["counts"]
        buckets = ("received", "late", "lost", "errors", "send_failures", "in_flight")
        checks.check(counts["sent"] == sum(counts[b] for b in buckets) and
                     totals["targets"] == sum(totals[s] for s in ("alive", "unreachable", "error", "pending")),
                     f"-J {arguments}: the totals add up", run)


def kept_lines(path):
    return path.read_text().splitlines(keepends=True)


def together(checks, lab, folder):
    """What shards and parts of runs add up to is what one run gives."""
    every = ["127.0.0.0/22", "--rate=max"]
    for number in (1, 2, 3):
        sonde("sweep", "-J", "--order=random:5", f"--shard={number}/3", *every,
              f"--output={folder}/s{number}", "-q")
    parts = [str(folder / f"s{n}") for n in (1, 2, 3)]
    merged = json.loads(sonde("sweep", "--merge", "-j", *parts).stdout)
    checks.check(Schema().errors(merged) == [], "a merged document is valid")
    checks.check(sorted(t["input"] for t in merged["targets"]) ==
                 sorted(f"127.0.{i // 256}.{i % 256}" for i in range(1, 1023)) and
                 merged["totals"]["counts"]["sent"] == 1022 and merged["verdict"]["pass"],
                 "three shards are everything, once")
    times = sorted(json.loads(line)["rtt_ms"]["avg"] for part in parts
                   for line in Path(part).read_text().splitlines() if '"swept"' in line)
    rtt = merged["totals"]["rtt_ms"]
    checks.check(rtt["min"] == times[0] and rtt["max"] == times[-1] and
                 abs(rtt["avg"] - sum(times) / len(times)) < 1e-6 and
                 abs(rtt["median"] / times[len(times) // 2 - 1] - 1) < 0.004, "merged times")
    (folder / "nothing").write_text("")
    for files, word in [([parts[0], parts[0]], "is there twice"), ([parts[0], "/dev/null"], "no document"),
                        ([parts[0], str(folder / "nothing")], "no document")]:
        run = sonde("sweep", "--merge", "-j", *files)
        checks.check(run.returncode == 3 and run.stdout == "" and word in run.stderr, f"merge {word}", run)
    run = sonde("sweep", "--merge", "-j", str(folder / "missing"))
    checks.check(run.returncode == 4 and run.stdout == "", "merging what is not there", run)
    run = sonde("sweep", "--merge", "-q", *parts[:2])
    checks.check(run.returncode == 1 and "shard 3/3 is missing" in run.stderr, "a missing shard", run)
    sonde("sweep", "-j", f"--output={folder}/other", "-q", "-r1", "127.1.0.1")
    run = sonde("sweep", "--merge", parts[0], str(folder / "other"))
    checks.check(run.returncode == 3 and "--retry is another" in run.stderr, "other sweeps", run)

    # Other probes are another sweep; and nothing is emptied before all is read.
    for number, option in enumerate(("-t9", "-Q8", "-s9", "--df")):
        sonde("sweep", "-J", f"--output={folder}/differs", "-q", option, "127.1.0.1")
        sonde("sweep", "-J", f"--output={folder}/plain", "-q", f"127.1.0.{number + 2}")
        (folder / "kept").write_text("mine")
        run = sonde("sweep", "--merge", "-j", f"--output={folder}/kept", str(folder / "plain"),
                    str(folder / "differs"))
        checks.check(run.returncode == 3 and "not a part of the same sweep" in run.stderr and
                     (folder / "kept").read_text() == "mine", f"merge: other probes ({option})", run)
    for option in ("-g", "--rate=5", "--shard=1/2", "-c1", "-C1", "-4", "-w1", f"--file={parts[0]}", "-D", "-H"):
        run = sonde("sweep", "--merge", option, *parts)
        checks.check(run.returncode == 3 and run.stdout == "" and option[:2] in run.stderr and
                     "means nothing with --merge" in run.stderr, f"merge {option}", run)
    sonde("sweep", "-J", "-C3", "-i5ms", f"--output={folder}/vcount", "-q", "127.1.0.1")
    run = sonde("sweep", "--merge", str(folder / "vcount"))
    checks.check(figures(run.stdout) == "127.1.0.1 : N N N\n", "a merged -C run is told as one", run)

    # A run that was killed in the middle of a line goes on where it was.
    whole = folder / "whole"
    sonde("sweep", "-J", "-q", f"--output={whole}", *every)
    (folder / "cut").write_bytes(whole.read_bytes()[:100_000])
    finished = (folder / "cut").read_bytes().count(b'"swept"')
    run = sonde("sweep", "-J", f"--resume={folder}/cut", *every)
    events = [json.loads(line) for line in run.stdout.splitlines()]
    swept = [event["input"] for event in events if event["event"] == "swept"]
    checks.check(len(swept) == len(set(swept)) == 1022 and events[-1]["totals"]["alive"] == 1022 and
                 events[-1]["totals"]["counts"]["sent"] == 1022 and
                 events[-1]["totals"]["rtt_sketch"]["count"] == 1022 and finished > 100,
                 "resumed: everything once")
    third_run(checks, lab, folder)
    sonde("sweep", "-j", f"--output={folder}/document", "-q", "127.0.0.1")
    for name, word in (("document", "a document of --json"), ("targets", "no JSON object"),
                       ("once_merged", "are not in it"), ("nothing", "no sweep in it")):
        run = sonde("sweep", "-q", "-c2", "-i5ms", f"--resume={folder}/{name}", "127.0.0.1")
        checks.check(run.returncode == 3 and run.stdout == "" and word in run.stderr,
                     f"resumed: {name}", run)
    run = sonde("sweep", "-q", f"--resume={whole}", "127.1.0.0/22", "--rate=max")
    checks.check(run.returncode == 3 and "not the same sweep" in run.stderr, "resumed: other targets", run)
    run = sonde("sweep", "-q", f"--resume={whole}", "-c1", "127.0.0.0/22")
    checks.check(run.returncode == 3 and "is another" in run.stderr, "resumed: another kind", run)
    run = sonde("sweep", "-q", f"--resume={folder}/missing", *every)
    checks.check(run.returncode == 4, "resumed: what is not there", run)

    # A target that was given twice is there twice; two files that have the same one are refused.
    twice = ["127.0.0.1", "127.0.0.1", "127.0.0.2"]
    sonde("sweep", "-J", f"--output={folder}/twice", "-q", *twice)
    sonde("sweep", "-J", f"--output={folder}/once", "-q", "127.0.0.2")
    for number in (1, 2):
        sonde("sweep", "-J", f"--output={folder}/half{number}", "-q", f"--shard={number}/2", *twice)
    for files in (["twice"], ["half1", "half2"]):
        run = sonde("sweep", "--merge", "-a", *(str(folder / name) for name in files))
        checks.check(run.returncode == 0 and sorted(run.stdout.split()) == twice, f"merge {files}", run)
    run = sonde("sweep", "--merge", str(folder / "twice"), str(folder / "once"))
    checks.check(run.returncode == 3 and "'127.0.0.2' is there twice" in run.stderr, "files overlap", run)

    # A file may say anything: what cannot be is refused, and nothing of it is raw on a terminal.
    line = next(text for text in kept_lines(whole) if '"swept"' in text)
    for old, new in [('"received":1', '"received":2'), ('"in_flight":0', '"in_flight":3'),
                     ('"sent":1', '"sent":0'), ('"sent":1', '"sent":4294967296'),
                     ('"lost":0', '"lost":18446744073709551615'), ('"min":', '"min":9')]:
        bad = folder / "bad"
        bad.write_text(whole.read_text().replace(line, line.replace(old, new)))
        for arguments in (["--merge", str(bad)], [f"--resume={bad}", *every]):
            run = sonde("sweep", "-j", *arguments)
            checks.check(run.returncode == 3 and run.stdout == "" and "is damaged" in run.stderr,
                         f"{new}: {arguments}", run)
    (folder / "esc").write_text(whole.read_text().replace('"input":"127.0.0.1"', r'"input":"\u001b[31mred"'))
    (folder / "esc2").write_bytes((folder / "esc").read_bytes())
    for arguments in (["--merge", str(folder / "esc"), str(folder / "esc2")], [f"--resume={folder}/esc", *every]):
        run = sonde("sweep", *arguments)
        checks.check(run.returncode == 3 and "\x1b" not in run.stderr and "\\x1b[31mred" in run.stderr,
                     f"clean: {arguments}", run)
    document = sonde("sweep", "-j", "-C1", "127.0.0.1").stdout
    (folder / "rounds").write_text(document.replace('"count":1,', '"count":4294967295,', 1))
    run = sonde("sweep", "--merge", "-j", "--json-probes", str(folder / "rounds"))
    checks.check(run.returncode == 1 and len(json.loads(run.stdout)["targets"][0]["probes"]) == 1,
                 "no memory for rounds that were not", run)

    # What is read is never emptied by --output, under whatever name.
    (folder / "link").symlink_to(whole)
    kept = whole.read_bytes()
    for arguments in (["-J", "-q", f"--resume={whole}", f"--output={whole}", *every],
                      ["-J", "-q", f"--resume={folder}/link", f"--output={whole}", *every],
                      ["-j", "-q", f"--file={whole}", f"--output={folder}/link"],
                      ["-j", "-q", "--merge", f"--output={whole}", str(folder / "link")]):
        run = sonde("sweep", *arguments, before=lab)
        checks.check(run.returncode == 3 and run.stdout == "" and "would empty" in run.stderr and
                     whole.read_bytes() == kept, f"refused: {arguments}", run)


def third_run(checks, lab, folder):
    """A run goes on from one that went on from another: nothing is lost on the way."""
    hosts = ["127.0.0.1-4", "192.0.2.1", "-i5ms", "-W500ms"]
    for mode in (["-c2"], ["-C2"], ["-r1"]):
        rounds = [] if mode == ["-r1"] else mode
        ways = [hosts if rounds else [*hosts[:2], "-W500ms", "-r1"]][0]
        first, second, third = (folder / f"run{n}" for n in (1, 2, 3))
        sonde("sweep", "-J", "-q", *rounds, *ways, f"--output={first}", before=lab)
        lines = kept_lines(first)
        cut = next(n for n, line in enumerate(lines) if '"target":1,' in line and '"swept"' in line)
        first.write_text("".join(lines[:cut + 1]))
        for before, after in ((first, second), (second, third)):
            run = sonde("sweep", "-J", "-q", *rounds, *ways, f"--resume={before}", f"--output={after}",
                        before=lab)
            checks.check(run.returncode == 1, f"resume {mode}", run)
        ends = [json.loads(kept_lines(path)[-1])["totals"] for path in (second, third)]
        checks.check(ends[0] == ends[1] and ends[1]["rtt_sketch"]["count"] == ends[1]["counts"]["received"] ==
                     (8 if rounds else 4) and ends[1]["clock"] is not None,
                     f"{mode}: a third run has the totals of the second: {ends}")
        results = [{event["target"]: event for line in kept_lines(path)
                    if (event := json.loads(line))["event"] == "swept"} for path in (first, second, third)]
        for index in range(5):
            told = [{k: v for k, v in result[index].items() if k != "ts"} for result in results if index in result]
            checks.check(told[0] == told[-1] == told[1] and len(told) > 1, f"{mode}: target {index}: {told}")
        wrong = [error for line in kept_lines(third) for error in Schema().errors(json.loads(line))]
        checks.check(wrong == [], f"{mode}: a third run is valid: {wrong}")
    sonde("sweep", "-J", "-q", "-c2", "-i5ms", f"--output={folder}/once2", "127.0.0.1")
    (folder / "once_merged").write_text(sonde("sweep", "--merge", "-J", str(folder / "once2")).stdout)
    # Asked for another way in between: -C finds the times of -c.
    run = sonde("sweep", "-q", "-C2", "-i5ms", f"--resume={folder}/once2", "127.0.0.1")
    checks.check(figures(run.stdout) == "127.0.0.1 : N N\n", "-C goes on from -c", run)


def streams(checks, lab):
    command = f"'{SONDE}' sweep --rate=max 127.0.0.0/16 | head -1; echo ${{PIPESTATUS[0]}}"
    run = subprocess.run(["bash", "-c", command], env=environment(), capture_output=True, text=True,
                         timeout=30, check=False, preexec_fn=plain_signals)
    checks.check(run.stdout.splitlines()[0] == "127.0.0.1 is alive" and run.stderr == "", "| head -1", run)
    with open("/dev/full", "w", encoding="utf-8") as full:
        run = sonde("sweep", "127.0.0.1", stdout=full)
    checks.check(run.returncode == 4 and "No space left" in run.stderr, "/dev/full", run)
    run = subprocess.run(["bash", "-c", f"'{SONDE}' sweep 127.0.0.1 >&-"], env=environment(),
                         capture_output=True, text=True, timeout=30, check=False)
    checks.check(run.returncode == 4, "a closed stdout", run)
    process = start("sweep", "-J", "--rate=20", "127.0.0.0/24", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    lines = [process.stdout.readline() for _ in range(3)]
    process.send_signal(signal.SIGINT)
    rest = process.stdout.read()
    end = json.loads(rest.splitlines()[-1])
    checks.check(process.wait(20) == 1 and end["end_reason"] == "signal" and end["totals"]["pending"] > 0 and
                 '"swept"' in lines[1], "Ctrl-C tells what is known")


def main():
    need_icmp()
    checks = Checks()
    lab = own_network(SILENT)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        texts(checks, lab)
        targets(checks, lab, folder)
        refused(checks)
        machine(checks, lab)
        together(checks, lab, folder)
        streams(checks, lab)
    checks.finish()


if __name__ == "__main__":
    main()
