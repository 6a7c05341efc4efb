#!/usr/bin/env python3
"""Output that gets nowhere: a disk that is full and a reader that has gone end a run long before its
next line; a reader that takes nothing does not hold a run that is asked to end."""

import fcntl
import json
import os
import select
import signal
import subprocess
import tempfile
import time

from _cli import SANITIZED, Checks, need_icmp, plain_signals, start

LO = "127.0.0.1"
SOON = 20 if SANITIZED else 2  # s; wanted: 1
HOUR = ["-i", "1h", LO]
FLOOD = ["-i", "1ms", LO]


def ended(process):
    """Seconds until the end, errors."""
    begun = time.monotonic()
    _, errors = process.communicate(timeout=30)
    return time.monotonic() - begun, (errors or b"").decode()


def check_full(checks):
    for arguments in (HOUR, ["-J", *HOUR], ["trace", "-n", LO], ["sweep", "-l", *HOUR]):
        with open("/dev/full", "wb") as full:
            process = start(*arguments, stdout=full, stderr=subprocess.PIPE)
        took, errors = ended(process)
        checks.check(process.returncode == 4 and took < SOON, f"a full disk ends {arguments}: "
                     f"{process.returncode} after {took:.3f} s")
        checks.check(errors == "sonde: cannot write to standard output: No space left on device\n",
                     f"a word about it: {errors!r}")


def check_reader_gone(checks):
    """No line will come for an hour."""
    for arguments in (HOUR, ["-J", *HOUR], ["-q", *HOUR], ["-j", "-c2", *HOUR], ["sweep", "-l", *HOUR]):
        reader, writer = os.pipe()
        process = start(*arguments, stdout=writer, stderr=subprocess.PIPE)
        os.close(writer)
        if not {"-q", "-j"} & set(arguments):
            select.select([reader], [], [])
            os.read(reader, 65536)
        os.close(reader)
        took, errors = ended(process)
        checks.check(took < SOON, f"its reader has gone: {arguments} ends after {took:.3f} s")
        checks.check(process.returncode in (0, 1) and errors == "",
                     f"quietly, by the usual rule: {process.returncode} {errors!r}")


def fill_at_once(pipe):
    """One page: full for the next writer as soon as there is a byte in it."""
    fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, 4096)


def await_full(reader, writer):
    select.select([reader], [], [])
    assert not select.select([], [writer], [], 0)[1], "there is room yet"


def stuck(*arguments, blocking=True, **options):
    """A run whose pipe is full, and its reading end."""
    reader, writer = os.pipe()
    fill_at_once(writer)
    os.set_blocking(writer, blocking)
    process = start(*arguments, stdout=writer, **{"stderr": subprocess.PIPE, **options})
    await_full(reader, writer)
    os.close(writer)
    return process, reader


def check_signals(checks):
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        for blocking in (True, False):
            process, reader = stuck(*FLOOD, blocking=blocking)
            process.send_signal(number)
            took, errors = ended(process)
            checks.check(process.returncode == 0, f"the code of {number!r}: {process.returncode}")
            checks.check(took < SOON, f"{number!r} ends a stuck run after {took:.3f} s")
            checks.check(errors == "sonde: cannot write to standard output: its reader takes nothing\n",
                         f"a word about what is lost: {errors!r}")
            os.close(reader)


def check_all_stuck(checks):
    """Both streams in one full pipe: they are not waited for one after the other."""
    process, reader = stuck(*FLOOD, stderr=subprocess.STDOUT)
    process.send_signal(signal.SIGTERM)
    took, _ = ended(process)
    checks.check(process.returncode == 0 and took < SOON, f"both: {process.returncode}, {took:.3f} s")
    os.close(reader)


