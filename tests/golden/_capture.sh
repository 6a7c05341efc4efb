#!/usr/bin/env bash
# _capture.sh: records the golden packets of this folder anew, with their decodes.
#   host a ──a0── r0 router r1 ──b0── host b      namespaces sonde-gold-{a,r,b}, nothing leaves them
# Everything is recorded in namespace a. Needs root, iproute2, nftables, tcpdump, ping (iputils),
# traceroute (Butskoy), fping and scapy. The packets of real peers are never the same twice
# (identifiers, times), so commit what a run made as a whole: *.pcap, *.decode.txt, *.expect.
#   <name>.pcap        as recorded (nanosecond stamps), or written by _craft.py (crafted-*)
#   <name>.decode.txt  tcpdump's reading, for people
#   <name>.expect      scapy's reading (_expect.py), what tests/unit/wire/golden_test.cpp compares to
# Usage: tests/golden/_capture.sh [only-this-name]
set -euo pipefail
cd "$(dirname "$0")"
only="${1:-}"
python="${SONDE_PYTHON:-python3}"
work="$(mktemp -d)"

in_a() { ip netns exec sonde-gold-a "$@"; }
in_r() { ip netns exec sonde-gold-r "$@"; }
in_b() { ip netns exec sonde-gold-b "$@"; }

remove_lab() {
  local n
  for n in a r b; do
    ip netns del "sonde-gold-$n" 2>/dev/null || true
  done
  rm -rf "$work"
}
trap remove_lab EXIT

make_lab() {
  local n
  for n in a r b; do
    ip netns add "sonde-gold-$n"
    ip -n "sonde-gold-$n" link set lo up
    ip netns exec "sonde-gold-$n" sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0 \
      net.ipv4.ping_group_range="0 2147483647"
  done
  ip link add a0 netns sonde-gold-a type veth peer name r0 netns sonde-gold-r
  ip link add r1 netns sonde-gold-r type veth peer name b0 netns sonde-gold-b
  in_r sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
  in_r sysctl -qw net.ipv4.conf.all.send_redirects=1 net.ipv4.conf.default.send_redirects=1

  ip -n sonde-gold-a addr add 192.0.2.1/24 dev a0
  ip -n sonde-gold-a addr add 2001:db8:1::1/64 dev a0 nodad
  ip -n sonde-gold-r addr add 192.0.2.254/24 dev r0
  ip -n sonde-gold-r addr add 2001:db8:1::fe/64 dev r0 nodad
  ip -n sonde-gold-r addr add 198.51.100.254/24 dev r1
  ip -n sonde-gold-r addr add 2001:db8:2::fe/64 dev r1 nodad
  ip -n sonde-gold-b addr add 198.51.100.2/24 dev b0
  ip -n sonde-gold-b addr add 2001:db8:2::2/64 dev b0 nodad
  ip -n sonde-gold-a link set a0 up
  ip -n sonde-gold-r link set r0 up
  ip -n sonde-gold-r link set r1 up mtu 1400
  ip -n sonde-gold-b link set b0 up
  in_r sysctl -qw net.ipv4.conf.r0.send_redirects=1

  ip -n sonde-gold-a route add default via 192.0.2.254
  ip -n sonde-gold-a -6 route add default via 2001:db8:1::fe
  ip -n sonde-gold-b route add default via 198.51.100.254
  ip -n sonde-gold-b -6 route add default via 2001:db8:2::fe
  ip -n sonde-gold-r route add 203.0.113.128/25 via 192.0.2.99  # back where it came from: redirect

  in_r nft -f - <<'RULES'
table inet gold {
  chain forward {
    type filter hook forward priority 0;
    ip daddr 198.51.100.66 reject with icmp type admin-prohibited
    ip daddr 198.51.100.67 reject with icmp type host-prohibited
    ip6 daddr 2001:db8:2::66 reject with icmpv6 type admin-prohibited
    tcp dport 81 reject with tcp reset
  }
}
RULES
}

decode() {  # name
  TZ=UTC tcpdump --nano -nn -v -r "$1.pcap" 2>/dev/null | sed 's/[[:space:]]*$//' >"$1.decode.txt"
  "$python" _expect.py "$1.pcap" >"$1.expect"
}

# The messages of neighbours and routers among themselves are not what is looked at here.
readonly filter='icmp or udp or tcp or (icmp6 and (ip6[40] < 5 or ip6[40] == 128 or ip6[40] == 129))
  or (ip6 and ip6[6] == 44)'

