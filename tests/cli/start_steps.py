#!/usr/bin/env python3
"""Every step from the open socket to the sandbox fails once: it says so under -v, and is no reason not
to ping; except that a program with more rights than its caller ends when it cannot give them up."""

import json
import os
import shutil
import subprocess
import tempfile

from _cli import SONDE, TIMEOUT, Checks, environment, own_network, plain_signals, skip, traced_network

LO = "127.0.0.1"
HOLDS = "privileges: caller's ids, no capabilities, no_new_privs, dumps unchanged"
FILTERED = "raw ICMP socket, IPv4: open, filter locked"
# What fails, how often, and what -v says then. The raw socket's calls of setsockopt(2): by type,
# nothing, ours, lock. Those of prctl(2) fail all, as libcap makes some first.
STEPS = [
    ("prctl", "EINVAL", "", ["caller's ids, no capabilities, dumps unchanged",
                             "privileges: cannot set no_new_privs: Invalid argument"]),
    ("capset", "EPERM", "", ["caller's ids, no_new_privs, dumps unchanged",
                             "privileges: cannot drop capabilities: Operation not permitted"]),
    ("capget", "EPERM", "", ["privileges: cannot verify that no capability is left: Operation not permitted"]),
    ("setsockopt", "EPERM", ":when=1", [HOLDS, FILTERED + ", not by type: Operation not permitted"]),
    ("setsockopt", "EPERM", ":when=2", [HOLDS, "IPv4: open, no filter: Operation not permitted"]),
    ("setsockopt", "ENOMEM", ":when=3", [HOLDS, "IPv4: open, no filter: Cannot allocate memory"]),
    ("setsockopt", "EPERM", ":when=4", [HOLDS, "IPv4: open, filter not locked: Operation not permitted"]),
    ("landlock_create_ruleset", "EOPNOTSUPP", "", [HOLDS, "sandbox: no Landlock: version: "]),
    ("landlock_create_ruleset", "EPERM", ":when=2", [HOLDS, "sandbox: no Landlock: rules: Operation not permitted"]),
    ("landlock_add_rule", "ENOMEM", ":when=3", [HOLDS, "sandbox: no Landlock: rule: Cannot allocate memory"]),
    ("landlock_restrict_self", "EPERM", "", [HOLDS, "sandbox: no Landlock: restrict: Operation not permitted"]),
    ("seccomp", "EINVAL", "", [HOLDS, "sandbox: no seccomp filter: Invalid argument"]),
]


def run(command):
    return subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=TIMEOUT,
                          stdin=subprocess.DEVNULL, preexec_fn=plain_signals, check=False)


def strace(call, error, when, *words):
    return ["strace", *words, "-f", "-o", "/dev/null", "-e", f"inject={call}:error={error}{when}"]


def check_steps(checks, network):
    whole = run([*network, SONDE, "-v", "-H", "-c1", LO])
    for words in (HOLDS, FILTERED, "sandbox: "):
        checks.check(words in whole.stderr, f"nothing fails: {words}", whole)
    checks.check(all(len(line) <= 80 for line in whole.stderr.splitlines()), "no line is longer than 80", whole)
    landlock = "sandbox: Landlock" in whole.stderr
    for call, error, when, told in STEPS:
        if call.startswith("landlock") and not landlock:
            checks.leave_out(call, "no Landlock here")
            continue
        failed = run([*network, *strace(call, error, when), SONDE, "-v", "-H", "-c1", LO])
        what = f"{call} {error}{when}"
        checks.check(failed.returncode == 0 and "1 received" in failed.stdout, f"{what}: it pings", failed)
        for words in told:
            checks.check(words in failed.stderr, f"{what}: {words}", failed)


def check_unfiltered(checks, network):
    """Without a filter the packets of others come in: none of them counts."""
    script = '"$0" -q -l 50 -c 200 -i 1ms 127.0.0.1 > /dev/null & "$@"; code=$?; wait; exit $code'
    ended = run([*network, "sh", "-c", script, SONDE, *strace("setsockopt", "EPERM", ":when=2"), SONDE, "-v",
                 "-c5", "-i20ms", LO])
    checks.check(ended.returncode == 0 and "5 packets transmitted, 5 received, 0% packet loss" in ended.stdout,
                 "no filter: counts its own alone", ended)
    checks.check("no filter: " in ended.stderr, "no filter: says so", ended)


