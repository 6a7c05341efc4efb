#!/usr/bin/env python3
"""Files made from the option table are in step with it: the completion scripts and the option list of
the manual. `generated_files.py --update` brings them up to date; it needs $SONDE and
$SONDE_SOURCE_DIR, as every test here. The other manuals only have to be clean mdoc."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(os.environ["SONDE_SOURCE_DIR"])
SHELLS = {"bash": "sonde.bash", "zsh": "_sonde", "fish": "sonde.fish", "powershell": "sonde.ps1"}
BEGIN = '.\\" begin options: made from the option table by sonde --man-options\n'
END = '.\\" end options\n'


def sonde(*arguments):
    run = subprocess.run(
        [os.environ["SONDE"], *arguments], capture_output=True, text=True, check=True
    )
    assert run.stderr == "", run.stderr
    return run.stdout


def wanted():
    """(path, the text it should have) of every generated file."""
    for shell, name in SHELLS.items():
        yield ROOT / "packaging/completions" / name, sonde("--completions", shell)
    for mode in ("ping", "sweep", "trace"):
        manual = ROOT / f"man/sonde-{mode}.1"
        before, rest = manual.read_text(encoding="utf-8").split(BEGIN)
        after = rest.split(END)[1]
        yield manual, before + BEGIN + sonde(mode, "--man-options") + END + after


def check_shells():
    """Whether all could be tried, but for PowerShell, which Debian does not have."""
    here = {shell: shutil.which(shell) is not None for shell in SHELLS if shell != "powershell"}
    for shell, name in SHELLS.items():
        if here.get(shell):
            subprocess.run([shell, "-n", ROOT / "packaging/completions" / name], check=True)
        else:
            print(f"{shell} is not here: its script was not parsed")
    return all(here.values())


def check_manuals():
    """Whether they could be tried."""
    if shutil.which("mandoc") is None:
        print("mandoc is not here: the manuals were not checked")
        return False
    for name in ("sonde.1", "sonde-ping.1", "sonde-sweep.1", "sonde-trace.1"):
        lint = subprocess.run(
            ["mandoc", "-Tlint", "-Wstyle", ROOT / "man" / name], capture_output=True, text=True
        )
        # Cross references are looked up on this computer, where nothing is installed.
        lines = [line for line in lint.stdout.splitlines() if "referenced manual not found" not in line]
        assert not lines, "\n".join(lines)
    return True


def main():
    stale = []
    for path, text in wanted():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(path)
            if "--update" in sys.argv:
                path.write_text(text, encoding="utf-8")
    if stale and "--update" not in sys.argv:
        print("out of step with the option table; tests/cli/generated_files.py --update mends:")
        print("\n".join(str(path.relative_to(ROOT)) for path in stale))
        return 1
    parts = [check_shells(), check_manuals()]
    return 0 if all(parts) else 77


if __name__ == "__main__":
    sys.exit(main())
