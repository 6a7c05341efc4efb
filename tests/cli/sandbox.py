#!/usr/bin/env python3
"""The sandbox: what it refuses and what it lets through, by what a run needs; the end of the process
under SONDE_SANDBOX=kill; that it stands before the first packet is sent or read; that no kernel
without it keeps sonde from its work."""

import errno
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

from _cli import SANITIZED, SONDE, TIMEOUT, Checks, environment, need_icmp, own_network, sonde

TRIES = str(Path(os.environ["SONDE_BUILD_DIR"]) / "tests" / "cli_sandbox_tries")
LO = "127.0.0.1"
INSTRUMENTED = SANITIZED or "LLVM_PROFILE_FILE" in os.environ
NO = {errno.EPERM, errno.EACCES}
ALWAYS_REFUSED = {"write a file", "make a folder", "run a program", "make a process", "trace a process",
                  "signal another", "make code", "open a raw socket", "open a packet socket"}
# Landlock's, which no signal tells of.
NEVER_READ = {"read another file", "read the passwords", "list the settings", "read a program",
              "read another process", "read a log"}
ALWAYS_ALLOWED = {"make memory", "open a datagram socket"}
BY_NEEDS = {
    "none": {"read a file of the resolver": NO, "read a library": NO, "read its own state": NO,
             "open a stream socket": NO, "open a Unix socket": NO,
             "connect to port 53": NO, "connect to port 9": NO, "start a thread": NO},
    "names": {"read a file of the resolver": {0}, "read a library": {0}, "read its own state": {0},
              "open a stream socket": {0}, "open a Unix socket": {0},
              "connect to port 53": {errno.ECONNREFUSED}, "connect to port 9": NO, "start a thread": {0}},
    "tcp": {"read a file of the resolver": NO, "read a library": NO, "read its own state": NO,
            "open a stream socket": {0}, "open a Unix socket": NO,
            "connect to port 53": {errno.ECONNREFUSED}, "connect to port 9": {errno.ECONNREFUSED},
            "start a thread": NO},
}


def tries(network, *arguments, **changes):
    # Root may do more than a caller: without capabilities, as after drop_privileges().
    drop = ["setpriv", "--inh-caps=-all", "--bounding-set=-all"]
    return subprocess.run([*network, *drop, TRIES, *arguments], env=environment(**changes),
                          capture_output=True, text=True, timeout=TIMEOUT, check=False)


def has(run, what):
    return f"sandbox: {what}" in run.stdout


def check_refusals(checks, network):
    """Nothing is tried in a build that has no sandbox: it would be done."""
    if INSTRUMENTED:
        print("not tried: what is refused: an instrumented program has no sandbox")
        return
    free = tries(network, "names", *NEVER_READ, SONDE_SANDBOX="off")
    for name in NEVER_READ:
        if f"{name}: 0\n" not in free.stdout:
            checks.leave_out(name, f"refused without a sandbox, too: {free.stdout}")
    for needs, special in BY_NEEDS.items():
        run = tries(network, needs, SONDE_SANDBOX="")
        checks.check(run.returncode == 0, f"{needs}: ends", run)
        if not has(run, "seccomp filter") or not has(run, "Landlock"):
            checks.leave_out("what is refused", f"not all of the sandbox is here: {run.stdout}")
            return
        results = {name: int(code) for name, code in re.findall(r"^([\w ]+): (\d+)$", run.stdout, re.M)}
        wanted = {**{name: NO for name in ALWAYS_REFUSED | NEVER_READ}, **{name: {0} for name in ALWAYS_ALLOWED}, **special}
        checks.check(results.keys() == wanted.keys(), f"{needs}: all was tried: {results}")
        for name, codes in wanted.items():
            got = results.get(name)
            checks.check(got in codes, f"{needs}: {name}: {errno.errorcode.get(got, got)}")
    checks.check(not os.path.exists("/tmp/sonde-sandbox-must-not-be"), "nothing was written")


def check_kill(checks, network):
    """What is refused in a release ends the process in a test."""
    if INSTRUMENTED:
        print("not tried: SONDE_SANDBOX=kill: an instrumented program has no sandbox")
        return
    probe = tries(network, "none", "make memory", SONDE_SANDBOX="kill")
    if not has(probe, "seccomp filter"):
        checks.leave_out("SONDE_SANDBOX=kill", "no seccomp filter in this build")
        return
    checks.check(probe.returncode == 0 and "ends the process" in probe.stdout, "kill: the rest goes on", probe)
    for name in ALWAYS_REFUSED:
        run = tries(network, "names", name, SONDE_SANDBOX="kill")
        checks.check(run.returncode == -signal.SIGSYS, f"kill: {name}", run)


