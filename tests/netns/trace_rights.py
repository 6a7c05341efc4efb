"""trace_rights.py: a trace without any privilege shows the same hops as root's, for every kind of
probe and both families; TCP flows, which only root can keep constant, are refused."""

import json
import subprocess
import sys

from _kernel_lab import FIRST_ROUTER, NOBODY, SECOND_ROUTER, SERVER, SONDE, Failure, Lab
from _kernel_lab import may_become_nobody, prepare, skip


def hops(lab, words, options, target):
    """[(ttl, who answered)] and the backend."""
    command = ["ip", "netns", "exec", lab.names["client"], *words, SONDE, "trace", "--json", "-n",
               *options, target]
    done = subprocess.run(command, text=True, capture_output=True, timeout=60)
    if done.returncode != 0:
        raise Failure(f"{' '.join(command)}: {done.returncode}: {done.stderr}")
    document = json.loads(done.stdout)
    found = [(hop["ttl"], [p.get("from") for p in hop["probes"]])
             for hop in document["targets"][0]["hops"]]
    return found, document["engine"]["backend"]


def refuses_flows(lab):
    command = ["ip", "netns", "exec", lab.names["client"], *NOBODY, SONDE, "trace", "-n", "-P", "tcp",
               "--flows", "2", SERVER["v4"]]
    done = subprocess.run(command, text=True, capture_output=True, timeout=60)
    return done.returncode == 4 and "-P udp" in done.stderr and done.stdout == ""


def main():
    prepare()
    if not may_become_nobody():
        skip("no other user to become")
    failed = 0
    with Lab() as lab:
        lab.inside("server", "sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0")
        failed += not refuses_flows(lab)
        for family in SERVER:
            wanted = [(ttl, [address[family]] * 3)
                      for ttl, address in enumerate((FIRST_ROUTER, SECOND_ROUTER, SERVER), 1)]
            for protocol in ("icmp", "udp", "tcp"):
                for who, words, backend in (("root", [], "raw"), ("nobody", NOBODY, None)):
                    options = ["-P", protocol, "--transport", backend] if backend else \
                        ["-P", protocol]
                    found, used = hops(lab, words, options, SERVER[family])
                    good = found == wanted and (who == "root") == used.endswith("raw")
                    failed += not good
                    print("ok     " if good else "FAILED ", family, protocol, who, used,
                          "" if good else found)
    print(f"{failed} failed")
    sys.exit(1 if failed else 0)


main()
