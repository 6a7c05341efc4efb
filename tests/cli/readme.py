#!/usr/bin/env python3
"""The tour of the README is real: every command in it prints what stands below it, but for the numbers
that are measured. Each runs in a network of its own, with loopback up and no name server."""

import os
import re
import subprocess
from pathlib import Path

from _cli import SONDE, TIMEOUT, Checks, environment, need_icmp, own_network, plain_signals


def tour(text):
    """(command, expected output) of every `$ ` line in the console blocks."""
    for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            yield command, output.rstrip("\n")


def without_numbers(text):
    """Decimals and milliseconds as N: what is measured. Counts and the like stay."""
    text = re.sub(r"\d+(\.\d+)?e-\d+|\d+\.\d+", "N", text)
    text = re.sub(r"time=\d+ ms", "time=N ms", text)
    return re.sub(r"time \d+ms", "time Nms", text)


def main():
    need_icmp()
    checks = Checks()
    readme = Path(os.environ["SONDE_SOURCE_DIR"]) / "README.md"
    commands = list(tour(readme.read_text(encoding="utf-8")))
    checks.check(len(commands) >= 4, "the README has a tour")
    for command, expected in commands:
        script = f'sonde() {{ "{SONDE}" "$@"; }}; {command}'
        run = subprocess.run(
            [*own_network(), "sh", "-c", script], env=environment(), timeout=TIMEOUT, text=True,
            capture_output=True, check=False, stdin=subprocess.DEVNULL, preexec_fn=plain_signals,
        )
        same = without_numbers(run.stdout.rstrip("\n")) == without_numbers(expected)
        checks.check(same, f"README: $ {command}", run)
    checks.finish()


main()
