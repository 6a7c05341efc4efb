#!/usr/bin/env python3
"""sonde.exe trace over two routers: hops, TTLs asked at the same time, ends and exit codes, what the
API cannot do, tracert's options, JSON as on Linux but for what the API does not show."""

import datetime
import json
import os
import signal
import subprocess
import sys

import jsonschema

from _wine import (SOURCE, Checks, enter, native, not_under_wine, renew, skip, sonde, start, warm,
                   without_measurements)

sys.path.insert(0, os.path.join(SOURCE, "tests", "netns"))

SERVER = "10.88.3.2"
ROUTERS = ["10.88.1.2", "10.88.2.2"]
PATH = [*ROUTERS, SERVER]
SILENT = "10.98.0.1"
REFUSED = "10.99.0.1"
# What a router quotes of the probe, the API does not show.
HIDDEN = ("verified", "quoted")


class Windows:
    """sonde.exe in the lab's client."""

    def __init__(self, lab):
        self.prefix = ["ip", "netns", "exec", lab.names["client"]]
        self.schema = json.loads(sonde("--print-schema", prefix=self.prefix).stdout)

    def run(self, *arguments, silent=False):
        run = sonde("trace", *arguments, prefix=self.prefix)
        if silent:
            renew(self.prefix)
        return run

    def document(self, *arguments, **options):
        run = self.run("-j", "-n", *arguments, **options)
        run.document = json.loads(run.stdout)
        jsonschema.validate(run.document, self.schema)
        return run

    def linux(self, *arguments):
        done = subprocess.run([*self.prefix, native(), "trace", "-j", "-n", *arguments], check=False,
                              capture_output=True, text=True, timeout=30)
        return json.loads(done.stdout)


def rows(run):
    """Per line of a hop: its number, its first responder, how many times."""
    fields = [line.split() for line in run.stdout.splitlines()[1:] if line[:2].strip().isdigit()]
    return [(int(row[0]), row[1], row.count("ms")) for row in fields]


# Linux' router has "unreachable" for a peer only a few times a second: first of all.
def check_refused(win, checks):
    run = win.run("-n", REFUSED)
    checks.check(run.returncode == 1 and rows(run)[0][1] == ROUTERS[0] and
                 run.stdout.splitlines()[2].startswith(f" 2  {ROUTERS[1]}  ") and
                 " ms !H" in run.stdout.splitlines()[2] and
                 f"not reached: {ROUTERS[1]} says: Destination Host Unreachable" in run.stdout,
                 "a router refuses", run)


def check_text(win, checks):
    run = win.run("-n", SERVER)
    checks.check(run.returncode == 0 and run.stderr == "" and "\r" not in run.stdout and
                 run.stdout.startswith(f"traceroute to {SERVER} ({SERVER}), 30 hops max, "
                                       "60 byte packets\n"), "the header", run)
    checks.check(rows(run) == [(n, hop, 3) for n, hop in enumerate(PATH, 1)], "the hops", run)
    run = win.run("-n", "-q", "1", "-f", "2", SERVER, "127.0.0.1")
    checks.check(run.returncode == 0 and rows(run) == [(2, ROUTERS[1], 1), (3, SERVER, 1)]
                 + [(2, "127.0.0.1", 1)], "two targets from the second hop on", run)
    run = win.run("-n", "-m", "2", SERVER)
    checks.check(run.returncode == 1 and rows(run) == [(1, ROUTERS[0], 3), (2, ROUTERS[1], 3)] and
                 "not reached: it is more than 2 hops away" in run.stdout, "not reached is 1", run)
    run = win.run("-n", "-v", "--flows", "2", SERVER)
    checks.check(run.returncode == 0 and "cannot keep a flow constant" in run.stderr and
                 "what answers quote is not seen" in run.stderr, "-v tells what is missing", run)
    run = win.run("nosuch.invalid", "-w", "3")
    checks.check(run.returncode == 2 and run.stdout == "", "a name that nobody knows is 2", run)


