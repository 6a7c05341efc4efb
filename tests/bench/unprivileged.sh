#!/bin/sh
# unprivileged.sh: how many of 3 ICMP errors a user without any privilege gets to see, where a router
# answers "administratively prohibited"; sonde beside iputils' ping, as root and as uid 65534.
# Bar: sonde sees 3 of 3 either way, in the same words.
# shellcheck source=tests/bench/_lab.sh
. "$(dirname -- "$0")/_lab.sh"

# A router behind a veth pair, in a namespace held by a process that ends with this script.
unshare -n sleep 60 </dev/null >/dev/null 2>&1 &
router=$!
trap 'kill "$router" 2>/dev/null' EXIT
until [ "$(readlink "/proc/$router/ns/net")" != "$(readlink /proc/$$/ns/net)" ]; do :; done
in_router() { nsenter -t "$router" -n "$@"; }
ip link add toward type veth peer name back
ip link set back netns "$router"
ip addr add 10.9.1.1/24 dev toward
ip link set toward up
ip route add default via 10.9.1.2
in_router ip addr add 10.9.1.2/24 dev back
in_router ip link set back up
in_router sysctl -qw net.ipv4.ip_forward=1 net.ipv4.icmp_ratelimit=0
in_router nft 'add table ip lab; add chain ip lab reject_all { type filter hook forward priority 0; };
  add rule ip lab reject_all reject with icmp admin-prohibited'
in_router ip route add default dev back

program=$(mktemp)
cp "$SONDE" "$program"
chmod 755 "$program"
trap 'kill "$router" 2>/dev/null; rm -f "$program"' EXIT
as_nobody() {
  setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all --inh-caps=-all "$@"
}
as_nobody true 2>/dev/null || {
  echo "unprivileged.sh: becoming uid 65534 needs root" >&2
  exit 77
}
seen() { { "$@" -c 3 -i 0.2 -W 1 10.9.9.9 || :; } 2>/dev/null | grep -c '^From 10\.9\.1\.2 .*Packet filtered' || :; }

root_sees=$(seen "$program" ping)
user_sees=$(seen as_nobody "$program" ping)
echo "sonde:   root $root_sees of 3, uid 65534 $user_sees of 3"
echo "iputils: root $(seen ping) of 3, uid 65534 $(seen as_nobody ping) of 3"
[ "$root_sees" -eq 3 ] && [ "$user_sees" -eq 3 ]
