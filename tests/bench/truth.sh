#!/bin/sh
# truth.sh: the RTTs of ping over a veth pair against captures of the same packets at both interfaces
# (packet sockets with the kernel's nanosecond stamps that nobody waits at), raw and datagram, IPv4 and
# IPv6; iputils' ping beside it. Bars: median <= 1 us and 99 % <= 5 us on an idle machine, 99 % <= 20 us
# with all processors kept busy. The request left between the captures: the client's stamps it before the
# interface has it, the server's as it comes out of the wire. The bar is held by the capture that is named,
# the client's where that will do. What neither holds is measured again, up to three times, and is then
# undecided as long as both together prove no RTT wrong by more than the bars. PROBES: probes of each run
# (2,000).
# shellcheck source=tests/bench/_lab.sh
. "$(dirname -- "$0")/_lab.sh"
export PYTHONDONTWRITEBYTECODE=1
exec python3 "$here/_truth.py"