capture() {  # name interface command...; TCPDUMP_FLAGS: more of tcpdump's
  local name="$1" interface="$2" recorder
  shift 2
  if [[ -n "$only" && "$only" != "$name" ]]; then return; fi
  : >"$work/$name.log"
  # shellcheck disable=SC2086  # several flags
  ip netns exec sonde-gold-a tcpdump -q -U --immediate-mode -i "$interface" --time-stamp-precision=nano \
    ${TCPDUMP_FLAGS:-} -w "$work/$name.pcap" "$filter" 2>"$work/$name.log" &
  recorder=$!
  until grep -q 'listening on' "$work/$name.log"; do kill -0 "$recorder"; done
  in_a "$@" >"$work/$name.out" 2>&1 || true  # an error is what many of them are here for
  sleep 0.3                                  # the recorder reads its ring
  kill -TERM "$recorder"  # a background job has SIGINT ignored
  wait "$recorder" || true
  cp "$work/$name.pcap" "$name.pcap"
  decode "$name"
  printf '%-28s %s packets\n' "$name" "$(wc -l <"$name.expect")"
}

capture_sent() {  # name interface scapy-expression
  capture "$1" "$2" "$python" -c "from scapy.all import *
conf.verb = 0
send($3)
time.sleep(0.2)"
}

make_lab
in_a ping -qc1 198.51.100.2 >"$work/warm4"   # neighbours known, so that captures hold probes only
in_a ping -qc1 2001:db8:2::2 >"$work/warm6"

capture ping4 a0 ping -c2 -i0.2 -p 736f6e6465 198.51.100.2
capture ping6 a0 ping -c2 -i0.2 -p 736f6e6465 2001:db8:2::2
capture packet-too-big6 a0 ping -c1 -s1440 -M "do" 2001:db8:2::2  # before a learns the path MTU
capture ping4-tos-df a0 ping -c1 -Q 0xb9 -M "do" -t 33 198.51.100.2
capture ping6-flow-tclass a0 ping -c1 -F 0xbeef -Q 0x2e 2001:db8:2::2
capture ping4-empty a0 ping -c1 -s0 198.51.100.2
capture ping4-odd a0 ping -c1 -s7 198.51.100.2
capture ping4-record-route a0 ping -c1 -R 198.51.100.2
capture ping4-timestamps a0 ping -c1 -T tsonly 198.51.100.2
capture ping4-fragments a0 ping -c1 -s3000 198.51.100.2
capture ping6-fragments a0 ping -c1 -s3000 2001:db8:2::2
capture ping4-ttl1-options a0 ping -c1 -t1 -R 198.51.100.2
capture ping4-loopback lo ping -c1 127.0.0.1
TCPDUMP_FLAGS='-y LINUX_SLL2' capture ping4-cooked-v2 any ping -c1 192.0.2.254
TCPDUMP_FLAGS='-y LINUX_SLL' capture ping6-cooked-v1 any ping -c1 2001:db8:1::fe
capture fping4 a0 fping -c1 198.51.100.2 198.51.100.254
capture fping6 a0 fping -6 -c1 2001:db8:2::2
capture traceroute4-udp a0 traceroute -n -q1 -N1 -m3 198.51.100.2
capture traceroute4-icmp a0 traceroute -n -I -q1 -N1 -m3 198.51.100.2
capture traceroute4-tcp a0 traceroute -n -T -p 80 -q1 -N1 -m3 198.51.100.2
capture traceroute6-udp a0 traceroute -6 -n -q1 -N1 -m3 2001:db8:2::2
capture traceroute6-icmp a0 traceroute -6 -n -I -q1 -N1 -m3 2001:db8:2::2
capture frag-needed4 a0 ping -c1 -s1440 -M "do" 198.51.100.2
capture host-unreachable4 a0 ping -c1 -W5 198.51.100.77
capture address-unreachable6 a0 ping -c1 -W5 2001:db8:2::77
capture net-unreachable4 a0 ping -c1 203.0.113.1
capture no-route6 a0 ping -c1 2001:db8:ffff::1
capture admin-prohibited4 a0 ping -c1 198.51.100.66
capture host-prohibited4 a0 ping -c1 198.51.100.67
capture admin-prohibited6 a0 ping -c1 2001:db8:2::66
# Late unreachables for an address that does not answer would land in the next capture: last.
capture_sent timestamp4 a0 'IP(dst="198.51.100.2") / ICMP(type=13, id=7, seq=9, ts_ori=1000)'
capture redirect4 a0 ping -c1 -W1 203.0.113.200
capture_sent protocol-unreachable4 a0 'IP(dst="198.51.100.2", proto=200) / (b"\0" * 24)'
capture_sent parameter-problem6 a0 'IPv6(dst="2001:db8:2::2", nh=200) / (b"\0" * 24)'

# What no peer here sends, written to the letter of the RFCs.
for name in $("$python" _craft.py "$only"); do
  decode "$name"
  printf '%-28s %s packets (crafted)\n' "$name" "$(wc -l <"$name.expect")"
done