def strace_follows(checks, part):
    if INSTRUMENTED:
        print(f"not tried: {part}: strace cannot follow an instrumented program")
    elif shutil.which("strace") is None:
        checks.leave_out(part, "strace is not installed")
    else:
        return True
    return False


def check_order(checks):
    """Both steps come before the first packet is sent or read."""
    if not strace_follows(checks, "the order of the steps"):
        return
    for mode in (["ping", "-c1"], ["trace"], ["sweep"], ["ping", "-H", "-c1"], ["trace", "-P", "tcp"]):
        run = subprocess.run(
            [*own_network(), "strace", "-f", "-e",
             "trace=capset,prctl,seccomp,landlock_create_ruleset,landlock_restrict_self,sendmmsg,recvmmsg,sendto,connect",
             SONDE, *mode, LO],
            env=environment(), capture_output=True, text=True, timeout=TIMEOUT, check=False)
        calls = run.stderr
        if "unknown system call" in calls or "ptrace" in calls:
            checks.leave_out("the order of the steps", "strace cannot follow here: " + calls[:200])
            return
        packets = re.search(r"\b(sendmmsg|recvmmsg|sendto|connect)\(", calls)
        checks.check(run.returncode == 0 and packets, f"{mode}: sends", run)
        first = packets.start() if packets else 0
        steps = ["landlock_restrict_self", "SECCOMP_SET_MODE_FILTER", "PR_SET_NO_NEW_PRIVS", "capset"]
        if re.search(r"landlock_create_ruleset\(.* = -1 (ENOSYS|EOPNOTSUPP)", calls):
            checks.leave_out(f"{mode}: when Landlock closes", "this kernel has none")
            steps.remove("landlock_restrict_self")
        for step in steps:
            at = calls.find(step)
            checks.check(0 <= at < first, f"{mode}: {step} comes before the first packet", run)


def check_word(checks):
    """-v tells, and the user may choose."""
    run = sonde("-v", "-c1", LO)
    if INSTRUMENTED:
        checks.check("sandbox: none in an instrumented build" in run.stderr, "-v tells that there is none", run)
        return
    for half in ("Landlock", "seccomp"):
        checks.check(re.search(rf"^sonde: sandbox: .*{half}", run.stderr, re.M), f"-v tells of {half}", run)
    names = sonde("-v", "-H", "-c1", LO)
    readable = "Landlock [0-9]+: reads only libraries, resolver files, /proc/self"
    checks.check("no Landlock" in names.stderr or re.search(rf"^sonde: sandbox: {readable}$", names.stderr, re.M),
                 "-v tells what look-ups can read", names)
    off = sonde("-v", "-c1", LO, env={"SONDE_SANDBOX": "off"})
    checks.check(off.returncode == 0 and "sandbox: off, by SONDE_SANDBOX" in off.stderr, "it can be left out", off)
    checks.check("sandbox: seccomp filter: " in run.stderr, "this build has the filter", run)


def check_zone(checks):
    """-D tells the time of the zone, whose file cannot be opened any more."""
    zone = "/usr/share/zoneinfo/Asia/Kolkata"
    if not os.path.exists(zone):
        checks.leave_out("the zone of -D", "no zones here")
        return
    run = sonde("-D", "-c2", "-i10ms", LO, env={"TZ": f":{zone}"})
    checks.check(run.stdout.count("+05:30] ") == 2, "the zone's file was read in time", run)


def check_without(checks):
    """A kernel that has neither: it says so under -v, and probes."""
    if not strace_follows(checks, "a kernel without a sandbox"):
        return
    run = subprocess.run(
        ["strace", "-f", "-o", "/dev/null", "-e", "inject=seccomp,landlock_create_ruleset:error=ENOSYS",
         SONDE, "-v", "-c1", LO],
        env=environment(), capture_output=True, text=True, timeout=TIMEOUT, check=False)
    if "strace:" in run.stderr:
        checks.leave_out("a kernel without a sandbox", "strace cannot follow here: " + run.stderr[:200])
        return
    checks.check(run.returncode == 0 and "1 received" in run.stdout, "it probes without a sandbox", run)
    for half in ("no Landlock: version: Function not implemented", "no seccomp filter: "):
        checks.check(half in run.stderr, f"-v says {half!r}", run)


def main():
    need_icmp()
    checks = Checks()
    network = own_network()
    check_refusals(checks, network)
    check_kill(checks, network)
    check_order(checks)
    check_word(checks)
    check_zone(checks)
    check_without(checks)
    checks.finish()


if __name__ == "__main__":
    main()
