#!/bin/sh
# sweep_loopback.sh: 65,534 loopback addresses, one probe each, as fast as they can be sent; whole
# processes. Bars: <= 1.25 x the bare loop, <= 0.5 x fping; with --ndjson to a file <= 2.0 x the
# bare loop. Both programs print the list of those alive.
# shellcheck source=tests/bench/_sweep_lab.sh
. "$(dirname -- "$0")/_sweep_lab.sh"
runs=${RUNS:-21}
first=127.0.0.1
last=127.0.255.254
sweep="$SONDE sweep -a -r 0 --rate max"
# shellcheck disable=SC2086 # $sweep is a list of words
{
  echo "alive list, against the bare loop (bar 1.25):"
  paired --runs "$runs" --limit 1.25 $sweep -g $first $last -- "$bare" $first 65534
  echo "alive list, against the bare loop with the kernel's receive stamps (for comparison):"
  python3 "$here/_paired.py" --runs "$runs" $sweep -g $first $last -- "$bare" $first 65534 --stamps
  echo "alive list, against fping (bar 0.5):"
  paired --runs "$runs" --limit 0.5 $sweep -g $first $last -- fping -a -r 0 -i 0 -g $first $last
  echo "NDJSON to a new file, against the bare loop (bar 2.0):"
  paired --runs "$runs" --limit 2.0 --fresh "$scratch/out.ndjson" $sweep --ndjson --output "$scratch/out.ndjson" \
    -g $first $last -- "$bare" $first 65534
}
exit "$missed"
