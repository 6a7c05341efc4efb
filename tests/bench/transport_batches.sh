#!/bin/sh
# transport_batches.sh: the raw transport's batches against a bare sendmmsg/recvmmsg loop, on the
# loopback of a network namespace of its own. Arguments go to bench_transport_batches (--check).
set -eu
program=${SONDE_BUILD_DIR:-build/release}/tests/bench_transport_batches
if [ ! -x "$program" ]; then
  echo "transport_batches: $program is not built" >&2
  exit 1
fi
as_root=-r
[ "$(id -u)" -eq 0 ] && as_root=
# shellcheck disable=SC2086  # empty, or one option
exec unshare $as_root -n sh -c 'ip link set lo up && exec "$@"' sh "$program" "$@"
