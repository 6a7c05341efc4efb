"""trace_neighbour.py: a trace to an address on our own link that nobody has: the kernel says so after
three seconds (three requests for its link address), and the trace is still there to hear it."""

import subprocess

from _kernel_lab import NOBODY, SONDE, Lab, end, may_become_nobody, prepare

NOBODYS = {"v4": "10.88.1.77", "v6": "fd88:1::77"}
OURS = {"v4": "10.88.1.1", "v6": "fd88:1::1"}
WHY = "not reached: nobody on the link answers for the next hop; this computer says: "


def main():
    prepare()
    failed = 0
    with Lab() as lab:
        lab.inside("client", "sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0")
        user = NOBODY if may_become_nobody() else []
        for family, words, protocol in (("v4", [], "icmp"), ("v4", user, "icmp"), ("v6", user, "udp"),
                                        ("v4", [], "tcp"), ("v4", user, "tcp"), ("v6", user, "tcp")):
            command = ["ip", "netns", "exec", lab.names["client"], *words, SONDE, "trace", "-n", "-q1",
                       "-P", protocol, NOBODYS[family]]
            done = subprocess.run(command, text=True, capture_output=True, timeout=60)
            lines = done.stdout.splitlines()
            good = done.returncode == 1 and len(lines) == 3 and lines[2].startswith(WHY) and \
                lines[1].startswith(f" 1  {OURS[family]}  ") and lines[1].endswith(" ms !H")
            failed += not good
            print("ok     " if good else "FAILED ", family, protocol, "root" if not words else "nobody",
                  "" if good else f"{done.returncode} {done.stdout} {done.stderr}", flush=True)
    end(failed, [] if user else ["no other user to become"])


main()
