#!/usr/bin/env python3
"""sonde.exe sweep on loopback: prefixes, rounds, JSON as on Linux, files with Windows' line ends,
standard input, shards and their sum, what is refused."""

import json
import os
import subprocess
import tempfile

from _wine import Checks, enter, native, not_under_wine, sonde, warm, without_measurements

LO = "127.0.0.1"
BLOCK = "127.0.0.0/28"
NOBODY = "192.0.2.1"  # no route leads there from the test's namespace


def shows(run, *lines):
    """Those, in any order: hosts that are asked at once need not answer one after the other."""
    return run.stdout.endswith("\n") and sorted(run.stdout.splitlines()) == sorted(lines)


def sweep(*arguments, **options):
    return sonde("sweep", *arguments, **options)


def windows_path(path):
    return "Z:" + path.replace("/", "\\")


def texts(checks):
    run = sweep(BLOCK)
    checks.check(shows(run, *(f"127.0.0.{i} is alive" for i in range(1, 15))) and
                 run.returncode == 0 and run.stderr == "", "a /28", run)
    run = sweep("-q", "-c", "2", "-i", "10ms", "-W", "5s", BLOCK)
    lines = run.stdout.strip("\n").split("\n")
    checks.check(len(lines) == 14 and run.returncode == 0 and
                 all("xmt/rcv/%loss = 2/2/0%" in line for line in lines), "two rounds", run)
    run = sweep("-r0", "-W", "2s", LO, NOBODY)
    checks.check(shows(run, f"{LO} is alive", f"{NOBODY} is unreachable (send failed)") and
                 run.returncode == 1, "one that does not answer", run)
    run = sweep("-a", "--rate=max", "127.0.0.0/22")
    checks.check(run.stdout.count("\n") == 1022 and run.returncode == 0, "1022 at full rate", run)


def document_of(run):
    document = json.loads(run.stdout)
    totals = document["totals"]
    return {"targets": totals["targets"], "alive": totals["alive"],
            "sent": totals["counts"]["sent"], "received": totals["counts"]["received"]}


def but_for_the_engine(run):
    document = json.loads(run.stdout)
    del document["totals"]["rtt_sketch"]
    document["targets"].sort(key=lambda target: target["id"])  # they stand as they were done
    return without_measurements(document)


def documents(checks):
    arguments = ("-j", "-c", "2", "-i", "10ms", "-W", "5s", BLOCK)
    run = sweep(*arguments)
    totals = document_of(run)
    checks.check(totals == {"targets": 14, "alive": 14, "sent": 28, "received": 28},
                 f"the document: {totals}", run)
    if native() is None:
        print("not compared with Linux: no build of it here")
    else:
        linux = subprocess.run([native(), "sweep", *arguments], check=False, capture_output=True,
                               text=True, timeout=30)
        checks.check(but_for_the_engine(linux) == but_for_the_engine(run),
                     f"the document as on Linux:\n  {linux.stdout}", run)
    run = sweep("-J", "127.0.0.0/30")
    events = [json.loads(line)["event"] for line in run.stdout.splitlines()]
    checks.check(events == ["start", "swept", "swept", "end"], f"events: {events}", run)


def files(checks, folder):
    path = os.path.join(folder, "Größe-測.txt")
    with open(path, "wb") as file:
        file.write(b"# comment\r\n\r\n127.0.0.1 the router\r\n127.0.0.2-3\r\nbad/33\r\n127.0.0.4")
    run = sweep("-f", windows_path(path))
    checks.check(shows(run, *(f"127.0.0.{i} is alive" for i in (1, 2, 3, 4))) and
                 run.returncode == 2 and ":5: 'bad/33': not a prefix" in run.stderr,
                 "a file with CRLF, its bad line named", run)
    with open(path, "rb") as file:
        run = sweep("-a", "-f", "-", stdin=file)
    checks.check(run.stdout.count("\n") == 4 and run.returncode == 2, "a file as standard input", run)
    run = sweep("-a", "-f", "-", stdin=None, input=b"127.0.0.7\r\n127.0.0.8\r\n")
    checks.check(shows(run, "127.0.0.7", "127.0.0.8") and run.returncode == 0, "a pipe", run)
    path = os.path.join(folder, "powershell.txt")
    with open(path, "w", encoding="utf-16", newline="\r\n") as file:
        file.write("127.0.0.5\n# größer\n127.0.0.6\n")
    run = sweep("-a", "-f", windows_path(path))
    checks.check(shows(run, "127.0.0.5", "127.0.0.6") and run.returncode == 0,
                 "UTF-16, as PowerShell 5 writes it", run)
    run = sweep("-f", windows_path(os.path.join(folder, "missing")))
    checks.check(run.returncode == 4 and "cannot open" in run.stderr, "a missing file", run)


def shards(checks, folder):
    parts = []
    for number in (1, 2):
        parts.append(os.path.join(folder, f"part{number}.ndjson"))
        run = sweep("-J", "-q", "--order=random:7", f"--shard={number}/2", "--output",
                    windows_path(parts[-1]), "127.0.0.0/26")
        checks.check(run.returncode == 0, f"shard {number}", run)
    run = sweep("--merge", "-j", *map(windows_path, parts))
    checks.check(document_of(run)["alive"] == 62, "their sum", run)
    for part in parts:  # as PowerShell 5 writes what goes through `>`
        with open(part, encoding="utf-8") as file:
            text = file.read()
        with open(f"{part}.16", "w", encoding="utf-16", newline="\r\n") as file:
            file.write(text)
    run = sweep("--merge", "-j", *(windows_path(f"{part}.16") for part in parts))
    checks.check(document_of(run)["alive"] == 62, "their sum, out of UTF-16", run)
    run = sweep("--merge", "-j", *parts)
    checks.check(document_of(run)["alive"] == 62, "a slash begins a file's name", run)
    run = sweep("-J", "--resume", windows_path(parts[0]), "--order=random:7", "--shard=1/2",
                "127.0.0.0/26")
    checks.check(run.returncode == 0, "a shard that is done, resumed", run)


def refused(checks):
    for arguments, code, words in [
        (["/n", "2", LO], 3, "'/n' is an option of ping.exe"),
        (["10.0.0.0/8"], 3, "--allow many"),
        (["224.0.0.1"], 3, "--allow multicast"),
        (["--transport=raw", LO], 4, "cannot use ICMP sockets"),
        (["-I", "eth0", LO], 4, "cannot choose an interface"),
    ]:
        run = sweep(*arguments)
        checks.check(run.returncode == code and words in run.stderr and run.stdout == "",
                     f"{arguments}: {code}, {words}", run)
    run = sweep("/?")
    checks.check(run.returncode == 0 and "sonde sweep" in run.stdout and "/w MS" not in run.stdout,
                 "/? is a sweep's help", run)


def main():
    enter()
    warm()
    checks = Checks()
    texts(checks)
    documents(checks)
    with tempfile.TemporaryDirectory() as folder:
        files(checks, folder)
        shards(checks, folder)
    refused(checks)
    not_under_wine("an IPv6 target", "Wine 8 has no Icmp6CreateFile")
    not_under_wine("targets typed at a console", "there is none here")
    checks.finish()


main()
