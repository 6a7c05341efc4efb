"""trace_mtu.py: the path MTU over real kernels: a router that names its own, one that swallows what
is too big, and a server with the usual limit on its errors (icmp_ratelimit: six to one address, then
one a second), which must not be taken for the second kind. Every run has an address of its own, and
so begins with those six."""

import itertools
import json
import subprocess

from _kernel_lab import NOBODY, SERVER, SONDE, Failure, Lab, end, may_become_nobody, prepare

NARROW = 1400
WHOLE = 1500


FRESH = itertools.count(10)


def fresh_address(lab, family):
    address, bits = (f"10.88.1.{next(FRESH)}", 24) if family == "v4" else (
        f"fd88:1::{next(FRESH)}", 64)
    lab.ip("client", f"addr add {address}/{bits} dev right {'nodad' if family == 'v6' else ''}")
    return address


def path_mtu(lab, words, protocol, family, queries=3):
    """[(mtu, evidence) or None of each hop], and that of the path."""
    command = ["ip", "netns", "exec", lab.names["client"], *words, SONDE, "trace", "--json", "-n",
               "--mtu", "-P", protocol, "-q", str(queries), "-S", fresh_address(lab, family),
               SERVER[family]]
    done = subprocess.run(command, text=True, capture_output=True, timeout=60)
    if done.returncode != 0:
        raise Failure(f"{' '.join(command)}: {done.returncode}: {done.stderr}")
    target = json.loads(done.stdout)["targets"][0]

    def of(value):
        return value and (value["mtu"], value["evidence"])
    return [of(hop["mtu"]) for hop in target["hops"]], of(target["pmtu"])


def whole(lab, words, family):
    lab.inside("server", "sysctl -qw net.ipv4.icmp_ratelimit=1000 net.ipv6.icmp.ratelimit=1000")
    wanted = [(WHOLE, "passed")] * 3
    for queries in (1, 3, 6):  # 6: the server has no answer left when the search begins
        yield f"{queries} queries to a server with the usual limit", path_mtu(
            lab, words, "udp", family, queries), (wanted, wanted[0])


def black_hole(lab, words, family):
    lab.nft("r2", f"chain c {{ type filter hook forward priority 0; meta length > {NARROW} drop; }}")
    found = (NARROW, "searched")
    # At one answer a second a search takes ten: one family as root and one as nobody are enough.
    slow = ("udp",) if (family == "v4") == (not words) else ()
    for protocol in ("icmp", *slow):
        yield f"{protocol}: a black hole before a server with the usual limit", path_mtu(
            lab, words, protocol, family), ([(WHOLE, "passed")] * 2 + [found], found)
    lab.nft("r2", "")


def named(lab, words, family):
    lab.ip("r2", f"link set right mtu {NARROW}")
    found = (NARROW, "reported")
    for protocol in ("icmp", "udp"):
        yield f"{protocol}: a router that names its MTU", path_mtu(
            lab, words, protocol, family), ([(WHOLE, "passed")] * 2 + [found], found)
    lab.ip("r2", f"link set right mtu {WHOLE}")


def main():
    prepare("nft")
    failed = 0
    with Lab() as lab:
        nobody = may_become_nobody()
        users = [("root", [])] + ([("nobody", NOBODY)] if nobody else [])
        for family in SERVER:
            for who, words in users:
                for network in (whole, black_hole, named):
                    for what, seen, wanted in network(lab, words, family):
                        failed += seen != wanted
                        print("ok     " if seen == wanted else "FAILED ", family, who, what,
                              "" if seen == wanted else f"{seen}, not {wanted}", flush=True)
    end(failed, [] if nobody else ["no other user to become"])


main()