def check_output_file(checks):
    """A FIFO of --output whose reader takes nothing."""
    reader, writer = os.pipe()
    fill_at_once(writer)
    process = start("-J", "--output", f"/dev/fd/{writer}", *FLOOD, pass_fds=[writer],
                    stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    await_full(reader, writer)
    process.send_signal(signal.SIGTERM)
    took, _ = ended(process)
    checks.check(process.returncode == 0 and took < SOON, f"--output: {process.returncode}, {took:.3f} s")
    os.close(reader)
    os.close(writer)


def check_no_reader(checks):
    """A FIFO of --output that nobody reads is waited for, up to the deadline; who comes reads it all."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "fifo")
        os.mkfifo(path)
        for arguments in (["ping", "-c2", "-i10ms"], ["trace", "-n"], ["sweep"]):
            begun = time.monotonic()
            process = start(*arguments, "-w", "0.2", "-J", "--output", path, LO, stdout=subprocess.DEVNULL,
                            stderr=subprocess.PIPE)
            _, errors = ended(process)
            took = time.monotonic() - begun - 0.2
            checks.check(process.returncode == 4 and 0 <= took < SOON,
                         f"{arguments} without a reader: {process.returncode}, {took:.3f} s after its deadline")
            checks.check(errors == f"sonde: cannot open '{path}': nobody reads it\n", f"a word about it: {errors!r}")
            process = start(*arguments, "-w", "30", "-J", "--output", path, LO, stdout=subprocess.DEVNULL,
                            stderr=subprocess.PIPE)
            with open(path, encoding="utf-8") as stream:
                events = [json.loads(line)["event"] for line in stream]
            _, errors = ended(process)
            checks.check(process.returncode == 0 and errors == "" and events[-1] == "end",
                         f"{arguments} with one: {process.returncode} {errors} {events}")


def check_deadline(checks):
    for arguments in (["-w", "1", *FLOOD], ["-w", "1", "-J", *FLOOD]):
        for blocking in (True, False):
            begun = time.monotonic()
            process, reader = stuck(*arguments, blocking=blocking)
            _, errors = ended(process)
            took = time.monotonic() - begun - 1
            checks.check(process.returncode == 4, f"a run that lost its output: {process.returncode}")
            checks.check(took < SOON, f"{arguments} ends {took:.3f} s after its deadline")
            checks.check("its reader takes nothing" in errors, f"a word about it: {errors!r}")
            os.close(reader)


def check_late_reader(checks):
    """Without a signal or a deadline a reader has all the time it wants; with a signal, the time to
    take what is there."""
    process, reader = stuck("-c", "2000", *FLOOD)
    with os.fdopen(reader, "rb") as stream:
        text = stream.read().decode()
    process.communicate(timeout=30)
    checks.check(process.returncode == 0 and text.count(" bytes from ") == 2000, "every line arrives")
    process, reader = stuck(*FLOOD)
    process.send_signal(signal.SIGTERM)
    with os.fdopen(reader, "rb") as stream:
        text = stream.read().decode()
    _, errors = process.communicate(timeout=30)
    checks.check(process.returncode == 0 and errors == b"", f"nothing is lost: {errors!r}")
    checks.check(text.count("ping statistics") == 1 and text.endswith(" ms\n"), f"to the end: {text[-200:]!r}")


def check_hang_up(checks):
    """SIGHUP is a wish to end as SIGTERM is; nohup's stays ignored."""
    process = start("-i", "1h", LO, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    for line in process.stdout:
        if b"bytes from" in line:
            break
    process.send_signal(signal.SIGHUP)
    output, _ = process.communicate(timeout=30)
    checks.check(process.returncode == 0 and b"1 received" in output, f"a summary: {output!r}")

    def without_hang_up():
        plain_signals()
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    process = start("-i", "10ms", LO, stdout=subprocess.PIPE, preexec_fn=without_hang_up)
    process.stdout.readline()
    process.send_signal(signal.SIGHUP)
    lines = [process.stdout.readline() for _ in range(20)]
    checks.check(b"bytes from" in lines[-1], "an ignored SIGHUP stays ignored")
    process.terminate()
    process.communicate(timeout=30)


def main():
    need_icmp()
    checks = Checks()
    if os.path.exists("/dev/full"):
        check_full(checks)
    check_reader_gone(checks)
    check_signals(checks)
    check_all_stuck(checks)
    check_output_file(checks)
    check_no_reader(checks)
    check_deadline(checks)
    check_late_reader(checks)
    check_hang_up(checks)
    checks.finish()


if __name__ == "__main__":
    main()
