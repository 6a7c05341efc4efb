#!/usr/bin/env python3
"""The text of ping on loopback, to the letter; only what was measured is masked."""

import re

from _cli import Checks, masked, need_icmp, sonde

SUMMARY = "\n--- {0} ping statistics ---\n{1} packets transmitted, {1} received, 0% packet loss, time Nms\n"
RTT = "rtt min/avg/max/mdev = N/N/N/N ms\n"


def reply(host, seq, size=64):
    return f"{size} bytes from {host}: icmp_seq={seq} ttl=64 time=N ms\n"


def whole(head, lines, host, count, rtt=RTT):
    return head + lines + SUMMARY.format(host, count) + rtt


LO, LO6 = "127.0.0.1", "::1"
HEAD = "PING 127.0.0.1 (127.0.0.1) 56(84) bytes of data.\n"
HEAD6 = "PING ::1 (::1) 56 data bytes\n"
TWO = reply(LO, 1) + reply(LO, 2)

GOLDEN = [
    (["-c2", "-i10ms", LO], whole(HEAD, TWO, LO, 2)),
    (["ping", LO, "-c", "2", "-i", "0.01"], whole(HEAD, TWO, LO, 2)),
    (["-c1", LO6], whole(HEAD6, reply(LO6, 1), LO6, 1)),
    (["-qc2", "-i10ms", LO], whole(HEAD, "", LO, 2)),
    (["-c1", "-s0", LO], whole("PING 127.0.0.1 (127.0.0.1) 0(28) bytes of data.\n", reply(LO, 1, 8), LO, 1)),
    (["-c1", "-s1472", LO],
     whole("PING 127.0.0.1 (127.0.0.1) 1472(1500) bytes of data.\n", reply(LO, 1, 1480), LO, 1)),
    (["-c1", "-D", LO], whole(HEAD, "[T] " + reply(LO, 1), LO, 1)),
    (["-c1", "--timestamps=epoch", LO], whole(HEAD, "[T] " + reply(LO, 1), LO, 1)),
    (["-c1", "--stats=percentiles", LO],
     whole(HEAD, reply(LO, 1), LO, 1, RTT + "rtt median/p90/p95/p99 = N/N/N/N ms\n")),
    (["-c1", "-a", LO], whole(HEAD, reply(LO, 1).replace("\n", "\a\n"), LO, 1)),
    (["-c1", LO, LO6],
     HEAD + HEAD6 + reply(LO, 1) + reply(LO6, 1)
     + SUMMARY.format(LO, 1) + RTT + SUMMARY.format(LO6, 1) + RTT),
]


def main():
    need_icmp()
    checks = Checks()
    six = sonde("-c1", LO6).returncode == 0
    if not six:
        checks.leave_out("the rows of IPv6", "no IPv6 loopback here")
    for arguments, wanted in GOLDEN:
        if LO6 in arguments and not six:
            continue
        for locale in ("C", "de_DE.UTF-8"):
            run = sonde(*arguments, env={"LC_ALL": locale})
            text = masked(run.stdout)
            if arguments[-2:] == [LO, LO6]:  # replies of two targets may come in any order
                same = sorted(text.splitlines()) == sorted(wanted.splitlines())
            else:
                same = text == wanted
            checks.check(same and run.stderr == "", f"text of {arguments}:\n{wanted}", run)
    # The second probe keeps the run up until the first one is answered.
    late = sonde("-c2", "-i", "50ms", "-W", "0.001us", LO).stdout
    checks.check("no answer yet for icmp_seq=1\n" in late, "a time-out is told at once")
    checks.check(re.search(r"icmp_seq=1 ttl=64 time=[\d.]+ ms \(late\)\n", late), "a late reply is marked")
    checks.finish()


if __name__ == "__main__":
    main()
