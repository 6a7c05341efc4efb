#!/usr/bin/env python3
"""sonde trace as a user meets it: text to the letter, streams, exit codes, JSON, signals; on loopback
and in networks of its own."""

import json
import re
import signal
import subprocess
import time

from _cli import SILENT, SONDE, TIMEOUT, Checks, environment, need_icmp, own_network, plain_signals, sonde

LO = "127.0.0.1"
HOP = re.compile(r"^ 1  127\.0\.0\.1(  \d+\.\d{3} ms){3}$")


def check_text(checks):
    run = sonde("trace", "-n", LO)
    lines = run.stdout.splitlines()
    checks.check(run.returncode == 0 and run.stderr == "", "reached, and nothing to complain", run)
    checks.check(
        lines[0] == f"traceroute to {LO} ({LO}), 30 hops max, 60 byte packets", "the header", run
    )
    checks.check(len(lines) == 2 and HOP.match(lines[1]), "one hop of three times", run)
    run = sonde("trace", "-n", "-q", "1", "-m", "7", "-s", "100", LO, "127.0.0.2")
    checks.check(
        [re.sub(r"[\d.]+ ms", "N ms", line) for line in run.stdout.splitlines()]
        == [
            f"traceroute to {LO} ({LO}), 7 hops max, 128 byte packets",
            f" 1  {LO}  N ms",
            "traceroute to 127.0.0.2 (127.0.0.2), 7 hops max, 128 byte packets",
            " 1  127.0.0.2  N ms",
        ],
        "two targets, one after the other",
        run,
    )


def check_silence(checks, network):
    run = sonde("trace", "-n", "--gap", "2", "-q", "1", "-W", "100ms", "192.0.2.1", before=network)
    checks.check(run.returncode == 1, "not reached is 1", run)
    checks.check(
        run.stdout.splitlines()[1:]
        == [" 1  *", " 2  *", "not reached: 2 hops in a row are silent"],
        "stars, and why",
        run,
    )
    run = sonde("trace", "-n", "-q", "1", "198.51.100.1", before=network)
    checks.check(run.returncode == 4, "nothing sent is 4", run)
    checks.check(
        run.stderr == "sonde: send to 198.51.100.1 failed: Network is unreachable "
        "(no route leads there: is the network up?)\n",
        "the system's words, once",
        run,
    )
    checks.check(
        run.stdout.splitlines()[1:] == ["not reached: it cannot be sent to: Network is unreachable"],
        "no row for what was not sent",
        run,
    )
    run = sonde("trace", "-w", "3", "nosuch.invalid", before=network)
    checks.check(run.returncode == 2 and run.stdout == "", "a name that does not resolve is 2", run)


def check_machine(checks, network):
    run = sonde("trace", "-j", "-n", LO)
    document = json.loads(run.stdout)
    target = document["targets"][0]
    checks.check(document["mode"] == "trace" and target["reached"] is True, "the document", run)
    checks.check([hop["ttl"] for hop in target["hops"]] == [1], "its hops", run)
    run = sonde("trace", "-J", "-n", "-q", "2", LO)
    events = [json.loads(line)["event"] for line in run.stdout.splitlines()]
    checks.check(
        events == ["start", "resolve", "reply", "reply", "hop", "summary", "end"], "the events", run
    )
    run = sonde("trace", "-j", "-w", "3", "nosuch.invalid", before=network)
    document = json.loads(run.stdout)
    checks.check(
        document["verdict"]["exit_code"] == 2 and document["targets"][0]["hops"] == [],
        "a document without an address",
        run,
    )


def check_stop(checks, network):
    """SIGINT: what is known, and the exit code of that."""
    command = [*network, SONDE, "trace", "-n", "-J", "-W", "60s", "--gap", "0", "192.0.2.1"]
    run = subprocess.Popen(
        command, env=environment(), preexec_fn=plain_signals, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )
    first = run.stdout.readline()  # it has begun
    second = run.stdout.readline()
    run.send_signal(signal.SIGINT)
    begun = time.monotonic()
    rest, errors = run.communicate(timeout=TIMEOUT)
    last = json.loads(rest.splitlines()[-1])
    checks.check(run.returncode == 1, "stopped before it was reached is 1: " + errors)
    checks.check(last["end_reason"] == "signal", "the reason of the end: " + first + second + rest)
    checks.check(time.monotonic() - begun < 10, "at once")


def check_closed_pipe(checks):
    run = subprocess.run(
        ["sh", "-c", '"$0" trace -n -J 127.0.0.1 | head -n 1', SONDE],
        env=environment(), capture_output=True, text=True, timeout=TIMEOUT, check=False,
    )
    checks.check(run.stdout.count("\n") == 1 and run.stderr == "", f"| head ends quietly: {run}")


def main():
    need_icmp()
    checks = Checks()
    network = own_network(SILENT)
    check_text(checks)
    check_silence(checks, network)
    check_machine(checks, network)
    check_stop(checks, network)
    check_closed_pipe(checks)
    checks.finish()


if __name__ == "__main__":
    main()
