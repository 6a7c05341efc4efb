"""_icmpapi_lab.py: the network of the conformance tests: a Lab (see ../netns/_kernel_lab.py) with
what conformance_lab4.c and conformance_lab6.c ask for, and programs run at its client.
"""
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "netns"))
from _kernel_lab import (FIRST_ROUTER, NOBODY, SECOND_ROUTER, SERVER, Failure,  # noqa: E402,F401
                         Lab, expect, may_become_nobody, prepare, skip)

HERE = pathlib.Path(__file__).resolve().parent
CRAFTED4, CRAFTED6 = "10.99", "fd99"
PICKY, SOURCE2, UNROUTABLE = "10.99.254.1", "10.88.1.50", "10.97.0.1"
ARGUMENTS = [
    "lab=1", f"router1={FIRST_ROUTER['v4']}", f"router2={SECOND_ROUTER['v4']}",
    f"server={SERVER['v4']}", f"crafted={CRAFTED4}", "broadcast=10.88.1.255", f"picky={PICKY}",
    f"source2={SOURCE2}", f"unroutable={UNROUTABLE}", f"router1_6={FIRST_ROUTER['v6']}",
    f"router2_6={SECOND_ROUTER['v6']}", f"server6={SERVER['v6']}", f"crafted6={CRAFTED6}",
]


class IcmpapiLab(Lab):
    """The client may use datagram sockets, until deny(): from then on root has raw ones alone."""

    def build(self):
        super().build()
        for router, toward in (("r1", "2"), ("r2", "3")):
            self.ip(router, f"route add {CRAFTED4}.0.0/16 via 10.88.{toward}.2")
            self.ip(router, f"route add {CRAFTED6}::/16 via fd88:{toward}::2")
        self.ip("server", f"route add local {CRAFTED4}.0.0/16 dev lo")
        self.ip("server", f"route add local {CRAFTED6}::/16 dev lo")
        self.inside("server", "sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0")
        self.nft("server", f"chain i {{ type filter hook input priority 0; ip daddr {PICKY} "
                           f"ip saddr != {SOURCE2} drop; }}; "
                           "chain o { type filter hook output priority 0; "
                           f"ip saddr {PICKY} accept; "
                           f"ip saddr {CRAFTED4}.0.0/16 meta mark != 7 drop; "
                           f"ip6 saddr {CRAFTED6}::/16 icmpv6 type echo-reply meta mark != 7 drop; "
                           "}")
        for router, device in (("r1", "right"), ("r2", "left")):
            self.ip(router, f"link set {device} mtu 1400")
        # The server knows the size of its way back, or its first long reply would be lost.
        self.ip("server", "route replace ::/0 via fd88:3::1 mtu 1400")
        self.ip("client", f"addr add {SOURCE2}/24 dev right")
        self.ip("client", f"route add unreachable {UNROUTABLE}/32")
        for role in ("client", "r1"):
            self.inside(role, "sysctl -qw net.ipv4.icmp_echo_ignore_broadcasts=0")
        self.responder = subprocess.Popen(
            ["ip", "netns", "exec", self.names["server"], sys.executable,
             str(HERE / "_responder.py"), CRAFTED4, CRAFTED6],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.responder.stdout.readline().strip() != "ready":
            raise Failure("the responder did not start")

    def __exit__(self, *arguments):
        responder = getattr(self, "responder", None)
        if responder:
            responder.stdin.close()
            responder.wait(10)
            responder.stdout.close()
        super().__exit__(*arguments)

    def forget_paths(self):
        """What the client has learnt of the way (path MTU, redirects) is that run's alone."""
        self.inside("client", "ip route flush cache")
        self.inside("client", "ip -6 route flush cache")

    def deny(self):
        """Whether it could: a user namespace of one group has none to leave over."""
        return self.spawn(["sysctl", "-qw", "net.ipv4.ping_group_range=1 0"]) == 0

    def spawn(self, command, nobody=False, env=None, stdout=subprocess.DEVNULL, cwd=None,
              timeout=100):
        """Runs the command at the client; its exit code."""
        prefix = ["ip", "netns", "exec", self.names["client"], *(NOBODY if nobody else [])]
        return subprocess.run([*prefix, *map(str, command)], stdin=subprocess.DEVNULL,
                              stdout=stdout, stderr=subprocess.DEVNULL, cwd=cwd, timeout=timeout,
                              env={**os.environ, **(env or {})}).returncode
