# shellcheck shell=sh
# _trace_lab.sh: sourced by the benchmarks of trace. On top of _lab.sh: the peers must be there.
# shellcheck source=tests/bench/_lab.sh
. "$(dirname -- "$0")/_lab.sh"
for peer in traceroute mtr scamper; do
  command -v "$peer" >/dev/null || {
    echo "$(basename -- "$0"): $peer is not installed: ./dev setup" >&2
    exit 1
  }
done
SONDE_BUILD_DIR=${SONDE_BUILD_DIR:-$root/build/release}
export SONDE_BUILD_DIR PYTHONDONTWRITEBYTECODE=1
