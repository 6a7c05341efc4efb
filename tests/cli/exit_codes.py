#!/usr/bin/env python3
"""One table of causes and exit codes; where a document is promised, it is there."""

import json
import os
import tempfile

from _cli import SILENT, Checks, need_icmp, own_network, skip, sonde

LO = "127.0.0.1"
FAST = ["-i", "10ms", "-W", "50ms"]


def loopback_rows():
    with tempfile.TemporaryDirectory() as folder:
        yield 0, ["--help"], ()
        yield 0, ["help"], ()
        yield 0, ["help", "ping"], ()
        yield 0, ["-V"], ()
        yield 0, ["--print-schema"], ()
        yield 0, ["-c1", LO], ()
        yield 0, ["ping", "-c1", LO], ()
        yield 0, ["-c1", "-O", "-U", "-d", "-B", LO], ()
        yield 0, ["-o", LO], ()
        yield 0, ["--until-replies=3", *FAST, LO], ()
        yield 0, ["-w", "2", *FAST, LO], ()
        yield 0, ["-c1", "-W", "0.001us", LO], ()  # late is an answer
        yield 0, ["-c2", *FAST, LO, "127.0.0.2", LO], ()
        yield 0, ["-f", "-c", "100", LO], ()
        yield 0, ["-A", "-q", "-c", "100", LO], ()
        yield 0, ["-j", "-c1", "--output", os.path.join(folder, "x"), LO], ()
        yield 1, ["-w", "0.05", "--until-replies=1000", LO], ()
        yield 4, ["-j", "-c1", "--output", os.path.join(folder, "no", "x"), LO], ()
        yield 4, ["-j", "-c1", "--output", folder, LO], ()
        yield 4, ["-c1", "-I", "nosuchif0", LO], ()
        yield 4, ["-c1", "-S", "192.0.2.99", LO], ()


def network_rows(silent):
    # A network of its own: nobody to resolve names, nobody at 192.0.2.1.
    yield 1, ["-c1", *FAST, "192.0.2.1"], silent
    yield 1, ["-c1", *FAST, LO, "192.0.2.1"], silent
    yield 1, ["-c2", *FAST, "198.51.100.1"], silent  # no route
    yield 2, ["-c1", "-w", "3", "nosuch.invalid"], silent
    yield 2, ["-c1", "-w", "3", "-H", "nosuch.invalid", LO], silent
    yield 2, ["-c1", "-w", "3", "--", "-x"], silent


def check_row(checks, code, arguments, before):
    run = sonde(*arguments, before=before)
    checks.check(run.returncode == code, f"exit code {code} of {arguments}", run)
    checks.check(code not in (2, 4) or run.stderr.startswith("sonde: "), f"a reason for {arguments}", run)
    informative = any(word in arguments for word in ("help", "--help", "-V", "--print-schema", "-j"))
    if informative or code == 4 and "--output" in arguments:
        return
    mode = arguments[:1] if arguments[0] == "ping" else []
    rest = arguments[len(mode) :]
    run = sonde(*mode, "-j", *rest, before=before)
    checks.check(run.returncode == code, f"exit code {code} of -j {arguments}", run)
    try:
        document = json.loads(run.stdout)
    except ValueError:
        checks.check(False, f"one document of -j {arguments}", run)
        return
    verdict = document["verdict"]
    checks.check(verdict["exit_code"] == code, f"the verdict of -j {arguments}", run)
    checks.check(bool(verdict["reasons"]) == (code != 0), f"reasons of -j {arguments}", run)
    lines = sonde(*mode, "-J", *rest, before=before).stdout.splitlines()
    checks.check(json.loads(lines[-1])["event"] == "end", f"the last line of -J {arguments}")


def check_no_permission(checks):
    """No capability and no group that may ping: what, why and what to do, and the document."""
    before = [*own_network(), "setpriv", "--bounding-set", "-all", "--inh-caps", "-all"]
    if sonde("-V", before=before).returncode != 0:
        checks.leave_out("permission", "setpriv cannot take capabilities away here")
        return
    run = sonde("-c1", LO, before=before)
    if run.returncode == 0:
        checks.leave_out("permission", "ICMP sockets are free for all here")
        return
    checks.check(run.returncode == 4 and run.stdout == "", "exit code 4 without permission", run)
    checks.check("ping_group_range" in run.stderr, "the way out is named", run)
    check_row(checks, 4, ["-c1", LO], before)


def main():
    need_icmp()
    checks = Checks()
    for code, arguments, before in loopback_rows():
        check_row(checks, code, arguments, before)
    for code, arguments, before in network_rows(own_network(SILENT)):
        check_row(checks, code, arguments, before)
    check_no_permission(checks)
    checks.finish()


if __name__ == "__main__":
    if os.name != "posix":
        skip("namespaces are needed")
    main()
