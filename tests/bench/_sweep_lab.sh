# shellcheck shell=sh
# _sweep_lab.sh: sourced by the benchmarks of sweep. On top of _lab.sh: the bare loop ($bare), a
# neighbour namespace with many addresses, and a user without any right.
# A bar is held by its script's exit code, as everywhere here; LOAD-bound: run it on a quiet machine.
# shellcheck source=tests/bench/_lab.sh
. "$(dirname -- "$0")/_lab.sh"
build=${SONDE_BUILD_DIR:-$root/build/release}
bare=$build/tests/bench_sweep_bare
[ -x "$bare" ] || {
  echo "no program at $bare: run ./dev build first" >&2
  exit 1
}
missed=0
# shellcheck disable=SC2034 # missed: of the script that sources this
paired() { python3 "$here/_paired.py" --warmup 1 "$@" || missed=1; }

# One namespace behind a veth pair, held by a process that ends with this script: 10.50.0.0/16 is
# routed there. open_neighbour ROUTES: its routes, one a line, as `ip route add` takes them.
scratch=$(mktemp -d)
chmod 755 "$scratch"
neighbour=
clean_up() {
  [ -z "$neighbour" ] || kill "$neighbour" 2>/dev/null || :
  rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 130' INT TERM
in_neighbour() { nsenter -t "$neighbour" -n "$@"; }
open_neighbour() {
  # Without our output: who reads it shall not wait for the holder, should we be killed.
  unshare -n sleep 900 </dev/null >/dev/null 2>&1 &
  neighbour=$!
  until [ "$(readlink "/proc/$neighbour/ns/net")" != "$(readlink /proc/$$/ns/net)" ]; do :; done
  ip link add toward type veth peer name back
  ip link set back netns "$neighbour"
  ip addr add 10.49.0.1/30 dev toward
  ip link set toward up
  ip route add 10.50.0.0/16 via 10.49.0.2
  in_neighbour ip addr add 10.49.0.2/30 dev back
  in_neighbour ip link set back up
  in_neighbour ip link set lo up
  sed 's/^/route add /' | in_neighbour ip -batch -
  "$bare" 10.49.0.2 1 --timeout 5000 >"$scratch/neighbour" || {
    cat "$scratch/neighbour"
    exit 1
  }
}

# A copy that this user may run, wherever the build is.
program=$scratch/sonde
cp "$SONDE" "$program"
cp "$bare" "$scratch/bare"
chmod 755 "$program" "$scratch/bare"
may_become_nobody() {
  as_nobody true 2>/dev/null && return
  echo "$(basename -- "$0"): becoming uid 65534 needs root" >&2
  exit 77
}
nobody="setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all --inh-caps=-all"
# shellcheck disable=SC2086 # a list of words
as_nobody() { $nobody "$@"; }
