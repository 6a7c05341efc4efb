#!/bin/sh
# truth.sh: the RTTs of ping over a veth pair against captures of the same packets at both interfaces
# (packet sockets with the kernel's nanosecond stamps that nobody waits at), raw and datagram, IPv4 and
# IPv6; iputils' ping beside it. Bars, from the client's capture alone: median <= 1 us and 99 % <= 5 us on
# an idle machine, 99 % <= 20 us with all processors kept busy. That capture stamps a request before the
# interface has it, and on a slow machine takes longer than the bars to hand it on: what misses them so is
# measured again, up to three times, and is then undecided as long as the two captures together, between
# which the request left, prove no RTT wrong by more than the bars. PROBES: probes of each run (2,000).
# shellcheck source=tests/bench/_lab.sh
. "$(dirname -- "$0")/_lab.sh"
export PYTHONDONTWRITEBYTECODE=1
exec python3 "$here/_truth.py"
