#!/usr/bin/env python3
"""Those of tests/cli that need nothing of POSIX or beyond Wine, with sonde.exe as their program."""

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from _wine import SONDE, SOURCE, enter, not_under_wine, warm

PORTABLE = ("usage_errors", "json_output", "text_golden")
# What one of them leaves out.
PARTS = {"text_golden": "its rows of IPv6: Wine 8 has no Icmp6CreateFile"}
OTHERS = {
    "exit_codes": "its rows for -S and silence need what Wine 8 lacks; windows/ping has a table",
    "schema_test": "wants IPv6 and a silent network; windows/network checks each document",
    "privileges": "Linux capabilities",
    "signals": "POSIX signals; windows/signals has its own",
    "streams": "descriptors closed or full; windows/ping has its own",
    "stuck_output": "POSIX signals and pipes",
    "terminal": "a pseudo-terminal",
    "generated_files": "the same for every system",
    "readme": "the README's tour of Linux",
    "sweep": "POSIX paths and signals; windows/sweep has its own",
    "sweep_merge": "POSIX paths and pipes",
    "sweep_unfinished": "POSIX signals",
    "signal_rounds": "POSIX signals",
    "option_values": "locales of glibc",
    "locales": "locales of glibc",
    "overlong": "arguments longer than Windows takes; a network of its own",
    "sockets": "strace",
    "speed_limits": "a network of its own; the sockets of Linux",
    "memory": "a preloaded library",
    "sandbox": "seccomp and Landlock",
    "start_steps": "strace; the sandbox and the sockets of Linux",
    "faults": "strace",
    "limits": "POSIX limits of a process",
    "clocks": "a preloaded library and time namespaces",
    "rtt_clock": "the stamps of Linux sockets",
    "hostile_names": "a name server in a namespace; a hosts file of its own",
    "trace": "a shell, and POSIX signals; windows/trace has its own",
}


def main():
    there = {script.stem for script in Path(SOURCE, "tests", "cli").glob("[!_]*.py")}
    forgotten = there ^ {*PORTABLE, *OTHERS}
    assert not forgotten, f"neither run here nor said why not: {forgotten}"
    only = sys.argv[1:] or PORTABLE
    enter()
    warm()
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "sonde")
        with open(program, "w", encoding="utf-8") as file:
            kept = " ".join(f"{name}={shlex.quote(os.environ[name])}"
                            for name in ("WINEPREFIX", "WINEDEBUG", "WINEDLLOVERRIDES", "LC_ALL"))
            file.write(f'#!/bin/sh\nexec env HOME={shlex.quote(os.environ.get("HOME", "/"))} {kept} '
                       f'wine {shlex.quote(SONDE)} "$@"\n')
        os.chmod(program, 0o755)
        for name in only:
            script = os.path.join(SOURCE, "tests", "cli", f"{name}.py")
            run = subprocess.run([sys.executable, script], check=False, timeout=350,
                                 env={**os.environ, "SONDE": program}, capture_output=True, text=True)
            print(f"cli/{name}: {'ok' if run.returncode == 0 else f'exit code {run.returncode}'}")
            if run.returncode == 77 and name in PARTS:
                not_under_wine(f"cli/{name}", PARTS[name])
            elif run.returncode != 0:
                failed.append(name)
                print(run.stdout[-3000:], run.stderr[-3000:])
    for name, why in OTHERS.items():
        not_under_wine(f"cli/{name}", why)
    sys.exit(1 if failed else 0)


main()
