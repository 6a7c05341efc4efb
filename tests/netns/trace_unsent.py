"""trace_unsent.py: a trace that this computer cannot send says why and exits with 4; whether there is
a route is asked as the probes ask: with their source address, mark and interface."""

import json
import subprocess

from _kernel_lab import NOBODY, SERVER, SONDE, Lab, end, may_become_nobody, prepare

SECOND = "10.88.1.77"
OTHER = "10.99.0.1"  # the server's, behind a route of a mark's own
BLACKHOLE = "No usable route (a blackhole route of this computer)"


def trace(lab, words, *options):
    command = ["ip", "netns", "exec", lab.names["client"], *words, SONDE, "trace", "-n", *options]
    return subprocess.run(command, text=True, capture_output=True, timeout=60)


class Tally:
    def __init__(self):
        self.failed = 0

    def check(self, good, what, run):
        self.failed += not good
        print("ok     " if good else "FAILED ", what,
              "" if good else f"{run.returncode} {run.stdout} {run.stderr}", flush=True)

    def unsent(self, run, what, target, why):
        words = why.split(" (")[0]
        lines = run.stdout.splitlines()
        self.check(run.returncode == 4 and
                   run.stderr == f"sonde: send to {target} failed: {why}\n" and
                   lines[1:] == [f"not reached: it cannot be sent to: {words}"], what, run)

    def reached(self, run, what):
        self.check(run.returncode == 0 and run.stderr == "", what, run)


def check_routes(lab, tally, user):
    for kind, why in (("unreachable", "No route to host (a route of this computer says so)"),
                      ("prohibit", "Permission denied "
                                   "(a route or a firewall on this computer forbids it)"),
                      ("blackhole", BLACKHOLE)):
        lab.ip("client", f"route add {kind} {OTHER}")
        for protocol in ("icmp", "udp", "tcp"):
            for words in ([], user):
                run = trace(lab, words, "-P", protocol, OTHER)
                tally.unsent(run, f"{kind} {protocol} {'nobody' if words else 'root'}", OTHER, why)
        lab.ip("client", f"route del {kind} {OTHER}")
    run = trace(lab, [], "-q1", "-s", "3000", "--df", SERVER["v4"])
    tally.check(run.returncode == 4 and len(run.stdout.splitlines()) == 2 and run.stderr ==
                "sonde: local error: message too long, mtu=1500 "
                "(-s 1472 fits, or leave out --df and -M)\n", "a packet that is too long", run)


def check_source(lab, tally, user):
    lab.ip("client", f"addr add {SECOND}/24 dev right")
    lab.ip("client", f"rule add from {SECOND} blackhole")
    for protocol in ("icmp", "udp", "tcp"):
        for words in ([], user):
            run = trace(lab, words, "-P", protocol, "-S", SECOND, SERVER["v4"])
            tally.unsent(run, f"-S {protocol} {'nobody' if words else 'root'}", SERVER["v4"], BLACKHOLE)
            tally.reached(trace(lab, words, "-P", protocol, SERVER["v4"]), f"without -S {protocol}")
    lab.ip("client", f"rule del from {SECOND} blackhole")


def check_interface(lab, tally, user):
    """A second link to the first router, which no route prefers: what is sent there has its address,
    and nobody has rewritten anything."""
    network = "ip -n " + lab.names["client"]
    for command in (f"{network} link add second type veth peer name second netns {lab.names['r1']}",
                    f"{network} addr add 10.88.9.1/24 dev second",
                    f"{network} addr add fd88:9::1/64 dev second nodad",
                    f"ip -n {lab.names['r1']} addr add 10.88.9.2/24 dev second",
                    f"ip -n {lab.names['r1']} addr add fd88:9::2/64 dev second nodad",
                    f"ip -n {lab.names['r1']} link set second up", f"{network} link set second up",
                    f"{network} route add default via 10.88.9.2 dev second metric 500",
                    f"{network} -6 route add default via fd88:9::2 dev second metric 5000",
                    f"ip -n {lab.names['r2']} route add 10.88.9.0/24 via 10.88.2.1",
                    f"ip -n {lab.names['r2']} -6 route add fd88:9::/64 via fd88:2::1",
                    f"ip -n {lab.names['server']} route add 10.88.9.0/24 via 10.88.3.1",
                    f"ip -n {lab.names['server']} -6 route add fd88:9::/64 via fd88:3::1"):
        subprocess.run(command.split(), check=True)
    own = {"v4": "10.88.9.1", "v6": "fd88:9::1"}
    for family, address in SERVER.items():
        for protocol in ("icmp", "udp", "tcp"):
            for words in ([], user):
                run = trace(lab, words, "-P", protocol, "-I", "second", "-W", "3", "-j", address)
                what = f"-I {family} {protocol} {'nobody' if words else 'root'}"
                tally.reached(run, what)
                target = json.loads(run.stdout)["targets"][0]
                tally.check(target["source"] == own[family] and len(target["hops"]) == 3 and
                            not any(hop["nat"] for hop in target["hops"]), f"its source {what}", run)


def check_mark(lab, tally):
    """One mark has a route that nobody else has, and another one has none."""
    lab.ip("server", f"addr add {OTHER}/32 dev lo")
    for router, behind in (("r1", "10.88.2.2"), ("r2", "10.88.3.2")):
        lab.ip(router, f"route add {OTHER} via {behind}")
    lab.ip("client", f"route add blackhole {OTHER}")
    lab.ip("client", f"route add {OTHER} via 10.88.1.2 src {SECOND} table 7")
    lab.ip("client", "rule add fwmark 7 table 7")
    lab.ip("client", "rule add fwmark 8 blackhole")
    for options in (["-P", "icmp"], ["-P", "icmp", "--transport", "dgram"], ["-P", "udp"],
                    ["-P", "udp", "--transport", "dgram"], ["-P", "tcp"],
                    ["-P", "tcp", "--transport", "dgram"]):
        what = " ".join(options)
        tally.unsent(trace(lab, [], *options, OTHER), f"no mark {what}", OTHER, BLACKHOLE)
        run = trace(lab, [], *options, "--mark", "8", SERVER["v4"])
        tally.unsent(run, f"--mark 8 {what}", SERVER["v4"], BLACKHOLE)
        run = trace(lab, [], *options, "--mark", "7", "-j", OTHER)
        tally.reached(run, f"--mark 7 {what}")
        target = json.loads(run.stdout)["targets"][0]
        tally.check(target["source"] == SECOND and not any(hop["nat"] for hop in target["hops"]),
                    f"its source {what}", run)


def check_no_right(lab, tally, user):
    for protocol in ("icmp", "udp", "tcp") if user else ():
        run = trace(lab, user, "-P", protocol, "--mark", "7", SERVER["v4"])
        what, way_out = run.stderr.splitlines()
        tally.check(run.returncode == 4 and run.stdout == "" and what ==
                    "sonde: set the firewall mark (--mark): Operation not permitted" and
                    "CAP_NET_ADMIN" in way_out, f"no right to mark {protocol}", run)


def main():
    prepare()
    tally = Tally()
    with Lab() as lab:
        lab.inside("server", "sysctl -qw net.ipv4.icmp_ratelimit=0")
        user = NOBODY if may_become_nobody() else []
        check_routes(lab, tally, user)
        check_source(lab, tally, user)
        check_interface(lab, tally, user)
        check_mark(lab, tally)
        check_no_right(lab, tally, user)
    end(tally.failed, [] if user else ["no other user to become"])


main()
