#!/bin/sh
# flood.sh: 200,000 probes as fast as they come back, against iputils' ping -f. Across the wrap of
# the 16-bit sequence nothing may be lost or called a duplicate. Bar: wall time <= 1.0 x.
# shellcheck source=tests/bench/_lab.sh
. "$(dirname -- "$0")/_lab.sh"
count=${COUNT:-200000}
python3 "$here/_paired.py" --runs "${RUNS:-7}" --warmup 1 --limit 1.0 \
  "$SONDE" ping -f -c "$count" 127.0.0.1 -- ping -f -c "$count" 127.0.0.1 || missed=1
"$SONDE" ping -f -q --json -c "$count" 127.0.0.1 |
  jq -e --argjson n "$count" '.targets[0].counts
    | "sonde: sent \(.sent), received \(.received), lost \(.lost), duplicate \(.duplicate)",
      (.sent == $n and .received == $n and .duplicate == 0)' || missed=1
exit "${missed:-0}"
