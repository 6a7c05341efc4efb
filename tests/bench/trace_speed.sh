#!/bin/sh
# trace_speed.sh: how long a trace takes behind a simulated path, beside traceroute, mtr and
# scamper. Bars: 30 hops of 20 ms, 3 queries, all answering: <= 1.5 x the largest RTT + 100 ms.
# 5 hops and then silence: <= 2.5 s. A table each, with the ratio sonde / that program.
# shellcheck source=tests/bench/_trace_lab.sh
. "$(dirname -- "$0")/_trace_lab.sh"
exec python3 "$here/_trace_speed.py"
