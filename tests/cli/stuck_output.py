#!/usr/bin/env python3
"""Output that gets nowhere: a disk that is full and a reader that has gone end a run long before its
next line; a reader that takes nothing, or a terminal that nobody reads, does not hold a run that is asked
to end, and what is lost so is told by the exit code."""

import fcntl
import json
import os
import pty
import select
import signal
import subprocess
import tempfile
import threading
import time

from _cli import SANITIZED, Checks, Stalls, need_icmp, plain_signals, start

LO = "127.0.0.1"
SOON = 20 if SANITIZED else 10  # s; wanted: 1; it tells what hangs, on a busy machine too
HOUR = ["-i", "1h", LO]
FLOOD = ["-i", "1ms", LO]
BURST = ["-l", "1000", *FLOOD]  # more than a terminal holds, at once
TAKES_NOTHING = "sonde: cannot write to standard output: its reader takes nothing\n"
STALLS = Stalls()


def ended(process):
    """Seconds until the end, errors."""
    begun = time.monotonic()
    try:
        _, errors = process.communicate(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        _, errors = process.communicate()
    return time.monotonic() - begun, (errors or b"").decode()


def check_full(checks):
    if not os.path.exists("/dev/full"):
        checks.leave_out("a full disk", "no /dev/full here")
        return
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


def await_handlers(process):
    """A signal is a wish to end by now."""
    while process.poll() is None:
        with open(f"/proc/{process.pid}/status", encoding="utf-8") as status:
            caught = next(int(line.split()[1], 16) for line in status if line.startswith("SigCgt:"))
        if caught >> (signal.SIGTERM - 1) & 1:
            return
        time.sleep(0.01)


def stuck(*arguments, blocking=True, **options):
    """A run whose pipe is full, and its reading end."""
    reader, writer = os.pipe()
    fill_at_once(writer)
    if "-j" in arguments:  # its document comes at the end
        os.write(writer, b"-")
    os.set_blocking(writer, blocking)
    process = start(*arguments, stdout=writer, **{"stderr": subprocess.PIPE, **options})
    await_full(reader, writer)
    await_handlers(process)
    os.close(writer)
    return process, reader


def check_signals(checks):
    """What is lost is a failure, whoever wanted the end."""
    rows = [(number, [*form, *FLOOD]) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
            for form in ([], ["-J"], ["-j"])] + [(signal.SIGINT, ["sweep", "-l", *FLOOD])]
    for number, arguments in rows:
        for blocking in (True, False):
            process, reader = stuck(*arguments, blocking=blocking)
            process.send_signal(number)
            took, errors = ended(process)
            checks.check(process.returncode == 4, f"the code of {number!r}, {arguments}: {process.returncode}")
            checks.check(took < SOON, f"{number!r} ends a stuck {arguments} after {took:.3f} s")
            checks.check(errors == TAKES_NOTHING, f"a word about what is lost: {errors!r}")
            os.close(reader)


def check_document(checks):
    """The document of a run whose text was lost says so, too."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "file")
        process, reader = stuck("-j", "--output", path, *FLOOD)
        process.send_signal(signal.SIGINT)
        _, errors = ended(process)
        with open(path, encoding="utf-8") as file:
            verdict = json.load(file)["verdict"]
        checks.check(process.returncode == 4 and verdict["exit_code"] == 4 and errors == TAKES_NOTHING,
                     f"--output beside a text that is lost: {process.returncode}, {verdict}, {errors!r}")
        os.close(reader)


def full_terminal():
    """As it comes (cooked), frozen: (its user's end, its own)."""
    controller, terminal = pty.openpty()
    filler = os.open(os.ttyname(terminal), os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
    refusals = 0
    while refusals < 10:  # each of its two ends has a buffer
        try:
            os.write(filler, b"-\n")
            refusals = 0
        except BlockingIOError:
            refusals += 1
            time.sleep(0.01)
    os.close(filler)
    return controller, terminal


def check_terminals(checks):
    """To poll(2) a terminal has room where a write still waits for its user."""
    deadline = ["-w", "1"]
    for arguments in (BURST, ["-D", *BURST], ["-J", *BURST], ["-j", *FLOOD],
                      ["sweep", "-l", "-i", "1ms", "--rate=max", "127.0.0.0/24"], ["trace", "-n", LO]):
        for number in (None, signal.SIGTERM):
            fills_it = number is None and not {"-j", "trace"} & set(arguments)
            controller, terminal = pty.openpty() if fills_it else full_terminal()
            begun = time.monotonic()
            process = start(*arguments, *([] if number else deadline), stdout=terminal, stderr=subprocess.PIPE)
            if number:
                await_handlers(process)
                process.send_signal(number)
            _, errors = ended(process)
            took = time.monotonic() - begun - (0 if number else 1)
            checks.check(process.returncode == 4 and took < SOON and TAKES_NOTHING in errors,
                         f"a frozen terminal, {number!r}, {arguments}: {process.returncode}, {took:.3f} s, {errors!r}")
            os.close(terminal)
            os.close(controller)


def check_all_of_a_terminal(checks):
    """Both streams and --output on it; whoever else writes to it still waits, as is usual."""
    for form in ([], ["-J", "--output"]):
        controller, terminal = full_terminal()
        words = [*form, os.ttyname(terminal)] if form else []
        process = start("-v", "-w", "1", *words, *FLOOD, stdout=terminal, stderr=terminal)
        took, _ = ended(process)
        checks.check(process.returncode == 4 and took < SOON + 1,
                     f"all on it, {words}: {process.returncode}, {took:.3f} s")
        checks.check(os.get_blocking(terminal), "the caller's own descriptor is as it was")
        os.close(terminal)
        os.close(controller)


def check_thawed_terminal(checks):
    """Nothing is lost on a terminal whose user comes back, and the two streams keep their order."""
    controller, terminal = full_terminal()
    process = start("-v", "-c", "500", *FLOOD, stdout=terminal, stderr=terminal)
    os.close(terminal)
    text = b""
    try:
        while piece := os.read(controller, 4096):
            text += piece
    except OSError:  # the other end is closed
        pass
    process.wait(timeout=30)
    text = text.decode()
    order = [text.find(words) for words in ("sonde: sandbox", "PING ", "icmp_seq=1 ", "icmp_seq=500 ", "statistics")]
    checks.check(process.returncode == 0 and text.count(" bytes from ") == 500 and -1 not in order
                 and order == sorted(order), f"a terminal read late: {process.returncode}, {order}: {text[-300:]!r}")
    os.close(controller)


def check_all_stuck(checks):
    """Both streams in one full pipe: they are not waited for one after the other."""
    process, reader = stuck(*FLOOD, stderr=subprocess.STDOUT)
    process.send_signal(signal.SIGTERM)
    took, _ = ended(process)
    checks.check(process.returncode == 4 and took < SOON, f"both: {process.returncode}, {took:.3f} s")
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
    checks.check(process.returncode == 4 and took < SOON, f"--output: {process.returncode}, {took:.3f} s")
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


def check_deadline_counts_once(checks):
    """What -v says before the first probe, to a reader who takes nothing, is a part of the run."""
    for arguments in (["-v", *FLOOD], ["sweep", "-v", "-l", *FLOOD]):
        reader, writer = os.pipe()
        fill_at_once(writer)
        os.write(writer, b"-" * 4096)
        begun = time.monotonic()
        process = start(*arguments, "-w", "4", stdout=writer, stderr=writer)
        ended(process)
        took = STALLS.since(begun)
        checks.check(process.returncode == 4 and took < 8, f"{arguments} -w 4: {process.returncode}, {took:.3f} s")
        os.close(reader)
        os.close(writer)


def read_slowly(reader, pieces):
    while piece := os.read(reader, 512):
        pieces.append(piece)
        time.sleep(0.01)


def check_late_reader(checks):
    """Without a signal or a deadline a reader has all the time it wants; with a signal, one that takes
    something now and then gets all that is there."""
    process, reader = stuck("-c", "2000", *FLOOD)
    with os.fdopen(reader, "rb") as stream:
        text = stream.read().decode()
    process.communicate(timeout=30)
    checks.check(process.returncode == 0 and text.count(" bytes from ") == 2000, "every line arrives")
    process, reader = stuck(*FLOOD)
    pieces = []
    reading = threading.Thread(target=read_slowly, args=(reader, pieces))
    reading.start()
    while not pieces:
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=30)
    reading.join()
    os.close(reader)
    text = b"".join(pieces).decode()
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
    check_full(checks)
    check_reader_gone(checks)
    check_signals(checks)
    check_document(checks)
    check_all_stuck(checks)
    check_terminals(checks)
    check_all_of_a_terminal(checks)
    check_thawed_terminal(checks)
    check_output_file(checks)
    check_no_reader(checks)
    check_deadline(checks)
    check_deadline_counts_once(checks)
    check_late_reader(checks)
    check_hang_up(checks)
    checks.finish()


if __name__ == "__main__":
    main()
