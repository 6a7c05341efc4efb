#!/bin/sh
# icmpapi.sh: what libsonde-icmpapi costs.
# Bars: a synchronous IcmpSendEcho to 127.0.0.1 takes <= 1.3 x a bare sendto and recvfrom on the same
# kind of socket (median of paired turns in one process); 10,000 asynchronous requests outstanding on
# one handle cost <= 512 bytes each, beside the caller's buffers (median of five runs).
# shellcheck source=tests/bench/_lab.sh
. "$(dirname -- "$0")/_lab.sh"
bench=$(dirname -- "$SONDE")/tests/icmpapi_bench_echo
status=0

for kind in datagram raw; do
  if [ "$kind" = raw ]; then sysctl -qw net.ipv4.ping_group_range="1 0"; fi
  line=$("$bench" speed "${RUNS:-1000}")
  printf '%-8s %s\n' "$kind" "$line"
  printf '%s\n' "$line" | awk '{ exit !($NF <= 1.3) }' || status=1
done
sysctl -qw net.ipv4.ping_group_range="0 2147483647" 2>/dev/null ||
  sysctl -qw net.ipv4.ping_group_range="0 0"

answered=$("$bench" memory 10000)
printf '%s\n' "$answered"
printf '%s\n' "$answered" | grep -q 'answered 10000 ' || status=1
# Nobody answers: all are outstanding at once, and end at their time-outs.
sysctl -qw net.ipv4.icmp_echo_ignore_all=1
sizes=$("$bench" memory 10000 && "$bench" memory 10000 && "$bench" memory 10000 &&
  "$bench" memory 10000 && "$bench" memory 10000) || status=1
printf '%s\n' "$sizes"
printf '%s\n' "$sizes" | awk '/answered 0 / { print $NF }' | sort -n | awk '
  { bytes[NR] = $1 }
  END {
    print "bytes a request, median: " bytes[3]
    exit !(NR == 5 && bytes[3] <= 512)
  }' || status=1
exit "$status"
