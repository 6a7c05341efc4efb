#!/usr/bin/env python3
"""Which sockets sonde opens, whatever it is asked to do: those that its probes need, raw ones by
protocol. None is of IPPROTO_RAW (CVE-2026-46266), which hears nothing and lets forged ICMP messages
change the routes of the machine, and none sees frames of the link."""

import os
import re
import subprocess

from _cli import SONDE, TIMEOUT, Checks, environment, plain_signals, skip, traced_network

LO = "127.0.0.1"
LO6 = "::1"
V4, V6, TCP = "IPPROTO_ICMP", "IPPROTO_ICMPV6", "IPPROTO_TCP"
# What is run, and the protocols of its raw sockets; None: of ICMP alone, if of any.
RUNS = [
    (["ping", "-c1", "--transport", "raw", LO, LO6], {V4, V6}),
    (["ping", "-c1", "--transport", "raw", "-R", LO], {V4}),
    (["ping", "-c1", "--transport", "dgram", LO], set()),
    (["ping", "-c1", "-H", "localhost"], None),
    (["ping", "-c1", "-I", "lo", "-m", "7", LO], None),
    (["ping", "-f", "-c20", "-q", LO], None),
    (["trace", LO], None),
    (["trace", LO6], None),
    (["trace", "--mtu", LO], None),
    (["trace", "-P", "udp", LO], None),
    (["trace", "-P", "udp", "--flows", "3", LO6], None),
    (["trace", "-P", "tcp", LO], {V4, TCP}),
    (["trace", "-P", "tcp", LO6], {V6, TCP}),
    (["sweep", "127.0.0.0/28", LO6], None),
    (["sweep", "-n", "-c2", "-i10ms", LO], None),
]
OF_PROBES = {"AF_INET", "AF_INET6"}
# Of the resolver and of names of interfaces: no packets but to their own daemons.
BESIDE = {"AF_UNIX", "AF_NETLINK"}


def opened(network, arguments):
    """(run, [(domain, type, protocol)]) of the sockets that were asked for, opened or not."""
    run = subprocess.run([*network, "strace", "-f", "-e", "trace=socket", SONDE, *arguments], env=environment(),
                         capture_output=True, text=True, timeout=TIMEOUT, stdin=subprocess.DEVNULL,
                         preexec_fn=plain_signals, check=False)
    return run, re.findall(r"\bsocket\((\w+), (\w+)[^,]*, (\w+)\)", run.stderr)


def main():
    network = traced_network('echo "0 0" > /proc/sys/net/ipv4/ping_group_range')
    if "LLVM_PROFILE_FILE" in os.environ:
        skip("an instrumented program opens what it likes")
    checks = Checks()
    for arguments, raw in RUNS:
        run, sockets = opened(network, arguments)
        checks.check(run.returncode == 0, f"{arguments}: it runs", run)
        checks.check(any(domain in OF_PROBES for domain, _, _ in sockets), f"{arguments}: sockets were seen", run)
        protocols = {protocol for _, kind, protocol in sockets if kind == "SOCK_RAW"}
        allowed = {V4, V6} if raw is None else raw
        checks.check(protocols <= allowed, f"{arguments}: raw sockets of {protocols - allowed}", run)
        checks.check(raw is None or protocols == raw, f"{arguments}: raw sockets of {protocols}, not of {raw}", run)
        domains = {domain for domain, _, _ in sockets} - OF_PROBES - BESIDE
        checks.check(not domains, f"{arguments}: sockets of {domains}", run)
        wild = [one for one in sockets if one[2] in ("IPPROTO_RAW", "255") or one[1] == "SOCK_PACKET"]
        checks.check(not wild, f"{arguments}: {wild}", run)
    checks.finish()


if __name__ == "__main__":
    main()
