#!/usr/bin/env python3
"""What a caller without rights may send (RELIABILITY.md 5.8): the limits hold for a host, however often it
is given and by whatever name, and for what may be a broadcast address. Counted by the interface."""

import os
import subprocess

from _cli import SONDE, TIMEOUT, Checks, environment, need_icmp, own_network, plain_signals, skip

HOST = "10.5.0.2"
DIRECTED = "10.5.0.255"
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all", "--inh-caps=-all"]
# A neighbour that takes all and says nothing.
SETUP = " && ".join((
    "ip link add v0 type veth peer name v1", "sysctl -qw net.ipv6.conf.v0.disable_ipv6=1",
    "sysctl -qw net.ipv6.conf.v1.disable_ipv6=1", "ip link set v0 up", "ip link set v1 up",
    "ip addr add 10.5.0.1/24 broadcast 10.5.0.255 dev v0",
    f"ip neigh add {HOST} lladdr 02:00:00:00:00:01 dev v0 nud permanent",
    'echo "0 2147483647" > /proc/sys/net/ipv4/ping_group_range'))
# The verdict, and how many packets went out.
COUNTED = '"$@"; code=$?; echo "packets $(cat /sys/class/net/v0/statistics/tx_packets)"; exit $code'


def run(network, *arguments, user=()):
    mounted = ["unshare", "-m", "sh", "-c", 'mount -t sysfs none /sys && exec "$@"', "sh"]
    ended = subprocess.run([*network, *mounted, "sh", "-c", COUNTED, "sh", *user, SONDE, *arguments],
                           env=environment(), capture_output=True, text=True, timeout=TIMEOUT,
                           preexec_fn=plain_signals, check=False)
    packets = [int(line.split()[1]) for line in ended.stdout.splitlines() if line.startswith("packets ")]
    return ended, packets[0] if packets else None


def check_refused(checks, network, arguments, message, hint):
    ended, packets = run(network, *arguments, user=NOBODY)
    what = " ".join(arguments)[:60]
    checks.check(ended.returncode == 3 and packets == 0, f"{what}: nothing is sent, {packets} were", ended)
    checks.check(f"{message}\nsonde: {hint}\n" in ended.stderr, f"{what}: says what to do", ended)


def check_sent(checks, network, arguments, most, user=()):
    """`most`: packets on the wire."""
    ended, packets = run(network, "-q", "-W.01", *arguments, user=user)
    what = f"{' '.join(arguments)[:60]} as {'nobody' if user else 'root'}"
    checks.check(ended.returncode == 1 and packets is not None and 0 < packets <= most,
                 f"{what}: {packets} of at most {most}", ended)


def main():
    need_icmp()
    if os.geteuid() != 0:
        skip("only root can become somebody without rights")
    checks = Checks()
    network = own_network(SETUP)
    if run(network, "-V", user=NOBODY)[0].returncode != 0:
        skip("nobody cannot run sonde here")
    check_refused(checks, network, ["-i2ms", "-c200", *[HOST] * 200],
                  f"sonde: '{HOST}': an interval below 400ms to one host that is given 200 times is for root",
                  "try -i 400ms, or give it once")
    check_refused(checks, network, ["-l3", "-c3", HOST, HOST],
                  f"sonde: '{HOST}': a preload above 3 to one host that is given 2 times is for root",
                  "leave out -l, or give it once")
    groups = "an interval below 1s to many hosts at once is for root"
    maybe = "with -b this may be a broadcast address: "
    check_refused(checks, network, ["-b", "-i2ms", "-c50", DIRECTED], f"sonde: '{DIRECTED}': {groups}",
                  maybe + "try -i 1, or leave out -b")
    check_refused(checks, network, ["-b", "-i2ms", "-c50", "255.255.255.255"], f"sonde: '255.255.255.255': {groups}",
                  "try -i 1")
    check_refused(checks, network, ["-b", "-A", "-c50", DIRECTED],
                  f"sonde: '{DIRECTED}': -A to many hosts at once is for root", maybe + "leave out -A, or -b")
    check_refused(checks, network, ["sweep", "-b", "-i2ms", "-C50", DIRECTED], groups,
                  maybe + "try -i 1, or leave out -b")
    check_sent(checks, network, ["-i2ms", "-c5", HOST], 5, NOBODY)
    check_sent(checks, network, ["-i4ms", "-c5", HOST, HOST], 10, NOBODY)
    check_sent(checks, network, ["-b", "-c1", DIRECTED], 1, NOBODY)
    check_sent(checks, network, ["-b", "-i2ms", "-c5", DIRECTED, DIRECTED], 10)
    checks.finish()


if __name__ == "__main__":
    main()
