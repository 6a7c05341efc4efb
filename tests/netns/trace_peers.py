"""trace_peers.py: what sonde says of a chain of kernels, line by line beside traceroute, traceroute
-e, mtr and scamper. Every hop must have the same address in all; what else differs is explained here
and checked to be just that:

  header line   each names the size of its own probes
  traceroute -e prints extensions as sonde -e does; kernels send none, so both print none
  mtr           has one address and statistics a hop, no single times: addresses and loss compare
  scamper       prints one line an address, whatever the number of queries: addresses compare
Without the limit on its unreachables taken off, the server answers traceroute's UDP probes only once
a second, and traceroute shows stars and hops that do not exist.
"""

import json
import re
import subprocess
import sys

from _kernel_lab import FIRST_ROUTER, SECOND_ROUTER, SERVER, SONDE, Failure, Lab, prepare

QUERIES = 3
ROW = re.compile(r"^ ?(\d+)  (.*)$")
TIME = r"\d+\.\d{3} ms"


def run(lab, *command):
    done = subprocess.run(["ip", "netns", "exec", lab.names["client"], *command], text=True,
                          capture_output=True, timeout=60)
    if done.returncode != 0:
        raise Failure(f"{' '.join(command)}: {done.returncode}: {done.stderr}")
    return done.stdout


def rows(text):
    """Of traceroute's form: the header, and per hop address and whatever is not a time."""
    lines = text.splitlines()
    found = []
    for line in lines[1:]:
        row = ROW.match(line)
        if not row:
            raise Failure(f"not a row of traceroute: {line!r}")
        words = re.sub(TIME, "T", row[2]).split()
        found.append((int(row[1]), words))
    return lines[0], found


def of_mtr(text):
    return [(hub["count"], hub["host"], hub["Loss%"])
            for hub in json.loads(text)["report"]["hubs"]]


def of_scamper(text):
    return [(int(n), address) for n, address in re.findall(r"^ *(\d+)  (\S+)", text, re.M)]


def compare(lab, family):
    target = SERVER[family]
    six = [] if family == "v4" else ["-6"]
    path = [FIRST_ROUTER[family], SECOND_ROUTER[family], target]
    header, ours = rows(run(lab, SONDE, "trace", "-n", target))
    wanted = [(n, [address] + ["T"] * QUERIES) for n, address in enumerate(path, 1)]
    yield "sonde shows the path", ours == wanted, ours
    for options in (["-n"], ["-n", "-I"], ["-n", "-e"]):
        their_header, theirs = rows(run(lab, "traceroute", *six, *options, target))
        yield f"traceroute {' '.join(options)}: the same rows", theirs == ours, theirs
        same = [re.sub(r"\d+ byte", "N byte", line) for line in (header, their_header)]
        yield f"traceroute {' '.join(options)}: the same header", same[0] == same[1], their_header
    _, extended = rows(run(lab, SONDE, "trace", "-n", "-e", target))
    yield "sonde -e: no extensions either", extended == ours, extended
    mtr = of_mtr(run(lab, "mtr", *six, "-n", "--json", "-c", str(QUERIES), "-i", "0.1", target))
    yield "mtr --json: the same hops, no loss", mtr == [
        (n, address, 0.0) for n, address in enumerate(path, 1)], mtr
    scamper = of_scamper(run(lab, "scamper", "-p", "1000", "-I",
                             f"trace -P icmp-paris -q {QUERIES} {target}"))
    yield "scamper icmp-paris: the same hops", scamper == list(enumerate(path, 1)), scamper


def main():
    prepare("traceroute", "mtr", "scamper")
    failed = 0
    with Lab() as lab:
        lab.inside("server", "sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0")
        for family in SERVER:
            for what, good, seen in compare(lab, family):
                failed += not good
                print("ok     " if good else "FAILED ", family, what, "" if good else seen)
    sys.exit(1 if failed else 0)


main()
