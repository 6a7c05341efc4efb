#!/bin/sh
# stress.sh: a bounded run of icmpapi_stress, and of its kin, on datagram and on raw sockets, each in a network
# namespace of its own. The long run, of ten million calls, as root after
# ./dev build: SONDE_STRESS_CALLS=10000000 tests/icmpapi/stress.sh
set -eu
programs=${SONDE_BUILD_DIR:-$(dirname "$0")/../../build/release}/tests
stress=$programs/icmpapi_stress
if [ "${SONDE_IN_LAB:-}" = "" ]; then
  unshare -n true 2>/dev/null || {
    echo "no network namespaces are allowed here"
    exit 77
  }
  SONDE_IN_LAB=dgram unshare -n "$0"
  SONDE_IN_LAB=raw unshare -n "$0"
  exit 0
fi
ip link set lo up
# A fresh namespace lets nobody have datagram sockets: root then has raw ones.
if [ "$SONDE_IN_LAB" = dgram ]; then
  sysctl -qw net.ipv4.ping_group_range="0 2147483647" 2>/dev/null || sysctl -qw net.ipv4.ping_group_range="0 0"
fi
echo "$SONDE_IN_LAB sockets"
"$stress" random "${SONDE_STRESS_CALLS:-20000}" 1
"$stress" threads 64 "${SONDE_STRESS_ECHOES:-20}"
# The thread sanitizer does not like threads in a forked child; they are the point here.
TSAN_OPTIONS="${TSAN_OPTIONS:-} die_after_fork=0" "$stress" fork
"$programs/icmpapi_outstanding" 10000 p
"$programs/icmpapi_outstanding" 10000 pd
"$programs/icmpapi_outstanding" 2000 rpdp
"$programs/icmpapi_thread_end"
"$programs/icmpapi_cancelled"
sysctl -qw net.ipv4.icmp_echo_ignore_broadcasts=0
"$programs/icmpapi_payloads" threads
"$programs/icmpapi_payloads" crowd
for what in drop sources rounds; do
  "$programs/icmpapi_holding" "$what"
done
