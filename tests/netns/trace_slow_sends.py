#!/usr/bin/env python3
"""trace_slow_sends.py: ICMP errors that come while a probe is being sent.

An ICMP error of an earlier probe makes the next send on a datagram socket fail without being sent,
and the one after it, when another error has come meanwhile. Here every send is held up by strace for
longer than answers are apart: none of the probes may be lost to that. The network is the scenario
trace_clean behind a TUN device. Packets never leave the namespace.
"""
import json
import os
import shutil
import subprocess
import sys

import tun_scenarios
from trace_scenarios import DESTINATION, behind_model
from tun_scenarios import SCENARIOS, SONDE, skip

KINDS = [(family, protocol) for family in ("v4", "v6") for protocol in ("icmp", "udp")]
SENDS = "sendto,sendmsg,sendmmsg"
HELD_UP = "15ms"


def trace(family, protocol):
    command = ["strace", "-qq", "-o", "/dev/null", "-e", f"trace={SENDS}",
               "-e", f"inject={SENDS}:delay_enter={HELD_UP}",
               SONDE, "trace", "--json", "-n", "-q", "6", "-P", protocol, "--transport", "dgram",
               DESTINATION[family]]
    # The sandbox would have strace killed for what it does in sonde's name.
    environment = {**os.environ, "SONDE_SANDBOX": "off"}
    done = subprocess.run(command, text=True, capture_output=True, timeout=60, env=environment)
    try:
        return json.loads(done.stdout)["targets"][0]["hops"]
    except ValueError:
        raise AssertionError(f"no JSON; exit code {done.returncode}, {done.stderr}") from None


def worker(family, protocol):
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["sysctl", "-qw", "net.ipv4.ping_group_range=0 2147483647"], check=False)
    hops = behind_model(SCENARIOS / "trace_clean.json", family, lambda: trace(family, protocol))
    failed = 0
    for hop in hops:
        outcomes = [probe["outcome"] for probe in hop["probes"]]
        if set(outcomes) - {"error", "reply", "late"} or not outcomes:
            print(f"{family} {protocol}: hop {hop['ttl']}: {outcomes}")
            failed += 1
    print(f"{family} {protocol}: {len(hops)} hops, {failed} failed")
    return 1 if failed or len(hops) != 5 else 0


if __name__ == "__main__":
    if not shutil.which("strace"):
        skip("strace is not installed")
    sys.exit(worker(*sys.argv[2:4]) if sys.argv[1:2] == ["--worker"]
             else tun_scenarios.run_workers(__file__, KINDS))
