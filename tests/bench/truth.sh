#!/bin/sh
# truth.sh: the RTTs of ping over a veth pair against captures of the same packets at both interfaces
# (packet sockets with the kernel's nanosecond stamps that nobody waits at), raw and datagram, IPv4 and
# IPv6; iputils' ping beside it. The wire's RTT lies between what the captures at its two ends say: an
# RTT's error is how far it lies outside. Bars: median <= 1 us and 99 % <= 5 us on an idle machine,
# 99 % <= 20 us with all processors kept busy. On a machine whose captures lie closer together than the
# bars they hold against the client's capture alone, too. PROBES: probes of each run (2,000).
# shellcheck source=tests/bench/_lab.sh
. "$(dirname -- "$0")/_lab.sh"
export PYTHONDONTWRITEBYTECODE=1
exec python3 "$here/_truth.py"
