"""Runs of `sonde ping` in which system calls fail (strace -e inject), and what must hold of each:
it ends by the last send + timeout + 1 s; every probe that was sent is accounted for; the exit code
says what the document says; at most 20 system calls a target and interval, and about one line a second on
stderr. Where a name is looked up, the calls on the files that tell what it is fail: it is looked up, or
a word says why not. faults.py of tests/cli takes a part of the table, that of tests/prove all of it."""

import concurrent.futures
import errno
import json
import os
import re
import subprocess
import tempfile
import time

from _cli import SONDE, Checks, Stalls, environment, plain_signals, traced_network

ERRNOS = ("EAGAIN", "EINTR", "ENOBUFS", "ENOMEM", "EPERM", "EACCES", "ENETUNREACH", "EHOSTUNREACH",
          "ENETDOWN", "EINVAL", "EMSGSIZE", "ECONNREFUSED", "EIO", "ENOSYS")
WHEN = {"once": "when=2", "3..5": "when=3..5", "for ever": "when=2+"}
COUNT, INTERVAL, TIMEOUT = 6, 0.05, 0.2
STALLS = Stalls()
# How sonde is run, and the system calls of that way that may fail.
DATAGRAM = ("--transport", "dgram", "127.0.0.1")
RAW = ("--transport", "raw", "127.0.0.1")
# The TTL goes beside each packet, which sendto cannot do.
BESIDE = tuple(("--transport", kind, "-t", "64", "127.0.0.1") for kind in ("dgram", "raw"))
SIX = tuple(("--transport", kind, "::1") for kind in ("dgram", "raw"))
BATCH = ("--transport", "dgram", "127.0.0.1", "127.0.0.2", "127.0.0.3")
PAIR = ("--transport", "auto", "127.0.0.1", "::1")
LINES = ("--ndjson", "127.0.0.1")
NAME = ("--transport", "dgram", "localhost")
REVERSE = ("--transport", "dgram", "-H", "127.0.0.1")
DENIED = ("--transport", "auto", "127.0.0.1")  # without any right to send
NO_RIGHT = ["sh", "-c", 'echo "1 0" > /proc/sys/net/ipv4/ping_group_range && exec "$@"', "sh"]
# sonde has no epoll and no timerfd, and polls by ppoll alone (poll: only glibc's questions to a name server).
TABLE = {
    DATAGRAM: ("socket", "setsockopt", "getsockopt", "bind", "getsockname", "connect", "eventfd2",
               "sendto", "recvmsg", "recvmmsg", "ppoll"),
    RAW: ("socket", "setsockopt", "recvfrom", "sendto", "recvmsg", "recvmmsg", "ppoll"),
    **dict.fromkeys(BESIDE, ("sendmsg",)),
    **dict.fromkeys(SIX, ("setsockopt", "sendto", "recvmsg", "recvmmsg")),
    BATCH: ("sendmmsg", "recvmmsg", "ppoll"),
    PAIR: ("socket", "sendto", "recvmmsg", "ppoll"),
    LINES: ("write",),
    NAME: ("openat", "newfstatat", "read"),
    REVERSE: ("openat", "newfstatat", "read"),
    DENIED: ("openat", "read"),
}
# Where files are read, the calls on these alone: the loader opens others.
RESOLVER = ("/etc/nsswitch.conf", "/etc/host.conf", "/etc/resolv.conf", "/etc/hosts")
FILES = {NAME: RESOLVER, REVERSE: RESOLVER, DENIED: ("/proc/sys/net/ipv4/ping_group_range",)}
OPENING = ("socket", "setsockopt", "bind", "getsockname", "eventfd2")  # without which there is no run
RECEIVING = ("recvmsg", "recvmmsg")
SENDS = ("sendto", "sendmsg", "sendmmsg")
SENDING = re.compile(r"\b(sendto|sendmsg|sendmmsg)\(")
LINE = re.compile(r"^\d+ +(\d+\.\d+) (.*)$")


class Case:
    def __init__(self, arguments, call, error, when):
        self.arguments, self.call, self.error, self.when = arguments, call, error, when
        # Those that come once or twice: from the first on.
        self.files = [word for file in FILES.get(arguments, ()) for word in ("-P", file)]
        self.inject = f"{call}:error={error}:{WHEN[when]}"
        if self.files and (when == "for ever" or arguments == DENIED):
            self.inject = f"{call}:error={error}:{'when=1' if when == 'once' else 'when=1+'}"
        if call in OPENING or call in ("connect", "recvfrom", "getsockopt"):
            first = {"once": "when=1", "3..5": "when=1..3", "for ever": "when=1+"}
            self.inject = f"{call}:error={error}:{first[when]}"

    def __str__(self):
        return f"{' '.join(self.arguments)}: {self.call} {self.error} {self.when}"


