#!/usr/bin/env python3
"""A terminal gets colours, unless somebody says no; a pipe gets none, unless somebody says yes.
The lines of a trace are folded to its width."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios

from _cli import SILENT, TIMEOUT, Checks, need_icmp, own_network, plain_signals, sonde, start, SONDE, environment

LATE = ["-c1", "-W", "0.001us", "127.0.0.1"]  # a time-out and a late reply: something to colour
ESC = "\x1b["


def on_terminal(*arguments, env, columns=0):
    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = start(*arguments, env=env, stdout=terminal, stderr=subprocess.DEVNULL)
    return all_of(controller, terminal, process)


def all_of(controller, terminal, process):
    os.close(terminal)
    text = b""
    while True:
        try:
            piece = os.read(controller, 65536)
        except OSError:  # the terminal's other end is closed
            break
        if not piece:
            break
        text += piece
    process.wait(timeout=TIMEOUT)
    os.close(controller)
    return text.decode()


def start_sweep(lab, columns, **env):
    """A sweep of 3 s on a terminal so wide; 0: one that does not say."""
    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen([*lab, SONDE, "sweep", "-q", "-c1", "-w3", "--rate=100", "192.0.2.0/24", "127.0.0.0/18"],
                               env=environment(**env), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=terminal, preexec_fn=plain_signals)
    return controller, terminal, process


def progress_fits(checks):
    lab = own_network(SILENT)
    rows = ((40, {}, 40), (80, {}, 80), (0, {"COLUMNS": "30"}, 30), (0, {}, 80), (7, {}, 7))
    runs = [start_sweep(lab, columns, **env) for columns, env, _ in rows]
    for (columns, env, widest), run in zip(rows, runs):
        lines = re.findall(r"\r\x1b\[K([^\r]+)", all_of(*run))
        checks.check(all(len(line) < widest for line in lines), f"{columns} {env}: a line for {widest} columns: {lines}")
        whole = [line for line in lines if line.startswith("sonde: ") and line.endswith(("targets", " alive", "/s", " left"))]
        checks.check(columns == 7 or (whole and whole == lines), f"{columns} {env}: whole parts alone: {lines}")


def main():
    need_icmp()
    checks = Checks()
    progress_fits(checks)
    rows = [
        # (options, environment, coloured on a terminal)
        ([], {}, True),
        ([], {"NO_COLOR": "1"}, False),
        ([], {"NO_COLOR": ""}, True),
        ([], {"TERM": "dumb"}, False),
        (["--color=never"], {}, False),
        (["--color=always"], {"NO_COLOR": "1"}, True),
        (["--color=auto"], {"NO_COLOR": "1"}, False),
    ]
    for options, env, coloured in rows:
        text = on_terminal(*options, *LATE, env=env)
        checks.check((ESC in text) == coloured, f"colour on a terminal: {options} {env}: {text!r}")
        checks.check("(late)" in text, f"the text itself: {text!r}")
    checks.check(ESC not in sonde(*LATE).stdout, "no colour in a pipe")
    checks.check(ESC in sonde("--color=always", *LATE).stdout, "colour in a pipe on request")
    flows = ["trace", "-n", "--flows", "16", "127.0.0.1"]
    lines = on_terminal(*flows, env={}, columns=80).splitlines()
    checks.check(max(map(len, lines)) <= 80 and len(lines) > 4, f"80 columns: {lines}")
    checks.check(lines[2].startswith("    0."), f"what goes on is indented: {lines}")
    lines = on_terminal(*flows, env={}, columns=400).splitlines()
    checks.check(len(lines) == 3, f"a wide terminal: {lines}")
    checks.check(len(sonde(*flows).stdout.splitlines()) == 3, "a pipe has no width")
    checks.finish()


if __name__ == "__main__":
    main()
