#!/bin/sh
# interval.sh: 1,000 probes at 10 ms: 999 intervals are 9.99 s. Measured from the first to the last
# packet on the wire (tcpdump), with all replies and with none (dropped by nft). Bar: +- 0.5 %.
# shellcheck source=tests/bench/_lab.sh
. "$(dirname -- "$0")/_lab.sh"
python3 "$here/_interval.py"
