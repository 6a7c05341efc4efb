#!/bin/sh
# trace_flows.sh: a path that balances flows over 4 branches of 3 routers. Bars, for ICMP, UDP and
# TCP: a Paris trace shows one branch, the same at every hop and query, in 100 of 100 runs; 16 flows
# find all 4 branches (by chance 96 of 100 would: bar 85 of 100, printed beside). Classic
# traceroute, for comparison, mixes them.
# shellcheck source=tests/bench/_trace_lab.sh
. "$(dirname -- "$0")/_trace_lab.sh"
exec python3 "$here/_trace_flows.py"