def sent_at(probe):
    return datetime.datetime.fromisoformat(probe["sent_at"].replace("Z", "+00:00")).timestamp()


def check_parallel(win, checks):
    """20 silent hops, 4 s each: one after the other that is 80 s."""
    run = win.document("-q", "1", "-m", "20", "--gap", "0", "-W", "4", SILENT, silent=True)
    target = run.document["targets"][0]
    probes = [probe for hop in target["hops"] for probe in hop["probes"]]
    times = [sent_at(probe) for probe in probes]
    checks.check(run.returncode == 1 and len(probes) == 20 and
                 all(probe["outcome"] == "timeout" for probe in probes), "silent hops", run)
    checks.check(max(times) - min(times) < 4, f"all are out before the first is given up: {times}")
    elapsed = run.document["elapsed_ms"]
    print(f"20 silent hops of 4 s in {elapsed:.0f} ms")
    checks.check(elapsed < 40_000, f"together they take {elapsed} ms")
    # More than the API is asked at a time (200): those beyond wait, and none is lost.
    run = win.document("-m", "100", "--gap", "0", "-W", "1", "--parallel", "400", "--rate", "1000",
                       SILENT, silent=True)
    target = run.document["targets"][0]
    settled = [probe for hop in target["hops"] for probe in hop["probes"]
               if probe["outcome"] == "timeout"]
    print(f"300 silent probes, 200 at a time, in {run.document['elapsed_ms']:.0f} ms")
    checks.check(len(settled) == 300 and target["end_reason"] == "max_ttl",
                 f"300 probes: {len(settled)} timed out, {target['end_reason']}")


def check_beyond_the_api(win, checks):
    for option, what in ((["-P", "udp"], "UDP probes"), (["-P", "tcp"], "TCP probes"),
                         (["--mtu"], "path MTU"), (["--transport", "raw"], "ICMP sockets"),
                         (["-I", "eth0"], "interface"), (["-M", "probe"], "path MTU"),
                         (["--mark", "1"], "mark")):
        run = win.run("-n", *option, SERVER)
        checks.check(run.returncode == 4 and run.stdout == "" and run.stderr.count("\n") == 2 and
                     run.stderr.startswith("sonde: cannot ") and what in run.stderr,
                     f"{option}: what and how", run)
    run = win.document("-P", "udp", SERVER)
    checks.check(run.returncode == 4 and run.document["verdict"]["exit_code"] == 4 and
                 "UDP probes" in run.document["error"], "a document all the same", run)


def check_slashes(win, checks):
    run = win.run("/d", "/h", "2", "/w", "500", "/4", SERVER)
    checks.check(run.returncode == 1 and "2 hops max" in run.stdout and
                 rows(run) == [(1, ROUTERS[0], 3), (2, ROUTERS[1], 3)], "/d /h /w /4", run)
    run = win.run("/?")
    checks.check(run.returncode == 0 and "  /h HOPS" in run.stdout and "/l SIZE" not in run.stdout,
                 "/? is a trace's help", run)
    run = win.run("/n", "2", SERVER)
    checks.check(run.returncode == 3 and "there is no option '/n'" in run.stderr, "/n is ping's", run)
    run = win.run("/h", "some", SERVER)
    checks.check(run.returncode == 3 and "/h HOPS: 'some'" in run.stderr, "/h some", run)


def but_for_the_engine(document):
    """How many probes overtake the answer that ends the path is a matter of time, and so are numbers."""
    shown = without_measurements(document)
    shown["options"]["trace"].pop("flow_style")
    for target in shown["targets"]:
        for key in ("sent", "received", "errors"):
            target["counts"].pop(key)
        target["rtt_ms"] = target["rtt_ms"] is None
        for hop in target["hops"]:
            hop.pop("nat")
            for responder in hop["responders"]:
                responder["probes"] = len(responder["probes"])
            for probe in hop["probes"]:
                probe.pop("seq")
                for key in HIDDEN if probe["outcome"] == "error" else ():
                    probe.pop(key, None)
    return shown


