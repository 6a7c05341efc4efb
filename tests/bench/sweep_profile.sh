#!/bin/sh
# sweep_profile.sh: where the time of a sweep at full rate goes: perf over four million loopback
# addresses, the system calls by strace over 65,534. No bar; skipped where perf may not count.
# shellcheck source=tests/bench/_sweep_lab.sh
. "$(dirname -- "$0")/_sweep_lab.sh"
set -- sweep -q -r 0 --rate max
if command -v perf >/dev/null && perf record -q -o "$scratch/perf.data" -- \
  "$SONDE" "$@" -g 127.0.0.1 127.63.255.254 >/dev/null 2>"$scratch/perf.err"; then
  echo "by part:"
  perf report -i "$scratch/perf.data" --stdio -q --sort dso 2>/dev/null | grep -v '^$' | head -6
  echo "by function of the program and its libraries:"
  perf report -i "$scratch/perf.data" --stdio -q --sort dso,symbol 2>/dev/null |
    grep -v -e '^$' -e kernel -e '\[k\]' | head -24
else
  echo "perf does not count here:" "$(head -1 "$scratch/perf.err" 2>/dev/null)"
fi
echo "system calls for 65,534 targets:"
strace -f -c -o "$scratch/calls" "$SONDE" "$@" -g 127.0.0.1 127.0.255.254 >/dev/null
head -12 "$scratch/calls"
