#!/usr/bin/env python3
"""dead_resolver.py: a name server that takes questions and never answers (RELIABILITY.md R18).

In a network and mount namespace of its own: resolv.conf names a server on loopback whose socket is
open and never read. Names given up at their deadline, numeric targets not held up, Ctrl-C obeyed at
once. Limits are wide: what is told apart is "at once" and "after the system's 10 seconds".
"""
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time

from _namespace import own_namespace, skip

SONDE = str(pathlib.Path(os.environ.get("SONDE", "build/release/sonde")).resolve())
AT_ONCE = 3.0  # seconds; a sanitizer build on a busy machine included


def timed(*arguments):
    start = time.monotonic()
    done = subprocess.run([SONDE, "ping", *arguments], text=True, capture_output=True, timeout=60)
    return done, time.monotonic() - start


def a_name_is_given_up_at_the_deadline():
    done, took = timed("--json", "-w", "1", "-c", "1", "nobody.example")
    document = json.loads(done.stdout)
    assert took < 1 + AT_ONCE, f"took {took:.1f} s"
    assert done.returncode in (1, 2), f"exit code {done.returncode}: {done.stderr}"
    assert document["targets"][0]["counts"]["sent"] == 0, document


def a_numeric_target_does_not_wait_for_a_name():
    done, took = timed("--json", "-w", "1", "-c", "1", "127.0.0.1", "nobody.example")
    document = json.loads(done.stdout)
    counts = document["targets"][0]["counts"]
    assert counts["sent"] == 1 and counts["received"] == 1, document
    assert took < 1 + AT_ONCE, f"took {took:.1f} s"


def reverse_names_never_hold_up_a_run():
    done, took = timed("-H", "-c", "3", "-i", "50ms", "127.0.0.1")
    assert done.returncode == 0, done.stderr
    assert "3 packets transmitted, 3 received" in done.stdout, done.stdout
    assert took < AT_ONCE, f"took {took:.1f} s"


def an_interrupt_ends_the_wait_for_a_name():
    with subprocess.Popen([SONDE, "ping", "nobody.example"], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as run:
        QUESTIONS.settimeout(20)
        QUESTIONS.recvfrom(512)  # it is waiting for the name now
        start = time.monotonic()
        run.send_signal(signal.SIGINT)
        run.communicate(timeout=20)
        took = time.monotonic() - start
    assert took < AT_ONCE, f"took {took:.1f} s"
    assert run.returncode in (1, 2, 130), f"exit code {run.returncode}"


QUESTIONS = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


def inside():
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    pathlib.Path("/proc/sys/net/ipv4/ping_group_range").write_text("0 0\n")
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as conf:
        conf.write("nameserver 127.0.0.53\noptions timeout:5 attempts:2\n")
        conf.flush()
        os.chmod(conf.name, 0o644)
        subprocess.run(["mount", "--bind", conf.name, "/etc/resolv.conf"], check=True)
        QUESTIONS.bind(("127.0.0.53", 53))
        failed = 0
        for case in (a_name_is_given_up_at_the_deadline, reverse_names_never_hold_up_a_run,
                     a_numeric_target_does_not_wait_for_a_name):
            failed += run_case(case)
        QUESTIONS.close()
        globals()["QUESTIONS"] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        QUESTIONS.bind(("127.0.0.53", 53))  # without the questions of before
        failed += run_case(an_interrupt_ends_the_wait_for_a_name)
    return 1 if failed else 0


def run_case(case):
    try:
        case()
    except (AssertionError, ValueError, OSError, subprocess.SubprocessError) as error:
        print(f"FAILED  {case.__name__}: {error}")
        return 1
    print(f"ok      {case.__name__}")
    return 0


def main():
    if sys.argv[1:] == ["--inside"]:
        return inside()
    if not os.path.exists("/etc/resolv.conf"):
        skip("no /etc/resolv.conf to cover")
    unshare = own_namespace("mount", programs=(SONDE,), mounts=True)
    return subprocess.run([*unshare, sys.executable, __file__, "--inside"]).returncode


if __name__ == "__main__":
    sys.exit(main())
