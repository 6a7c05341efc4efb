#!/bin/sh
# trace_rtt.sh: the RTTs of traces through a chain of namespaces, against a capture of the same
# packets at the interface (a packet socket with the kernel's nanosecond stamps, as tcpdump's). Bars: median error <= 3 us where kernel stamps
# know both ends (raw sockets, datagram ICMP), <= 10 us through the error queue.
# shellcheck source=tests/bench/_trace_lab.sh
. "$(dirname -- "$0")/_trace_lab.sh"
exec python3 "$here/_trace_rtt.py"
