# shellcheck shell=sh
# _lab.sh: sourced by the benchmarks. Puts the script into a private network namespace with loopback
# up and ping_group_range open, and finds the programs. $SONDE: the program to measure (default: the
# release build).
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
root=$(CDPATH='' cd -- "$here/../.." && pwd -P)
SONDE=${SONDE:-$root/build/release/sonde}
export SONDE here root
if [ "${SONDE_IN_LAB:-0}" != 1 ]; then
  [ -x "$SONDE" ] || {
    echo "no program at $SONDE: run ./dev build first, or set SONDE" >&2
    exit 1
  }
  if [ "$(id -u)" -eq 0 ]; then
    exec env SONDE_IN_LAB=1 unshare -nm "$0" "$@"
  fi
  exec env SONDE_IN_LAB=1 unshare -Urnm "$0" "$@"
fi
ip link set lo up
sysctl -qw net.ipv4.ping_group_range="0 2147483647" 2>/dev/null || :
