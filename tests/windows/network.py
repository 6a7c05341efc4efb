#!/usr/bin/env python3
"""sonde.exe behind a router: TTL, ICMP errors, silence, payloads, 200 outstanding requests; and the
same answers as the Linux program gives, except for the engine's own fields."""

import json
import os
import subprocess
import sys

import jsonschema

from _wine import (SOURCE, Checks, enter, native, not_under_wine, renew, skip, sonde, warm,
                   without_measurements)

sys.path.insert(0, os.path.join(SOURCE, "tests", "netns"))

SERVER = "10.77.2.1"
ROUTER = "10.77.1.2"
SILENT = "10.98.0.1"
REFUSED = "10.99.0.1"


class Windows:
    """sonde.exe in the lab's client."""

    def __init__(self, lab, checks):
        self.prefix = ["ip", "netns", "exec", lab.names["c"]]
        self.checks = checks
        self.schema = json.loads(sonde("--print-schema", prefix=self.prefix).stdout)

    def run(self, *arguments):
        return sonde(*arguments, prefix=self.prefix)

    def document(self, *arguments, code=0):
        run = self.run("-j", *arguments)
        self.checks.check(run.returncode == code, f"exit code {code} of {arguments}", run)
        if SILENT in arguments:
            renew(self.prefix)
        document = json.loads(run.stdout)
        jsonschema.validate(document, self.schema)
        return document

    def linux(self, *arguments):
        return json.loads(subprocess.run([*self.prefix, native(), "-j", *arguments], check=False,
                                         capture_output=True, text=True, timeout=60).stdout)


def check_errors(win, checks):
    # First: Linux' router has this error for a peer only once a second.
    run = win.run("-c1", REFUSED)
    checks.check(run.returncode == 1 and f"From {ROUTER} icmp_seq=1 Destination Host Unreachable"
                 in run.stdout, "unreachable is no success", run)
    run = win.run("-c2", "-i", "10ms", "-t", "1", SERVER)
    checks.check(run.returncode == 1 and f"From {ROUTER} icmp_seq=1 Time to live exceeded"
                 in run.stdout, "TTL 1 ends at the router", run)
    probe = win.document("-c1", "-t", "1", SERVER, code=1)["targets"][0]["probes"][0]
    checks.check(probe["outcome"] == "error" and probe["from"] == ROUTER
                 and (probe["icmp"]["type"], probe["icmp"]["code"]) == (11, 0), f"TTL 1: {probe}")
    probe = win.document("-c1", "-t", "2", SERVER)["targets"][0]["probes"][0]
    checks.check(probe["outcome"] == "reply" and probe["ttl"] == 63, f"TTL 2 arrives: {probe}")
    checks.check(probe["api_rtt_ms"] <= probe["rtt_ms"] + 1, f"both times: {probe}")


def check_silence(win, checks):
    target = win.document("-c3", "-i", "10ms", "-W", "150ms", SILENT, code=1)["targets"][0]
    checks.check(target["counts"]["lost"] == 3 and target["loss_ratio"] == 1
                 and target["rtt_ms"] is None, f"nobody answers: {target['counts']}")
    checks.check(all(p["outcome"] == "timeout" and p["rtt_ms"] is None for p in target["probes"]),
                 "time-outs have no time")
    for to, wait, code, key in ((SERVER, "5s", 0, "received"), (SILENT, "400ms", 1, "lost")):
        counts = win.document("-c200", "-l", "200", "-W", wait, to, code=code)["targets"][0]["counts"]
        checks.check(counts["sent"] == 200 and counts[key] == 200 and counts["send_failures"] == 0,
                     f"200 outstanding at {to}: {counts}")


def check_silent_range(win, checks):
    """More silent hosts than Wine's driver serves at a time (256), and then one that answers."""
    run = win.run("sweep", "-j", "-r0", "-W", "500ms", "10.98.0.1-10.98.1.144", SERVER)
    renew(win.prefix)
    document = json.loads(run.stdout)
    jsonschema.validate(document, win.schema)
    totals = document["totals"]
    checks.check(run.returncode == 1 and totals["alive"] == 1 and totals["unreachable"] == 400
                 and totals["counts"]["send_failures"] == 0
                 and totals["counts"]["errors"] == 0, f"behind 400 silent hosts: {totals}", run)


def check_payloads(win, checks):
    for size in (0, 1, 3, 4, 8, 15, 16, 56, 1400, 1472, 8192, 65500):
        run = win.document("-c2", "-i", "5ms", "-s", str(size), "127.0.0.1")
        for probe in run["targets"][0]["probes"]:
            checks.check(probe["outcome"] == "reply" and probe["bytes"] == size + 8
                         and probe["corrupt_at"] is None and probe["verified"] == (size >= 4),
                         f"payload of {size}: {probe}")
    document = win.document("-c1", "--df", SERVER)
    checks.check(document["options"]["df"] is True, "--df is said")
    not_under_wine("DF on the wire", "Wine 8 ignores IP_FLAG_DF")
    not_under_wine("another source address", "Wine 8 ignores the SourceAddress of IcmpSendEcho2Ex")
    not_under_wine("record route", "Wine 8 ignores OptionsData")


def check_against_linux(win, checks):
    for code, arguments in ((0, ["-c3", "-i", "10ms", "-W", "5s", SERVER]),
                            (1, ["-c1", "-t", "1", SERVER]),
                            (1, ["-c2", "-i", "10ms", "-W", "100ms", SILENT]),
                            (0, ["-c2", "-i", "10ms", "-s", "0", "-W", "5s", "127.0.0.1", SERVER])):
        windows = without_measurements(win.document(*arguments, code=code))
        linux = without_measurements(win.linux(*arguments))
        # What a router quotes of a probe, and the header of its own packet, the API does not show.
        for document in (windows, linux):
            for target in document["targets"]:
                for probe in target["probes"]:
                    if probe["outcome"] == "error":
                        for hidden in ("verified",):
                            probe.pop(hidden, None)
        checks.check(windows == linux, f"{arguments}: the same but for the engine\n  {windows}\n  {linux}")


def state_rtt_error(win, checks):
    for to in ("127.0.0.1", SERVER):
        arguments = ["-c300", "-i", "2ms", to]
        windows = win.document(*arguments)["targets"][0]["rtt_ms"]
        linux = win.linux(*arguments)["targets"][0]["rtt_ms"]
        print(f"RTT of {to}, median: Wine {windows['median']:.3f} ms, Linux {linux['median']:.3f} ms, "
              f"too much by {windows['median'] - linux['median']:.3f} ms")
        checks.check(linux["min"] <= windows["median"] < 5, "an RTT of this size")


def main():
    enter()
    if native() is None:
        skip("no Linux build to compare with: ./dev build")
    from _transport_lab import Lab  # pylint: disable=import-outside-toplevel

    checks = Checks()
    class PlainLab(Lab):
        def wait_for_paths(self):
            subprocess.run(["ip", "netns", "exec", self.names["c"], "ping", "-q", "-c1", "-W5", SERVER],
                           check=True, stdout=subprocess.DEVNULL)

    with PlainLab() as lab:
        router = lab.names["r"]
        for kind, network in (("unreachable", "10.99.0.0/16"), ("blackhole", "10.98.0.0/16")):
            subprocess.run(["ip", "-n", router, "route", "add", kind, network], check=True)
        warm(["ip", "netns", "exec", lab.names["c"]])
        win = Windows(lab, checks)
        for part in (check_errors, check_silence, check_silent_range, check_payloads,
                     check_against_linux, state_rtt_error):
            part(win, checks)
    checks.finish()


main()
