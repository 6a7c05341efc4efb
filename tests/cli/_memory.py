"""Runs of sonde in which one request for memory fails (tests/preload/memory.cpp), or that one and all
behind it, and what must hold of each: it ends by itself with an exit code of its own and, unless it
did its work, a word why; what it prints is whole, and nothing is claimed that was not measured."""

import concurrent.futures
import json
import os
import subprocess
import time
from pathlib import Path

from _cli import (SONDE, TIMEOUT, Checks, Stalls, environment, need_icmp, not_sanitized, own_network, plain_signals,
                  skip)

LIBRARY = str(Path(os.environ["SONDE_BUILD_DIR"]) / "tests" / "preload_memory.so")
LO = "127.0.0.1"
COMMANDS = (["ping", "-c2", "-i1ms", LO], ["ping", "--json", "-c2", "-i1ms", LO, "::1"],
            ["ping", "-H", "-c1", LO], ["ping", "-v", "-D", "-c1", "localhost"],
            ["ping", "--ndjson", "-c1", "--transport", "raw", LO], ["sweep", "127.0.0.0/29"],
            ["sweep", "--json", "--stats=percentiles", "127.0.0.0/30"], ["trace", LO],
            ["trace", "--json", "-P", "udp", LO], ["trace", "-n", "-P", "tcp", LO], ["--help"],
            ["ping", "--no-such-option"])
USAGE = 3
# Seconds for each of them: all is sent within 20 ms, the time-out is 1 s, and 1 s later it has ended; and
# what the network and the start need on a busy machine.
ENDS = 0.02 + 1 + 1 + 0.5
STALLS = Stalls()
# Debian 12's C library does not survive it when its resolver gets no memory (nss_database.c asserts,
# others follow null pointers): its own requests are spared where names are looked up.
LOOK_UPS = (["ping", "-H", "-c1", LO], ["ping", "-v", "-D", "-c1", "localhost"], ["trace", LO],
            ["trace", "--json", "-P", "udp", LO])


class Run:
    def __init__(self, network, command, number=0, onwards=False):
        reader, writer = os.pipe()
        wish = {"SONDE_FAIL_AT": str(number), "SONDE_FAIL_ON": str(int(onwards)), "SONDE_FAIL_COUNT": str(writer),
                "SONDE_FAIL_SPARE": str(int(command in LOOK_UPS))}
        # The library into sonde alone, not into what prepares its network.
        words = ["env", "LD_PRELOAD=" + LIBRARY, *(f"{name}={value}" for name, value in wish.items()), SONDE]
        self.hung = False
        started = time.monotonic()
        try:
            done = subprocess.run([*network, *words, *command], env=environment(), capture_output=True, timeout=TIMEOUT,
                                  stdin=subprocess.DEVNULL, preexec_fn=plain_signals, pass_fds=[writer], check=False)
            self.returncode, self.stdout, self.stderr = done.returncode, done.stdout.decode(), done.stderr.decode()
        except subprocess.TimeoutExpired:
            self.hung, self.returncode, self.stdout, self.stderr = True, None, "", ""
        self.took = STALLS.since(started)
        os.close(writer)
        with os.fdopen(reader) as pipe:
            self.requests = int(pipe.read() or 0)


def faults_of(command, run, good):
    """What does not hold, as text; `good`: the exit code of a run with all its memory."""
    if run.hung:
        yield "does not end"
        return
    if run.took > ENDS:
        yield f"takes {run.took:.2f} s"
    if run.returncode not in (good, 0, 1, 2, 4, 127):
        yield f"exit code {run.returncode}"
    if run.returncode in (2, 4, USAGE) and not run.stderr and "--json" not in command:
        yield f"exit code {run.returncode} without a word"
    if run.returncode == 127 and "loading shared libraries" not in run.stderr:
        yield "the loader says nothing"
    if run.returncode == 1 != good:
        yield "calls it loss"
    for word in ("terminate called", "Assertion", "stack smashing", "corrupted"):
        if word in run.stderr:
            yield word
    if "--json" in command:
        yield from faults_of_document(run)
    elif "--ndjson" in command:
        yield from faults_of_lines(run)
    elif run.returncode == 0 and command[0] != "--help" and not any(
            word in run.stdout for word in (" 0% packet loss", " ms", "127.0.0.")):
        yield "success without an answer"


def faults_of_document(run):
    """Whole, or not begun with success; what it says of the end is the end."""
    try:
        document = json.loads(run.stdout)
    except ValueError:
        if run.returncode == 0 or not run.stderr:
            yield f"no document, and exit code {run.returncode}"
        return
    if document["verdict"]["exit_code"] != run.returncode and run.returncode != 4:
        yield f"exit code {run.returncode}, and the document says {document['verdict']['exit_code']}"
    for target in document["targets"]:
        counts = target.get("counts")
        if counts and "in_flight" in counts:
            known = sum(counts[name] for name in ("received", "lost", "errors", "in_flight", "send_failures"))
            if counts["sent"] != known + counts.get("late", 0) or counts["received"] > counts["sent"]:
                yield f"the sum does not fit: {counts}"


def faults_of_lines(run):
    lines = run.stdout.splitlines()
    for line in lines:
        try:
            json.loads(line)
        except ValueError:
            yield f"a line that is cut: {line[-60:]!r}"
    if run.returncode == 0 and (not lines or '"event":"end"' not in lines[-1]):
        yield "success without an end"


def prove(step):
    """Every step-th request of each command."""
    not_sanitized("a sanitizer has an allocator of its own")
    need_icmp()
    if not os.path.exists(LIBRARY):
        skip(f"{LIBRARY} is not built")
    checks = Checks()
    network = own_network('echo "0 2147483647" > /proc/sys/net/ipv4/ping_group_range')
    for command in COMMANDS:
        whole = Run(network, command)
        name = " ".join(command)
        checks.check(whole.requests > 0 and whole.returncode == (USAGE if "--no-such-option" in command else 0),
                     f"{name}: as it should be: {whole.requests}", whole)
        cases = [(number, onwards) for number in range(1, whole.requests + 1, step) for onwards in (False, True)]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            runs = pool.map(lambda case, words=command: Run(network, words, *case), cases)
            for (number, onwards), run in zip(cases, runs):
                faults = list(faults_of(command, run, whole.returncode))
                checks.check(not faults, f"{name}: request {number}{' and on' if onwards else ''}: {faults}", run)
        print(f"{name}: {whole.requests} requests, {len(cases)} runs", flush=True)
    checks.finish()