def check_against_linux(win, checks):
    for code, arguments in ((0, [SERVER]), (1, ["-m", "2", "-q", "2", SERVER]),
                            (0, ["-q", "1", SERVER, "127.0.0.1"])):
        run = win.document(*arguments)
        linux = win.linux(*arguments)
        checks.check(run.returncode == code == linux["verdict"]["exit_code"], f"{arguments}: {code}",
                     run)
        ours, theirs = but_for_the_engine(run.document), but_for_the_engine(linux)
        checks.check(ours == theirs, f"{arguments}: as on Linux\n  {ours}\n  {theirs}")
        probe = run.document["targets"][0]["hops"][0]["probes"][0]
        checks.check(run.document["engine"]["backend"] == "windows-icmp-api" and
                     run.document["options"]["trace"]["flow_style"] == "varying" and
                     run.document["targets"][0]["hops"][0]["nat"] is None and
                     probe["verified"] is False and "quoted" not in probe,
                     f"what is not shown is not claimed: {probe}")
    run = win.run("-J", "-n", "-q", "1", SERVER)
    # What overtook the answer that ends the path is a matter of time.
    events = [event["event"] for event in map(json.loads, run.stdout.splitlines())
              if event.get("hop", 0) <= len(PATH)]
    checks.check(sorted(events) == sorted(["start", "resolve", "error", "error", "reply", "hop", "hop",
                                           "hop", "summary", "end"]), f"events: {events}", run)


def state_rtt_error(win, checks):
    arguments = ("-q", "10", SERVER)
    windows, linux = ([hop["rtt_ms"]["median"] for hop in document["targets"][0]["hops"]]
                      for document in (win.document(*arguments).document, win.linux(*arguments)))
    print("RTT of each hop, median: too much by",
          ", ".join(f"{ours - theirs:.3f}" for ours, theirs in zip(windows, linux)), "ms")
    checks.check(all(min(linux) <= rtt < 5 for rtt in windows), "RTTs of this size")


def check_stop(win, checks):
    with start("trace", "-n", "-J", "-W", "60", "--gap", "0", SILENT, prefix=win.prefix) as child:
        lines = [child.stdout.readline() for _ in range(2)]
        child.send_signal(signal.SIGINT)
        rest, error = child.communicate(timeout=20)
    renew(win.prefix)
    events = [json.loads(line) for line in [*lines, *rest.splitlines()]]
    checks.check(child.returncode == 1 and events[-1]["event"] == "end" and
                 events[-1]["end_reason"] == "signal", f"Ctrl-C: {child.returncode} {rest} {error}")


def main():
    enter()
    if native() is None:
        skip("no Linux build to compare with: ./dev build")
    from _kernel_lab import Lab  # pylint: disable=import-outside-toplevel

    class PlainLab(Lab):
        def await_paths(self):
            self.inside("client", f"ping -q -c1 -W5 {SERVER}")

    checks = Checks()
    with PlainLab() as lab:
        lab.ip("r1", "route add 10.99.0.0/16 via 10.88.2.2")
        lab.ip("r2", "route add unreachable 10.99.0.0/16")
        lab.ip("r1", "route add blackhole 10.98.0.0/16")
        warm(["ip", "netns", "exec", lab.names["client"]])
        win = Windows(lab)
        for part in (check_refused, check_text, check_parallel, check_beyond_the_api, check_slashes,
                     check_against_linux, state_rtt_error, check_stop):
            part(win, checks)
    not_under_wine("a trace over IPv6", "Wine 8 has no Icmp6CreateFile")
    not_under_wine("the progress line on a console", "there is none here")
    checks.finish()


main()
