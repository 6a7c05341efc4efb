#!/bin/sh
# startup.sh: how long one echo to loopback takes as a whole process, against iputils' ping.
# Bar: wall time <= 1.3 x, peak memory <= 3 x (median of paired runs).
# shellcheck source=tests/bench/_lab.sh
. "$(dirname -- "$0")/_lab.sh"
python3 "$here/_paired.py" --runs "${RUNS:-201}" --limit 1.3 --memory-limit 3 \
  "$SONDE" ping -q -c1 127.0.0.1 -- ping -q -c1 127.0.0.1
