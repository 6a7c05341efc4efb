#!/usr/bin/env python3
"""Ctrl-C at sonde.exe: the summary, the document and the exit code all the same."""

import json
import os
import re
import signal
import subprocess
import tempfile

from _wine import Checks, enter, not_under_wine, renew, start, warm

LO = "127.0.0.1"
PATIENCE = 30  # seconds; what is asked to wait longer has not waited if it ends within them


def interrupted(*arguments, lines=3):
    """Runs until so many lines came, then Ctrl-C. (code, all output, stderr)"""
    child = start(*arguments)
    out = [child.stdout.readline() for _ in range(lines)]
    child.send_signal(signal.SIGINT)
    rest, error = child.communicate(timeout=PATIENCE)
    return child.returncode, "".join(out) + rest, error


def main():
    enter()
    # A route into lo for an address that is not ours: what is sent there never comes back.
    subprocess.run(["ip", "route", "add", "192.0.2.0/24", "dev", "lo"], check=True)
    warm()
    checks = Checks()
    code, out, error = interrupted("-i", "50ms", LO)
    checks.check(code == 0 and "ping statistics" in out and " 0% packet loss" in out,
                 f"Ctrl-C shows the summary: {code} {out!r} {error!r}")
    code, out, error = interrupted("-i", "3600", LO, lines=2)
    checks.check(code == 0 and " 1 received" in out, f"at once, an hour before the next probe: {code} {out!r} {error!r}")
    # Nobody answers: calls are outstanding, for much longer than anybody waits.
    code, out, error = interrupted("-i", "50ms", "-W", "3600", LO, "192.0.2.1", lines=3)
    renew()
    checks.check(code == 1 and re.search(r"0 received, time \d+ms, \d+ in flight", out), f"with a silent target: {code} {out!r}")
    code, out, error = interrupted("-J", "-i", "50ms", LO)
    events = [json.loads(line) for line in out.splitlines()]
    checks.check(code == 0 and events[-1]["event"] == "end"
                 and events[-1]["end_reason"] == "signal", f"the last event: {out[-300:]!r}")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "document.json")
        interrupted("-j", "--endless", "-i", "50ms", "--output", "Z:" + path.replace("/", "\\"), LO)
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
    checks.check(document["end_reason"] == "signal" and document["options"]["count"] is None
                 and document["targets"][0]["counts"]["received"] > 0, "the document of --endless")
    not_under_wine("Ctrl-Break", "Wine 8 sends it only to a console's own group; unit_app runs the handler")
    checks.finish()


main()
