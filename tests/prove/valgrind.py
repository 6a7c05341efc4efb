#!/usr/bin/env python3
"""The unit tests, some of the longer ones, and runs of the program under valgrind's memcheck: nothing
is read that was never written, nothing outside, nothing lost."""

import concurrent.futures
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree
from pathlib import Path

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "cli"))

from _cli import SONDE, Checks, environment, need_icmp, not_sanitized, own_network, plain_signals, skip  # noqa: E402

BUILD = Path(os.environ["SONDE_BUILD_DIR"])
LO = "127.0.0.1"
RUNS = (["ping", "-c3", "-i10ms", LO, "::1"], ["ping", "--json", "-c3", "-i10ms", "--transport", "raw", LO],
        ["ping", "-H", "-v", "-D", "-c2", "-i10ms", "localhost"], ["ping", "-f", "-c200", "-q", LO],
        ["ping", "-R", "-c1", "--transport", "raw", LO], ["trace", LO], ["trace", "--json", "-P", "udp", LO],
        ["trace", "-n", "-P", "tcp", LO], ["trace", "--mtu", LO], ["sweep", "-a", "127.0.0.0/24"],
        ["sweep", "--json", "--stats=percentiles", "-c2", "-i10ms", "127.0.0.0/28"],
        ["sweep", "-J", "--order", "random", "127.0.0.0/26"], ["--help"], ["ping", "--no-such-option"])
# Of the suites that compute for long, what touches memory most.
SUITES = (("unit_*", ()), ("sim", ("--test-case=*clean*,*everything*,*dishonest*",)),
          ("property", ("--test-case=*hostile*,*round trip*",)))
TIMEOUT = 900


def memcheck(before, command, report, env):
    # What a run grew once and keeps to its end is reachable; what nobody points to is a leak.
    words = [*before, "valgrind", "--quiet", "--error-exitcode=99", "--leak-check=full",
             "--errors-for-leak-kinds=definite", "--show-leak-kinds=definite", "--track-origins=yes",
             "--num-callers=30", "--xml=yes", f"--xml-file={report}", *command]
    return subprocess.run(words, env=env, cwd=os.environ["SONDE_SOURCE_DIR"], capture_output=True, text=True,
                          errors="replace", timeout=TIMEOUT, stdin=subprocess.DEVNULL, preexec_fn=plain_signals,
                          check=False)


def errors_in(report):
    """Each as its kind and the innermost functions."""
    try:
        root = xml.etree.ElementTree.parse(report).getroot()
    except (OSError, xml.etree.ElementTree.ParseError) as error:
        yield f"no report: {error}"
        return
    for error in root.findall("error"):
        frames = [frame.findtext("fn") or "?" for frame in error.findall("stack/frame")][:6]
        yield f"{error.findtext('kind')}: {' < '.join(frames)}"


def programs():
    for pattern, arguments in SUITES:
        for path in sorted((BUILD / "tests").glob(pattern)):
            if os.access(path, os.X_OK) and path.is_file() and path.suffix == "":
                yield [str(path), *arguments]


def main():
    not_sanitized("a sanitizer does the same, in its own way")
    if shutil.which("valgrind") is None:
        skip("valgrind is not installed")
    need_icmp()
    checks = Checks()
    reports = BUILD / "valgrind"
    shutil.rmtree(reports, ignore_errors=True)
    reports.mkdir()
    network = own_network('echo "0 2147483647" > /proc/sys/net/ipv4/ping_group_range')
    # valgrind makes system calls of its own: no filter.
    env = environment(SONDE_SANDBOX="off")
    # The network is made outside of valgrind.
    jobs = [(f"{Path(words[0]).name} {' '.join(words[1:])}", [], words) for words in programs()]
    jobs += [(f"sonde {' '.join(words)}", network, [SONDE, *words]) for words in RUNS]

    def one(job):
        number, (name, before, words) = job
        report = reports / f"{number}.xml"
        return name, report, memcheck(before, words, report, env)

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, report, run in pool.map(one, enumerate(jobs)):
            errors = list(errors_in(report))
            checks.check(not errors, f"{name}: {errors[:3]} and {max(len(errors) - 3, 0)} more")
            checks.check(run.returncode in (0, 3), f"{name}: exit code", run)
            print(f"{name}: {len(errors)} reports", flush=True)
    checks.finish()


if __name__ == "__main__":
    main()
