"""_hostile_tun.py: `sonde ping` in front of a hostile program behind a TUN device, in a network
namespace of its own for each address family and kind of socket."""
import contextlib
import json
import subprocess
import time

from tun_scenarios import BUILD, DEVICE, SONDE, configure, end_in_time, skip, told_by_cause

TARGET = {"v4": "192.0.2.1", "v6": "2001:db8::1"}
MODELS = BUILD / "tests"


class Failure(Exception):
    pass


def expect(condition, what):
    if not condition:
        raise Failure(what)


class Hostile:
    """The program, once its device is there; it ends when the block is left."""

    def __init__(self, name, *arguments):
        self.command = [str(MODELS / f"netns_{name}"), DEVICE, *map(str, arguments)]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if line.startswith("[skipped]"):
            skip(line[len("[skipped] "):].strip())
        expect(line == "ready\n", f"{self.command[0]} did not start: {line!r}")
        configure()
        return self

    def line(self):
        """The next that it says, as numbers by name."""
        words = self.process.stdout.readline().split()
        return dict(zip(words[::2], map(int, words[1::2])))

    def stop(self):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        last = self.line()
        expect(self.process.wait() == 0, f"{self.command[0]} failed")
        return last

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.stdin.close()
            self.process.wait()
        self.process.stdout.close()


def judged(case, family, socket, probes):
    """The exit code of a worker: that of the case, inside its namespace."""
    with open("/proc/sys/net/ipv4/ping_group_range", "w", encoding="ascii") as groups:
        groups.write("0 0\n")  # ours, whatever it is outside
    try:
        case(family, socket, probes)
    except Failure as failure:
        print(f"FAILED {family} {socket}: {failure}", flush=True)
        return 1
    return 0


def command(family, socket, *words):
    return [SONDE, "ping", "--transport", socket, "-n", *words, TARGET[family]]


def finish(process, limit=600):
    """The document of a run that is under way, and what it says beside."""
    out, err = process.communicate(timeout=limit)
    try:
        return json.loads(out), err
    except ValueError:
        raise Failure(f"no JSON; exit code {process.returncode}: {err}") from None


def run(family, socket, *words):
    """The document of a run to its end, which comes in time; -v tells what it counts as turned away."""
    started = time.monotonic()
    with subprocess.Popen(command(family, socket, "--json", "-v", *words), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        document, errors = finish(process)
    for late in end_in_time(document, time.monotonic() - started):
        raise Failure(late)
    counted = {cause: count for cause, count in document["rejects"].items() if count}
    expect(told_by_cause(errors) == counted, f"-v does not tell of {counted}: {errors}")
    return document


def expect_counts(document, **wanted):
    """Those of the first target that are named; and their sum."""
    counts = document["targets"][0]["counts"]
    for name, want in wanted.items():
        expect(counts[name] == want, f"{name} is {counts[name]}, not {want}: {counts}"
                                     f" rejects {document['rejects']}")
    parts = ("received", "late", "lost", "errors", "send_failures", "in_flight")
    expect(counts["sent"] == sum(counts[part] for part in parts), f"the counts do not add up: {counts}")
