#!/usr/bin/env python3
"""`sonde sweep` that ended too early: what was not over is asked again by --resume, and is named as
a lack by --merge. Loopback."""

import json
import signal
import subprocess
import tempfile
from pathlib import Path

from _cli import Checks, need_icmp, sonde, start

HOSTS = "127.0.0.1-3"


def stopped(mode, path):
    """A run that got Ctrl-C after the first answer of each of three targets."""
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
    for mode in (["-c3", "-i500ms"], ["-C3", "-i500ms"]):
        path = folder / "stopped"
        end = stopped(mode, path)[-1]
        checks.check(end["end_reason"] == "signal" and end["totals"]["counts"]["received"] < 9,
                     f"{mode}: stopped in the middle: {end}")
        run = sonde("sweep", "-J", *mode, HOSTS, f"--resume={path}")
        end = json.loads(run.stdout.splitlines()[-1])
        checks.check(run.returncode == 0 and end["totals"]["counts"]["sent"] == 9 and
                     end["totals"]["counts"]["received"] == 9 and end["totals"]["rtt_sketch"]["count"] == 9,
                     f"{mode}: --resume asks again what was not over", run)


def main():
    need_icmp()
    checks = Checks()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rounds(checks, folder)
    checks.finish()


if __name__ == "__main__":
    main()
