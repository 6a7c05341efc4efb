#!/usr/bin/env python3
"""Few descriptors, little memory, no thread to be had: sonde works, or says why not and ends with 4
(2 for a name that could not be looked up); it never crashes, hangs or claims success it had not."""

import collections
import os
import re
import subprocess
import tempfile
import time

from _cli import (SONDE, TIMEOUT, Checks, Stalls, environment, need_icmp, not_sanitized, own_network,
                  plain_signals)

LO = "127.0.0.1"
COMMANDS = (["ping", "-c2", "-i10ms", LO], ["ping", "-j", "-c2", "-i10ms", LO, "::1"],
            ["ping", "-c1", "-W1", "localhost"], ["ping", "-D", "-c1", LO], ["trace", "-n", LO],
            ["trace", "-n", "-P", "udp", LO], ["trace", "-n", "-P", "tcp", LO], ["sweep", "127.0.0.0/28"],
            ["sweep", "-H", "127.0.0.0/30"])
# Seconds for each of them: all is sent within 20 ms, the time-out is 1 s, and 1 s later it has ended; and
# what the network and the start need on a busy machine.
ENDS = 0.02 + 1 + 1 + 0.5
STALLS = Stalls()


def limited(network, command, **limits):
    """`limits`: of the program itself, after the network was made."""
    words = [f"--{name}={value}" for name, value in limits.items()]
    started = time.monotonic()
    run = subprocess.run([*network, "prlimit", *words, SONDE, *command], env=environment(), text=True,
                         capture_output=True, timeout=TIMEOUT, stdin=subprocess.DEVNULL,
                         preexec_fn=plain_signals, check=False)
    run.took = STALLS.since(started)
    return run


def check_run(checks, what, run, codes):
    checks.check(run.returncode in codes, f"{what}: exit code", run)
    checks.check(run.took <= ENDS, f"{what}: takes {run.took:.2f} s", run)
    checks.check(run.returncode in (0, 1) or run.stderr.strip(), f"{what}: a word why", run)
    # A time of a reply, as each of the commands writes it; a head line or a sum without one has none.
    answered = re.search(r'[\d.] ms|"outcome":"reply"|is alive|^127\.[\d.]+$', run.stdout, re.MULTILINE)
    checks.check(run.returncode != 0 or answered, f"{what}: success without an answer", run)
    for word in ("terminate called", "Assertion", "bad_alloc"):
        checks.check(word not in run.stderr, f"{what}: {word}", run)


def check_merge(checks, network):
    """What is merged goes through, whatever it comes by: 20 to 25 MB of 65534 targets in 16 MiB."""
    for form in ("-J", "-j"):
        with tempfile.NamedTemporaryFile() as saved:
            limited(network, ["sweep", "-q", "-r0", "--rate=max", form, f"--output={saved.name}", "127.0.0.0/16"])
            for source in ("-", saved.name):
                with subprocess.Popen(["cat", saved.name], stdout=subprocess.PIPE) as pipe:
                    run = subprocess.run(["prlimit", f"--data={16 << 20}", SONDE, "sweep", "--merge", "-qx65534", source],
                                         env=environment(), text=True, capture_output=True, timeout=TIMEOUT,
                                         stdin=pipe.stdout, check=False)
                checks.check(run.returncode == 0 and "Enough hosts reachable" in run.stdout,
                             f"merge {form} of {'a pipe' if source == '-' else 'a file'} in 16 MiB", run)


def main():
    not_sanitized("a sanitizer needs memory and descriptors of its own")
    need_icmp()
    checks = Checks()
    seen = collections.Counter()
    network = own_network('echo "0 2147483647" > /proc/sys/net/ipv4/ping_group_range')
    for command in COMMANDS:
        name = " ".join(command)
        for descriptors in range(3, 17):
            run = limited(network, command, nofile=descriptors)
            check_run(checks, f"{name}, {descriptors} descriptors", run, (0, 1, 2, 4, 127))
            seen[run.returncode] += 1
            checks.check(run.returncode != 2 or "Too many open files" in run.stderr,
                         f"{name}, {descriptors} descriptors: a name is not unknown for want of one", run)
            if run.returncode == 127:  # the loader had not enough for its libraries
                checks.check("error while loading shared libraries" in run.stderr, f"{name}: {descriptors}", run)
        enough = limited(network, command, nofile=16)
        checks.check(enough.returncode == 0, f"{name}: 16 descriptors are enough", enough)
        for megabytes in (4, 6, 8, 10, 12, 16, 24, 32, 64, 4096):
            run = limited(network, command, **{"as": megabytes << 20})
            check_run(checks, f"{name}, {megabytes} MiB", run, (0, 1, 2, 4, 127))
            seen[run.returncode] += 1
        checks.check(run.returncode == 0, f"{name}: enough memory", run)
        if "LLVM_PROFILE_FILE" not in os.environ:
            small = limited(network, command, stack=32 << 10)
            check_run(checks, f"{name}: a stack of 32 KiB is enough", small, (0,))
    print(f"exit codes: {dict(sorted(seen.items()))}")
    checks.check(seen[0] and seen[4], "some limits let it work, some do not")
    check_threads(checks, network)
    check_merge(checks, network)
    check_output_limit(checks, network)
    checks.finish()


def check_threads(checks, network):
    """No thread for the resolver: numeric targets do not care, names fail with a word."""
    command = [*network, "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "prlimit", "--nproc=1", SONDE]
    for arguments, codes in ((["-c1", LO], (0,)), (["-c1", "localhost"], (2, 4))):
        run = subprocess.run([*command, *arguments], env=environment(), text=True, capture_output=True,
                             timeout=TIMEOUT, check=False)
        if "setpriv" in run.stderr or "prlimit" in run.stderr:
            checks.leave_out("no threads", "no other user here: " + run.stderr)
            return
        checks.check(run.returncode in codes, f"no threads: {arguments}", run)
        checks.check(0 in codes or run.stderr, f"no threads: a word for {arguments}", run)


def check_output_limit(checks, network):
    """A file that may not grow (RLIMIT_FSIZE) is a lost output like a full disk."""
    with tempfile.NamedTemporaryFile() as file:
        run = limited(network, ["ping", "-J", "-i1ms", "-c100000", "--output", file.name, LO], fsize=4096)
        checks.check(run.returncode == 4 and "File too large" in run.stderr, "a file that may not grow", run)
        checks.check(file.seek(0, 2) == 4096, "what it may hold is in it")


if __name__ == "__main__":
    main()
