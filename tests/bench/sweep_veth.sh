#!/bin/sh
# sweep_veth.sh: 65,534 addresses of another namespace behind a veth pair, one probe each, as fast
# as they can be sent. Bars: <= 1.15 x the bare loop, none missing.
# shellcheck source=tests/bench/_sweep_lab.sh
. "$(dirname -- "$0")/_sweep_lab.sh"
runs=${RUNS:-21}
echo 'local 10.50.0.0/16 dev lo' | open_neighbour
set -- -g 10.50.0.1 10.50.255.254
echo "against the bare loop (bar 1.15):"
paired --runs "$runs" --limit 1.15 "$SONDE" sweep -a -r 0 --rate max --allow fast "$@" -- \
  "$bare" 10.50.0.1 65534
echo "against fping (for comparison):"
python3 "$here/_paired.py" --runs "$runs" --warmup 1 "$SONDE" sweep -a -r 0 --rate max \
  --allow fast "$@" -- fping -a -r 0 -i 0 "$@"
found=$("$SONDE" sweep -a -r 0 --rate max --allow fast "$@" | wc -l)
echo "alive: $found of 65534"
[ "$found" -eq 65534 ] || missed=1
exit "$missed"
