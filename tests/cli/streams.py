#!/usr/bin/env python3
"""stdout is data, stderr is diagnostics, and neither is lost in silence: readers that go away, full
disks, closed descriptors, slow readers, non-blocking pipes, files of --output."""

import json
import os
import subprocess
import tempfile
import time

from _cli import SANITIZED, TIMEOUT, Checks, Stalls, need_icmp, plain_signals, sonde, start

LO = "127.0.0.1"
ENDLESS = ["-i", "1ms", LO]


FULL = "No space left on device"
SOON = 10 if SANITIZED else 1  # seconds, for runs whose output fails at once (RELIABILITY.md R15)
STALLS = Stalls()


def timed(*arguments, **options):
    began = time.monotonic()
    run = sonde(*arguments, **options)
    return run, STALLS.since(began)


def closing(fd):
    def before():
        plain_signals()
        os.close(fd)

    return before


def check_head(checks):
    """`| head -1`: the reader has enough, the writer ends by itself, without a word."""
    for arguments in (ENDLESS, ["-J", "-c", "1000000", *ENDLESS]):
        process = start(*arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        line = process.stdout.readline()
        process.stdout.close()
        closed = time.monotonic()
        _, errors = process.communicate(timeout=TIMEOUT)
        took = STALLS.since(closed)
        checks.check(took < SOON, f"end of {arguments} after its reader: {took:.3f} s")
        checks.check(line.endswith(b"\n") and errors == b"", f"quiet end of {arguments}: {errors!r}")
        checks.check(process.returncode in (0, 1), f"verdict so far of {arguments}: {process.returncode}")


def check_full_disk(checks):
    if not os.path.exists("/dev/full"):
        checks.leave_out("a full disk", "no /dev/full here")
        return
    for arguments in (ENDLESS, ["-c1", LO], ["-j", "-c1", LO], ["-J", *ENDLESS], ["--help"], ["--print-schema"],
                      ["trace", LO], ["trace", "-j", LO], ["sweep", LO], ["sweep", "-J", LO]):
        with open("/dev/full", "w", encoding="utf-8") as full:
            run, took = timed(*arguments, stdout=full)
        wanted = f"sonde: cannot write to standard output: {FULL}\n"
        checks.check(run.returncode == 4 and run.stderr == wanted, f"full disk for {arguments}", run)
        checks.check(took < SOON, f"full disk for {arguments}: {took:.3f} s", run)
    for arguments in (["-j", "-c1", LO], ["-J", *ENDLESS]):
        run, took = timed(*arguments, "--output", "/dev/full")
        checks.check(run.returncode == 4, f"full disk for --output of {arguments}", run)
        checks.check("cannot write to /dev/full: No space left" in run.stderr, "a full disk is named", run)
        checks.check(took < SOON, f"full disk for --output of {arguments}: {took:.3f} s", run)


def told_verdict(path, form):
    """The `end` of NDJSON, or the whole document."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    return json.loads(text.splitlines()[-1] if form == "-J" else text)["verdict"]


def check_both_sinks(checks):
    """The text is lost, the document is not: it says so, and says the exit code."""
    runs = (["-c3", "-i1ms", LO], ["-q", "-c1", LO], ["-c1", LO, "127.0.0.2"], ENDLESS, ["trace", "-n", LO],
            ["sweep", "127.0.0.0/28"])
    for form in ("-j", "-J"):
        for arguments in runs:
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "result.json")
                words = [*arguments, form, "--output", path]
                with open("/dev/full", "w", encoding="utf-8") as full:
                    check_loss(checks, words, FULL, timed(*words, stdout=full), told_verdict(path, form))
                closed = timed(*words, preexec_fn=closing(1), stdout=None)
                check_loss(checks, words, "Bad file descriptor", closed, told_verdict(path, form))
                run = start(*words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                run.stdout.close()
                run.communicate(timeout=TIMEOUT)
                told = told_verdict(path, form)
                checks.check(run.returncode in (0, 1) and told["exit_code"] == run.returncode,
                             f"a reader that went, {words}: {run.returncode}, {told}")


def check_loss(checks, words, why, ended, told):
    run, took = ended
    reason = f"cannot write to standard output: {why}"
    checks.check(run.returncode == 4 and run.stderr == f"sonde: {reason}\n", f"lost text of {words}", run)
    checks.check(took < SOON, f"lost text of {words}: {took:.3f} s", run)
    checks.check(told["pass"] is False and told["exit_code"] == 4 and reason in told["reasons"],
                 f"lost text of {words}: the document says {told}", run)


def check_closed(checks):
    run, took = timed(*ENDLESS, preexec_fn=closing(1), stdout=None)
    checks.check(run.returncode == 4 and took < SOON, f"closed stdout ends it: {took:.3f} s", run)
    run = sonde("-c1", LO, preexec_fn=closing(1), stdout=None)
    checks.check(run.returncode == 4 and "standard output" in run.stderr, "closed stdout is an error", run)
    run = sonde("-c1", LO, preexec_fn=closing(2), stderr=None)
    checks.check(run.returncode == 0 and "1 received" in run.stdout, "closed stderr does no harm", run)
    run = sonde("-c1", LO, preexec_fn=closing(0), stdin=None)
    checks.check(run.returncode == 0 and run.stderr == "", "closed stdin does no harm", run)


def check_non_blocking(checks):
    """A pipe that somebody made non-blocking, and a reader that starts late: nothing is lost."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    process = start("-A", "-c", "5000", LO, stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as stream:
        text = stream.read()
    process.wait(timeout=TIMEOUT)
    checks.check(process.returncode == 0, "a slow reader is waited for")
    checks.check(text.count(" bytes from ") == 5000, "every line arrives")


def check_output_file(checks):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "result.json")
        run = sonde("-j", "-c2", "-i10ms", "--output", path, LO)
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
        checks.check(document["targets"][0]["counts"]["received"] == 2, "the document is in the file")
        checks.check("2 received" in run.stdout and "{" not in run.stdout, "the text is on stdout", run)
        run = sonde("-J", "-c1", "--output", path, LO)
        with open(path, encoding="utf-8") as file:
            events = [json.loads(line)["event"] for line in file]
        checks.check(events[0] == "start" and events[-1] == "end", f"a file is emptied first: {events}")


def check_verbose(checks):
    run = sonde("-v", "-c1", "-s2", LO)
    checks.check("no room for a token" in run.stderr, "-v tells of payloads without a token", run)
    checks.check(run.stderr.isascii() and all(l.startswith("sonde: ") for l in run.stderr.splitlines()),
                 "lines of -v look like the others", run)
    checks.check(sonde("-c1", "-s2", LO).stderr == "", "without -v stderr is silent")


def main():
    need_icmp()
    checks = Checks()
    check_head(checks)
    check_full_disk(checks)
    if os.path.exists("/dev/full"):
        check_both_sinks(checks)
    check_closed(checks)
    check_non_blocking(checks)
    check_output_file(checks)
    check_verbose(checks)
    checks.finish()


if __name__ == "__main__":
    main()