def cases():
    for arguments, calls in TABLE.items():
        for call in calls:
            for error in ERRNOS:
                for when in WHEN if arguments != DENIED else ("once", "for ever"):  # called once
                    yield Case(arguments, call, error, when)


class Run:
    """One case, and what the trace of its system calls says."""

    def __init__(self, case, network, folder):
        path = os.path.join(folder, f"{id(case)}.trace")
        denied = case.arguments == DENIED
        command = [*network, *(NO_RIGHT if denied else []), "strace", "-f", "-ttt", "-o", path, *case.files,
                   "-e", f"inject={case.inject}", *(["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if denied else []),
                   SONDE, "ping", f"-c{COUNT}", f"-i{INTERVAL}", f"-W{TIMEOUT}", *([] if case.call == "write" else ["--json"]), *case.arguments]
        self.hung = False
        started = time.monotonic()
        try:
            # A call that strace makes fail has the number -1, which no filter allows.
            done = subprocess.run(command, env=environment(SONDE_SANDBOX="off"), capture_output=True, text=True, timeout=30,
                                  stdin=subprocess.DEVNULL, preexec_fn=plain_signals, check=False)
            self.code, self.out, self.err = done.returncode, done.stdout, done.stderr
        except subprocess.TimeoutExpired as late:
            self.hung, self.code = True, None
            self.out, self.err = (stream.decode() if stream else "" for stream in (late.stdout, late.stderr))
        self.stalled = STALLS.between(started, time.monotonic())
        with open(path, encoding="utf-8", errors="replace") as file:
            self.calls = [(float(found[1]), found[2]) for found in map(LINE.match, file) if found]
        os.unlink(path)
        sends = [i for i, (_, call) in enumerate(self.calls) if SENDING.search(call)]
        self.first_send = sends[0] if sends else None
        self.last_send = sends[-1] if sends else None
        self.injected = sum("(INJECTED)" in call for _, call in self.calls)
        try:
            self.document = json.loads(self.out)
        except ValueError:
            self.document = None

    def targets(self):
        """Of one line of NDJSON: not known, one at least."""
        return max(1, len((self.document or {}).get("targets", ())))

    def seconds(self, first, last):
        return self.calls[last][0] - self.calls[first][0]


def faults_of(case, run):
    """What does not hold, as text."""
    if run.hung:
        yield "does not end"
        return
    if run.code not in ((0, 2, 4) if case.arguments == NAME else (0, 1, 4)):
        yield f"exit code {run.code}: {run.err[:200]}"
    if run.first_send is not None:
        yield from faults_of_time(run)
    elapsed = run.seconds(0, -1) if run.calls else 0
    if run.err.count("\n") > 2 + elapsed:
        yield f"{run.err.count(chr(10))} lines on stderr in {elapsed:.1f} s"
    if run.code in (2, 4) and not run.err.strip() and case.call != "write":
        yield f"exit code {run.code} without a word"
    if case.call == "write":
        yield from faults_of_output(case, run)
        return
    if run.document is None:
        yield f"no JSON: {run.out[:80]!r} {run.err[:200]!r}"
        return
    yield from faults_of_document(case, run)
    yield from faults_of_files(case, run, elapsed) if case.files else faults_of_loss(case, run)


def faults_of_output(case, run):
    """What passes loses no line; what stays is told, and ends the run."""
    lines = [json.loads(line) for line in run.out.splitlines()]
    passes = case.error in ("EAGAIN", "EINTR") and case.when != "for ever"
    if passes and (run.code != 0 or run.err or lines[-1]["event"] != "end"):
        yield f"lines are lost: exit code {run.code}, {len(lines)} lines, {run.err!r}"
    # A fault that stays meets the word on stderr too.
    told = case.when != "once" or "cannot write to standard output" in run.err
    if not passes and (run.code != 4 or not told):
        yield f"no word of a lost line: exit code {run.code}, {run.err!r}"
    if run.injected == 0:
        yield "nothing was written"


def faults_of_time(run):
    late = run.seconds(run.last_send, -1)
    if late > TIMEOUT + 1 + run.stalled:
        yield f"ends {late:.2f} s after the last send"
    elapsed = run.seconds(run.first_send, -1)
    if elapsed > (COUNT - 1) * INTERVAL + TIMEOUT + 1 + run.stalled:
        yield f"ends {elapsed:.2f} s after the first send"
    intervals = int(elapsed / INTERVAL) + 1
    made = len(run.calls) - run.first_send
    # The farewell of the process is its own.
    if made > 20 * intervals * run.targets() + 30:
        yield f"{made} system calls in {intervals} intervals, {run.targets()} targets"


def faults_of_document(case, run):
    exit_code = run.document["verdict"]["exit_code"]
    if exit_code != run.code:
        yield f"exit code {run.code}, and the document says {exit_code}"
    passes = case.when != "for ever" and case.call not in OPENING and run.injected and case.arguments != DENIED
    if passes and (run.document["error"] is not None or run.code == 4):
        yield f"gives up at a fault that passes: exit code {run.code}, {run.document['error']}"
    for target in run.document["targets"]:
        counts = target["counts"]
        if counts["sent"] not in ((COUNT,) if run.document["error"] is None and not case.files else (0, COUNT)):
            yield f"not {COUNT} probes: {counts}"
        known = sum(counts[name] for name in ("received", "lost", "errors", "in_flight", "send_failures"))
        if counts["sent"] != known or counts["received"] > counts["sent"]:
            yield f"the sum does not fit: {counts}"
        if run.document["error"] is None and run.code == 0 and counts["received"] == 0:
            yield "success without an answer"
        for probe in target["probes"]:
            if probe["rtt_ms"] is not None and not 0 <= probe["rtt_ms"] <= 1000 * (TIMEOUT + run.stalled):
                yield f"an RTT of {probe['rtt_ms']} ms"


def faults_of_files(case, run, elapsed):
    """The name is looked up, or a word says that it was not; what has a number is not held up by it."""
    # From the first of these files to the end there are all probes and the last one's time-out.
    if elapsed > (COUNT - 1) * INTERVAL + TIMEOUT + 1 + run.stalled:
        yield f"takes {elapsed:.2f} s"
    target = run.document["targets"][0]
    counts, error = target["counts"], target["error"]
    if case.arguments == DENIED:
        if run.code != 4 or counts["sent"] or "without privilege" not in (run.document["error"] or ""):
            yield f"exit code {run.code}, {run.document['error']}, {counts}: {run.err!r}"
        return
    if error is None and (run.code != 0 or counts["received"] != COUNT):
        yield f"exit code {run.code}, no error, and {counts}"
    if error is not None and (run.code == 0 or counts["sent"] or not error["message"].strip()
                              or error["message"] not in run.err):
        yield f"exit code {run.code}, {error}, {counts}: {run.err!r}"


def faults_of_loss(case, run):
    """A fault that passes costs no more than the calls that it met; nothing of it is called loss. Where
    answers cannot be read for good, that is said."""
    if case.when == "for ever" and case.call in RECEIVING and case.error != "EAGAIN":
        yield from faults_of_silence(case, run)
    for target in run.document["targets"] if case.when == "for ever" and case.call in SENDS else ():
        counts = target["counts"]
        if run.document["error"] is None and counts["received"] + counts["send_failures"] != COUNT:
            yield f"what cannot be sent is no send failure: {counts}"
    if run.document["error"] is not None or case.when == "for ever" or not run.injected:
        return
    for target in run.document["targets"]:
        counts = target["counts"]
        met = run.injected if case.call in SENDS else 0
        if case.call in OPENING:
            continue
        if counts["received"] < COUNT - met or counts["lost"]:
            yield f"{run.injected} failed calls, and only {counts}"


def faults_of_silence(case, run):
    """All was read, or it is told that it was not, and why: it is not called loss."""
    why = os.strerror(getattr(errno, case.error))
    told = run.code == 4 and why in run.err and why in (run.document["error"] or "")
    whole = run.code == 0 and all(target["counts"]["received"] == COUNT for target in run.document["targets"])
    # One packet is read by recvmsg, more and the error queue by recvmmsg: the other may have got all.
    if not told and not whole:
        yield f"exit code {run.code} and no word of {why!r}: {run.document['error']}, {run.err!r}"


def prove(chosen, workers=2):
    """Runs the cases, and ends the process with the verdict."""
    network = traced_network('echo "0 2147483647" > /proc/sys/net/ipv4/ping_group_range')
    checks = Checks()
    unmet = {}
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(workers) as pool:
        for case, run in pool.map(lambda case: (case, Run(case, network, folder)), chosen):
            faults = list(faults_of(case, run))
            checks.check(not faults, f"{case}: {'; '.join(faults)}")
            if not run.injected:
                unmet.setdefault((" ".join(case.arguments), case.call, case.when), []).append(case.error)
    for what, errors in unmet.items():
        checks.check(False, f"{what}: the call was not made: {' '.join(errors)}")
    checks.finish()
