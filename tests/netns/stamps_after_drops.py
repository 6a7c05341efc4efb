#!/usr/bin/env python3
"""stamps_after_drops.py: a firewall that drops every seventh request, amid the batch that carries it: the
kernel sends the rest of the batch without a word and goes on counting its transmit stamps. Each stamp
still belongs to its probe: every probe has one, and no RTT is longer than a capture of its packets
allows. Raw and datagram sockets, IPv4 and IPv6."""
import contextlib
import ipaddress
import json
import os
import socket
import struct
import subprocess

from _kernel_lab import SONDE, end_with, expect, in_own_network, sh
from _stamps import keep_stamps

ETH_P_ALL, SO_TIMESTAMPNS, SO_RCVBUFFORCE = 3, 35, 33
OUTGOING = 4  # sll_pkttype
PROBES, TARGETS = 40, 6
# Ethertype, bytes of the IP header, where its addresses begin, echo request and reply.
LAYOUT = {"v4": (0x0800, 20, 12, 8, 0), "v6": (0x86DD, 40, 8, 128, 129)}
HOSTS = {"v4": [f"127.0.0.{host}" for host in range(2, 2 + TARGETS)],
         "v6": [f"fd91::{host}" for host in range(2, 2 + TARGETS)]}
# Two stamps are carried over to the steady clock, each by two clocks that are read one after the other:
# such a pair is good to half of what that takes, which is 1 us at most, and more under a sanitizer.
TOLERANCE_US = 5 if os.environ.get("SONDE_SANITIZED") == "1" else 1


class Capture:
    """Of loopback, read when the run is over."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.setblocking(False)
        self.socket.bind(("lo", ETH_P_ALL))

    def rtts(self, family):
        """By host and sequence: us from the request on its way out to the reply on its way in."""
        left, rtts = {}, {}
        _, _, _, request, reply = LAYOUT[family]
        for at, outgoing, source, destination, icmp in self.packets(family):
            sequence = struct.unpack(">H", icmp[6:8])[0]
            if outgoing and icmp[0] == request:
                left[destination, sequence] = at
            elif not outgoing and icmp[0] == reply and (source, sequence) in left:
                rtts[source, sequence] = (at - left[source, sequence]) / 1000
        self.socket.close()
        return rtts

    def packets(self, family):
        ethertype, header, addresses, _, _ = LAYOUT[family]
        size = len(ipaddress.ip_address(HOSTS[family][0]).packed)
        with contextlib.suppress(BlockingIOError):
            while True:
                packet, control, _, sender = self.socket.recvmsg(2048, 256)
                if sender[1] == ethertype:
                    seconds, nanoseconds = struct.unpack("qq", control[0][2])
                    ends = [str(ipaddress.ip_address(packet[at:at + size]))
                            for at in (addresses, addresses + size)]
                    yield seconds * 10**9 + nanoseconds, sender[2] == OUTGOING, *ends, packet[header:]


def true_stamps(kind, family):
    capture = Capture()
    done = subprocess.run([SONDE, "ping", "--json", "--transport", kind, "-i", "20ms", "-c", str(PROBES),
                           *HOSTS[family]], capture_output=True, text=True, timeout=120, check=False)
    expect(done.returncode == 0, f"exit code {done.returncode}: {done.stderr[:500]}")
    rtts = capture.rtts(family)
    probes = [(target["address"], probe) for target in json.loads(done.stdout)["targets"]
              for probe in target["probes"]]
    answered = [(host, probe) for host, probe in probes if probe["outcome"] == "reply"]
    # A datagram socket of IPv6 is not told that its packet was dropped, and does not send it again.
    expect(len(answered) >= PROBES * TARGETS * 6 // 7, f"{len(answered)} of {len(probes)} answered")
    # The kernel begins to stamp some time after it is asked to, which the first may miss.
    without = [probe for _, probe in answered if probe["clock"] != "kernel-tx-rx" and probe["seq"] > 1]
    expect(not without, f"{len(without)} of {len(answered)} without both stamps: {without[:1]}")
    wrong = [probe for host, probe in answered
             if probe["rtt_ms"] * 1000 > rtts[host, probe["seq"] % 65536] + TOLERANCE_US]
    expect(not wrong, f"{len(wrong)} of {len(answered)} longer than on the wire: {wrong[:1]}")


def drop_every_seventh():
    sh("nft add table inet t")
    sh("nft 'add chain inet t o { type filter hook output priority 0; }'")
    for request in ("icmp type echo-request", "icmpv6 type echo-request"):
        sh(f"nft 'add rule inet t o {request} numgen inc mod 7 == 3 drop'")
    for host in HOSTS["v6"]:
        sh(f"ip addr add {host}/128 dev lo nodad")


if __name__ == "__main__":
    in_own_network()
    drop_every_seventh()
    KEPT = keep_stamps()
    end_with([(true_stamps, kind, family) for kind in ("raw", "dgram") for family in LAYOUT])
