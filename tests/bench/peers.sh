#!/bin/sh
# peers.sh: sonde, fping, nmap -sn and the bare sendmmsg/recvmmsg loop over the same 65,534
# addresses in one namespace: of loopback, then of another namespace behind a veth pair; one probe
# each, the list of those alive as output. Tables of wall time, processor time and memory, and the
# ratios to sonde. nmap sends nothing to addresses of its own host: its loopback row is no sweep.
# shellcheck source=tests/bench/_sweep_lab.sh
. "$(dirname -- "$0")/_sweep_lab.sh"
command -v nmap >/dev/null || {
  echo "peers.sh: nmap is not installed" >&2
  exit 1
}
echo 'local 10.50.0.0/16 dev lo' | open_neighbour
export bare
python3 "$here/_peers.py" loopback 127.0.0.0/16
python3 "$here/_peers.py" "veth pair" 10.50.0.0/16
