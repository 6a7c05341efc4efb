#!/usr/bin/env python3
"""What the user's signals do. The reply lines say when the program is under way: no test waits for a
time to pass, but for the pause of who is stopped."""

import fcntl
import json
import os
import pty
import select
import signal
import subprocess
import time
from datetime import datetime

from _cli import TIMEOUT, Checks, need_icmp, plain_signals, start

LO = "127.0.0.1"
AT_ONCE = 20  # seconds, for what might wait for an hour
BY_ITSELF = 0.75  # seconds for which a run that was asked to end waits for its reader
INTERVAL_MS = 10


def running(*arguments, **options):
    """A process that has shown its first reply, and would wait for one for an hour."""
    process = start("-W", "1h", *arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
    for line in process.stdout:
        if b"bytes from" in line or b'"event":"reply"' in line:
            return process
    raise AssertionError(process.communicate())


def end(process):
    """After the signal: how soon, _rounds.py measures; here, that nothing waits for a time-out."""
    started = time.monotonic()
    output, errors = process.communicate(timeout=TIMEOUT)
    took = time.monotonic() - started
    assert took <= AT_ONCE, f"ends {took:.2f} s after its signal"
    return process.returncode, output.decode(), errors.decode()


def check_stop(checks):
    for number in (signal.SIGINT, signal.SIGTERM):
        process = running("-i", "10ms", LO)
        process.send_signal(number)
        code, output, errors = end(process)
        checks.check(code == 0 and errors == "", f"{number!r} ends by the usual rule: {code} {errors}")
        checks.check(output.count("ping statistics") == 1, f"one summary at {number!r}: {output}")
    process = running("-J", "-i", "10ms", "-c", "1000000", LO)
    process.send_signal(signal.SIGINT)
    code, output, _ = end(process)
    last = json.loads(output.splitlines()[-1])
    checks.check(code == 0 and last["end_reason"] == "signal", f"the reason of the end: {last}")


def check_long_interval(checks):
    """A sleep of an hour ends at once."""
    process = running("-i", "1h", LO)
    process.send_signal(signal.SIGINT)
    code, output, _ = end(process)
    checks.check(code == 0 and "1 received" in output, "asleep, and yet at once")


def check_interim(checks):
    process = running("-i", "10ms", LO)
    process.send_signal(signal.SIGQUIT)
    line = process.stderr.readline().decode()
    checks.check("packets, 0% loss, min/avg/ewma/max = " in line, f"interim figures: {line!r}")
    checks.check(process.poll() is None, "and on it goes")
    process.send_signal(signal.SIGINT)
    code, output, _ = end(process)
    checks.check(code == 0 and output.count("ping statistics") == 1, "until it is stopped")


def check_second_interrupt(checks):
    """Stuck in a write that nobody reads: the first SIGINT gives the reader a moment yet, the second ends it at once;
    if that comes when the output was given up, which is told, it has its exit code or is about to have it."""
    for late in (False, True):
        reader, writer = os.pipe()
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)  # one page: full with the first byte
        process = start("-A", LO, stdout=writer, stderr=subprocess.PIPE)
        os.close(writer)
        select.select([reader], [], [])
        first = time.monotonic()
        process.send_signal(signal.SIGINT)
        while not signal_taken(process.pid):
            pass
        if late:
            select.select([process.stderr], [], [])
        process.send_signal(signal.SIGINT)
        between = time.monotonic() - first
        _, errors = process.communicate(timeout=AT_ONCE)
        # Whoever holds this test up can make its second one late, too; to tell is the process's last deed.
        told = errors == b"sonde: cannot write to standard output: its reader takes nothing\n"
        codes = (4, 130, -signal.SIGINT) if told and between >= BY_ITSELF else (130,)
        checks.check(process.returncode in codes and (told or errors == b"") and told >= late,
                     f"the second SIGINT after {between:.3f} s: {process.returncode} {errors!r}")
        os.close(reader)


def signal_taken(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        fields = dict(line.split(":", 1) for line in status)
    bit = 1 << (signal.SIGINT - 1)
    return not (int(fields["SigPnd"], 16) | int(fields["ShdPnd"], 16)) & bit


def reply_sent_at(line):
    event = json.loads(line)
    return datetime.fromisoformat(event["sent_at"]).timestamp() if event["event"] == "reply" else None


def check_inherited(checks):
    def blocked():
        plain_signals()
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT, signal.SIGTERM, signal.SIGQUIT])

    process = running("-i", "10ms", LO, preexec_fn=blocked)
    process.send_signal(signal.SIGINT)
    code, _, _ = end(process)
    checks.check(code == 0, "a blocked SIGINT that was inherited works again")

    def ignored():
        plain_signals()
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    process = running("-i", "10ms", LO, preexec_fn=ignored)
    process.send_signal(signal.SIGINT)
    more = [process.stdout.readline() for _ in range(20)]
    checks.check(b"bytes from" in more[-1], "in the background an ignored SIGINT stays ignored")
    process.terminate()
    end(process)

    controller, terminal = pty.openpty()
    process = running("-i", "10ms", LO, preexec_fn=ignored, stdin=terminal)
    process.send_signal(signal.SIGINT)
    code, _, _ = end(process)
    checks.check(code == 0, "at a terminal Ctrl-C works in any case")
    os.close(controller)
    os.close(terminal)


def check_stopped_process(checks):
    """SIGSTOP and SIGCONT: no burst of what was missed, as the program's own times tell."""
    process = running("-J", "-c", "1000000", "-i", f"{INTERVAL_MS}ms", LO)
    process.send_signal(signal.SIGSTOP)
    os.waitpid(process.pid, os.WUNTRACED)
    stopped = time.time()
    select.select([], [], [], 0.3)  # the pause itself is what is tested
    continued = time.time()
    process.send_signal(signal.SIGCONT)
    lines, since = [], []
    while len(since) < 20:
        lines.append(process.stdout.readline())
        since = [at for at in map(reply_sent_at, lines) if at is not None and at >= stopped]
    process.send_signal(signal.SIGINT)
    code, _, _ = end(process)
    checks.check(code == 0 and since[0] >= continued, f"nothing is sent by who is stopped: {since[0] - continued}")
    # One takes up what was due, and the next may be due right after it; a busy machine makes it longer.
    span = 1e3 * (since[-1] - since[0])
    checks.check(len(since) <= span / INTERVAL_MS + 2.1, f"{len(since)} sent in {span:.3f} ms after a pause")


def main():
    need_icmp()
    checks = Checks()
    check_stop(checks)
    check_long_interval(checks)
    check_interim(checks)
    check_second_interrupt(checks)
    check_inherited(checks)
    check_stopped_process(checks)
    checks.finish()


if __name__ == "__main__":
    main()