def check_gained(checks, network):
    """Setuid root, called by somebody else."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        gained = shutil.copy(SONDE, os.path.join(folder, "gained"))
        os.chmod(gained, 0o4755)
        plain = run([*network, *strace("prctl", "EINVAL", "", "-u", "nobody"), gained, "-v", "-c1", LO])
        if "strace: " in plain.stderr or "caller's ids" not in plain.stderr:
            checks.leave_out("a setuid program", "strace cannot start one here: " + plain.stderr[:200])
            return
        checks.check(plain.returncode == 0 and "cannot forbid core dumps: Invalid argument" in plain.stderr,
                     "setuid: no step but those that drop rights ends it", plain)
        for call, error, why in (("setresuid", "EAGAIN", "setresuid: Resource temporarily unavailable"),
                                 ("setresgid", "EPERM", "setresgid: Operation not permitted"),
                                 ("capset", "EPERM", "drop capabilities: Operation not permitted"),
                                 ("capget", "EPERM", "verify that no capability is left: Operation")):
            ended = run([*network, *strace(call, error, "", "-u", "nobody"), gained, "-c1", LO])
            checks.check(ended.returncode == 4 and f"cannot give up privileges: {why}" in ended.stderr,
                         f"setuid: {call}: it ends", ended)
            checks.check("bytes from" not in ended.stdout, f"setuid: {call}: nothing is probed", ended)


# A user namespace knows no group but ours.
OPEN = f'echo "0 {2147483647 if os.geteuid() == 0 else 0}" > /proc/sys/net/ipv4/ping_group_range'
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all", "--inh-caps=-all"]
ELSEWHERE = "something else forbids it: a seccomp filter or a container's policy"


def check_families(checks, network):
    """One of two families has no socket: its targets hear why, the others are pinged."""
    for error, words in (("EMFILE", "Too many open files"), ("ENOMEM", "Cannot allocate memory"),
                         ("EIO", "Input/output error")):
        command = [*network, *strace("socket", error, ":when=1"), SONDE, "-c1", "-W.2"]
        ended = run([*command, LO, "::1"])
        checks.check(ended.returncode == 1 and f"send to {LO} failed: {words}\n" in ended.stderr,
                     f"no IPv4 socket: {error}", ended)
        checks.check("64 bytes from ::1" in ended.stdout, f"no IPv4 socket: {error}: IPv6 goes on", ended)
        lines = run([*command, "-J", LO, "::1"]).stdout.splitlines()
        told = [event["send_error"]["message"] for event in map(json.loads, lines) if event["event"] == "send_failed"]
        checks.check(told == [words], f"no IPv4 socket: {error}: NDJSON says {told}")
        for mode in (["trace", "-n", "-P", "tcp"], ["trace", "-n", "-P", "icmp"], ["sweep"]):
            ended = run([*command[:-2], *mode, LO, "::1"])
            checks.check(ended.returncode == (1 if mode == ["sweep"] else 4)
                         and f"send to {LO} failed: {words}\n" in ended.stderr, f"{mode}: no IPv4: {error}", ended)
        ended = run([*command, LO])
        checks.check(ended.returncode == 4 and words in ended.stderr, f"no socket at all: {error}", ended)


def check_causes(checks, network):
    """The words are about what failed: no advice that was followed already, none about what nobody asked."""
    ended = run([*network, *strace("bind", "ENOMEM", ":when=1"), SONDE, "-c1", LO])
    checks.check(ended.returncode == 4 and ended.stderr == "sonde: bind a socket: Cannot allocate memory\n",
                 "no source was named", ended)
    ended = run([*network, SONDE, "-c1", "-S", "192.0.2.99", LO])
    checks.check(ended.returncode == 4 and "send from 192.0.2.99: " in ended.stderr and "`ip addr`" in ended.stderr,
                 "a source was named", ended)
    refused = strace("socket", "EPERM", "")
    for words, told in (((), "cannot open an ICMP socket: Operation not permitted, though CAP_NET_RAW"),
                        (("--transport=dgram",), "datagram sockets are refused though net.ipv4.ping")):
        ended = run([*network, *refused, SONDE, "-c1", *words, LO])
        checks.check(ended.returncode == 4 and told in ended.stderr and ELSEWHERE in ended.stderr
                     and "sysctl" not in ended.stderr, f"refused in spite of all: {words}", ended)
    if os.geteuid() != 0:
        checks.leave_out("no right, and the group may", "only root can become nobody")
        return
    ended = run([*network, *NOBODY, *refused, SONDE, "-c1", LO])
    checks.check(ended.returncode == 4 and 'refused though net.ipv4.ping_group_range is "0 2147483647"' in ended.stderr
                 and ELSEWHERE in ended.stderr and "sysctl" not in ended.stderr and "setcap" in ended.stderr,
                 "the group may, yet it is refused", ended)


def main():
    network = traced_network()
    if "LLVM_PROFILE_FILE" in os.environ:
        skip("an instrumented program has no sandbox")
    checks = Checks()
    check_steps(checks, network)
    check_unfiltered(checks, network)
    opened = own_network(OPEN)
    check_families(checks, opened)
    check_causes(checks, opened)
    if os.geteuid() == 0:
        check_gained(checks, network)
    else:
        checks.leave_out("a setuid program", "only root can make one")
    checks.finish()


if __name__ == "__main__":
    main()
