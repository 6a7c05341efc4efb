#!/usr/bin/env python3
"""sonde.exe trace on loopback: text, tracert's options, what the API cannot do."""

import json
import re

from _wine import Checks, enter, not_under_wine, sonde, warm

LO = "127.0.0.1"
TEXT = re.compile(r"traceroute to 127\.0\.0\.1 \(127\.0\.0\.1\), 12 hops max, 60 byte packets\n"
                  r" 1  127\.0\.0\.1(  \d+\.\d{3} ms){3}\n")


def slashes(checks):
    run = sonde("trace", "/d", "/h", "12", "/w", "900", "/4", LO)
    checks.check(run.returncode == 0 and TEXT.fullmatch(run.stdout), "/d /h /w /4", run)
    run = sonde("trace", "/d", "/S", LO, LO)
    checks.check(run.returncode == 0, "/S", run)
    run = sonde("trace", "/?")
    checks.check(run.returncode == 0 and "tracert.exe" in run.stdout and "  /h HOPS" in run.stdout,
                 "/? is help with slashes", run)
    for arguments, why in ((["/h", "256"], "/h HOPS: '256'"), (["/n", "4"], "no option '/n'"),
                           (["/R"], "tracert.exe's /R is not in sonde"),
                           (["/4", "/6"], "/4 and /6 exclude each other")):
        run = sonde("trace", *arguments, LO)
        checks.check(run.returncode == 3 and why in run.stderr, f"{arguments}: {why}", run)


def machine(checks):
    run = sonde("trace", "-n", "--json", LO)
    target = json.loads(run.stdout)["targets"][0]
    checks.check(run.returncode == 0 and target["reached"] and target["distance"] == 1,
                 "a JSON document", run)


def beyond_the_api(checks):
    for option in (["-P", "udp"], ["-P", "tcp"], ["--transport", "raw"]):
        run = sonde("trace", "-n", *option, LO)
        checks.check(run.returncode == 4 and run.stdout == "", f"{option}: exit code 4", run)


def main():
    enter()
    warm()
    checks = Checks()
    for part in (slashes, machine, beyond_the_api):
        part(checks)
    not_under_wine("several hops", "its network is loopback alone")
    checks.finish()


main()
