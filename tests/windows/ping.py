#!/usr/bin/env python3
"""sonde.exe on loopback: text, exit codes, ping.exe's options, what the API cannot do."""

import os
import tempfile

from _wine import Checks, enter, masked, not_under_wine, sonde, start, warm

LO = "127.0.0.1"
HINT = "-t takes a TTL; for an endless ping leave out -c (or use /t on Windows)"
FAST = ["-i", "10ms", "-W", "100ms"]

TEXT = """PING 127.0.0.1 (127.0.0.1) 56(84) bytes of data.
64 bytes from 127.0.0.1: icmp_seq=1 ttl=64 time=N ms
64 bytes from 127.0.0.1: icmp_seq=2 ttl=64 time=N ms

--- 127.0.0.1 ping statistics ---
2 packets transmitted, 2 received, 0% packet loss, time Nms
rtt min/avg/max/mdev = N/N/N/N ms
"""


def exit_codes(checks):
    rows = [
        (0, ["--help"]), (0, ["-V"]), (0, ["--print-schema"]), (0, ["-c1", LO]),
        (0, ["ping", "-o", LO]), (0, ["-f", "-c", "50", LO]), 
        (1, ["-c1", *FAST, "192.0.2.1"]), (1, ["-w", "0.05", "--until-replies=1000", LO]),
        (2, ["-c1", "-w", "3", "nosuch.invalid"]), (3, ["--nosuch", LO]), (3, []),
        (3, ["/x", LO]), (3, ["/n", "some", LO]),
    ]
    for code, arguments in rows:
        run = sonde(*arguments)
        checks.check(run.returncode == code, f"exit code {code} of {arguments}", run)
        checks.check(code in (0, 1) or run.stderr.startswith("sonde: "), f"why: {arguments}", run)


def beyond_the_api(checks):
    for option in (["--transport", "raw"], ["--transport=dgram"], ["-I", "eth0"], ["-m", "1"],
                   ["-e", "7"], ["-M", "probe"], ["-M", "want"], ["-L"], ["-r"]):
        run = sonde("-c1", *option, LO)
        checks.check(run.returncode == 4, f"{option}: exit code 4", run)
        checks.check(run.stderr.count("\n") == 2 and run.stdout == "", f"{option}: what and how",
                     run)
    run = sonde("-c1", "-Q", "0x20", LO)
    checks.check("sends a TOS of 0" in run.stderr and run.returncode == 0, "a TOS is warned of",
                 run)


def slashes(checks):
    run = sonde("/n", "2", "/w", "5000", "/l", "32", "/i", "9", "/4", LO)
    checks.check(run.returncode == 0 and "2 packets transmitted, 2 received" in run.stdout,
                 "/n /w /l /i /4", run)
    checks.check("40 bytes from" in run.stdout, "/l is the payload", run)
    run = sonde("/n", "1", "/f", "/S", LO, "/v", "0", LO)
    checks.check(run.returncode == 0, "/f /S /v", run)
    run = sonde("/n", "1", "/a", LO)
    checks.check(run.returncode == 0, "/a", run)
    run = sonde("/n", "1", "/r", "3", "/s", "2", LO)
    checks.check(run.returncode == 3 and "/r and /s exclude each other" in run.stderr,
                 "/r and /s exclude each other", run)
    run = sonde("/l", "99999999", LO)
    checks.check(run.returncode == 3 and "/l SIZE: '99999999'" in run.stderr, "/l beyond", run)
    run = sonde("-n", "4", LO)
    checks.check(run.returncode == 3 and "0.0.0.4 is no host's address" in run.stderr
                 and "/n N" in run.stderr, "ping.exe's -n 4", run)
    for option in (["/r", "3"], ["/s", "2"]):
        run = sonde("/n", "1", *option, LO)
        checks.check(run.returncode == 0, f"{option}", run)
    run = sonde("/?")
    checks.check(run.returncode == 0 and "  /w MS" in run.stdout, "/? is help with slashes", run)
    run = sonde("-t", "host.example")
    checks.check(run.returncode == 3 and HINT in run.stderr, "the hint for -t HOST", run)
    with start("/t", "-i", "10ms", LO) as endless:
        lines = [endless.stdout.readline() for _ in range(9)]
        endless.kill()
    checks.check("icmp_seq=8" in lines[-1], f"/t goes on: {lines[-1]!r}")


def output(checks):
    run = sonde("-c2", "-i", "10ms", "-W", "5s", LO)
    checks.check(masked(run.stdout) == TEXT, "the text, with plain newlines", run)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "Größe-測.json")
        run = sonde("-j", "-c1", "--output", "Z:" + path.replace("/", "\\"), LO)
        checks.check(run.returncode == 0 and os.path.exists(path), "a file of any name", run)
        run = sonde("-j", "-c1", "--output", "Z:\\no\\such\\folder\\x", LO)
        checks.check(run.returncode == 4 and "No such file" in run.stderr, "no such folder", run)
    run = sonde("-c1", "-v", LO)
    checks.check("using windows-icmp-api" in run.stderr and "\r" not in run.stderr, "-v", run)
    run = sonde("-c1", "Größe")
    checks.check(run.returncode == 2 and "Größe" in run.stderr, "UTF-8 in and out", run)
    with start("-i", "5ms", LO) as child:
        child.stdout.readline()
        child.stdout.close()
        code = child.wait(timeout=20)
        error = child.stderr.read()
    checks.check(error == "" and code in (0, 1), f"a reader that had enough: {code} {error!r}")


def ipv6(checks):
    run = sonde("-6", "-c1", "::1")
    if run.returncode == 4 and "error 120" in run.stderr:
        not_under_wine("ping ::1", "Wine 8 has no Icmp6CreateFile")
        checks.check("use -4" in run.stderr, "IPv6 is missing, and the way out", run)
    else:
        checks.check(run.returncode == 0, "ping ::1", run)


def main():
    enter()
    warm()
    checks = Checks()
    for part in (exit_codes, beyond_the_api, slashes, output, ipv6):
        part(checks)
    not_under_wine("a refused -S", "Wine 8 binds to any address")
    not_under_wine("a console's UTF-8 and colours", "Wine 8's console takes no code page")
    checks.finish()


main()
