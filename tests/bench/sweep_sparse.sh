#!/bin/sh
# sweep_sparse.sh: 65,534 addresses of another namespace of which 655 answer (1 %); one retry, at
# 20,000 probes a second. Bar: time = probes sent / rate + the last time-out, +- 5 %; exactly the 655
# are found. DGRAM=1: as uid 65534 on a datagram socket (the bar is 1.5 x then: sweep_unprivileged).
# shellcheck source=tests/bench/_sweep_lab.sh
. "$(dirname -- "$0")/_sweep_lab.sh"
# Every hundredth address is there; the others swallow what they get.
awk 'BEGIN {
  for (i = 100; i < 65535; i += 100) printf "local 10.50.%d.%d/32 dev lo\n", int(i / 256), i % 256
  print "blackhole 10.50.0.0/16"
}' </dev/null | open_neighbour
awk 'BEGIN { for (i = 100; i < 65535; i += 100) printf "10.50.%d.%d\n", int(i / 256), i % 256 }' \
  >"$scratch/alive"
rate=${RATE:-20000}
share=${SHARE:-0.05}
user=
[ "${DGRAM:-0}" != 1 ] || { may_become_nobody && user="$nobody"; }
started=$(date +%s.%N)
# shellcheck disable=SC2086 # $user: nothing, or a list of words
$user "$program" sweep -a -r 1 -W 500ms -B 1.5 --rate "$rate" --allow fast \
  -g 10.50.0.1 10.50.255.254 >"$scratch/found" || [ $? -eq 1 ]
ended=$(date +%s.%N)
sort -V "$scratch/found" | cmp - "$scratch/alive" || {
  echo "found $(wc -l <"$scratch/found") of $(wc -l <"$scratch/alive")"
  missed=1
}
awk -v a="$started" -v b="$ended" -v rate="$rate" -v share="$share" 'BEGIN {
  probes = 65534 + 65534 - 655
  wanted = probes / rate + 0.5 * 1.5
  took = b - a
  printf "%d probes at %d/s and 0.75 s: %.3f s; took %.3f s, %+.2f %% (bar +- %g %%)\n",
    probes, rate, wanted, took, (took / wanted - 1) * 100, share * 100
  exit took / wanted - 1 > share || 1 - took / wanted > share
}' </dev/null || missed=1
exit "$missed"
