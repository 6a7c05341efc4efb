#!/usr/bin/env python3
"""_craft.py: writes the golden packets that no peer in the lab sends, as crafted-*.pcap.

Time Exceeded and Destination Unreachable with extensions (RFC 4884, 4950, 5837) and an IPv6 chain
of extension headers. IP and ICMP headers come from scapy; the extension structures are packed here
from the RFCs' diagrams, because scapy 2.5 leaves the objects out of the structure's checksum and
counts an interface name without its length byte. tcpdump reads the result too (*.decode.txt).
Usage: _craft.py [only-this-name]; prints the names written.
"""
import struct
import sys

from scapy.all import conf
from scapy.layers.inet import ICMP, IP, UDP
from scapy.layers.inet6 import (ICMPv6EchoRequest, ICMPv6TimeExceeded, IPv6,
                                IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop,
                                IPv6ExtHdrRouting, PadN)
from scapy.layers.ipsec import AH
from scapy.packet import Raw
from scapy.utils import checksum

conf.verb = 0
STAMP = 1_700_000_000
ROUTER4, HOST4, TARGET4 = "192.0.2.254", "192.0.2.1", "198.51.100.2"
ROUTER6, HOST6, TARGET6 = "2001:db8:1::fe", "2001:db8:1::1", "2001:db8:2::2"


def label(value, tc, bottom, ttl):
    """RFC 3032 section 2.1."""
    return struct.pack("!I", value << 12 | tc << 9 | bottom << 8 | ttl)


def extension_object(class_num, c_type, payload):
    """RFC 4884 section 7.1."""
    return struct.pack("!HBB", 4 + len(payload), class_num, c_type) + payload


def structure(*objects):
    """RFC 4884 section 7: the checksum covers the whole structure."""
    body = b"".join(objects)
    head = struct.pack("!HH", 2 << 12, 0)
    return struct.pack("!HH", 2 << 12, checksum(head + body)) + body


def mpls(*labels):
    return extension_object(1, 1, b"".join(labels))


def interface(role, index=None, address=None, name=None, mtu=None):
    """RFC 5837 section 4."""
    c_type, payload = role << 6, b""
    if index is not None:
        c_type, payload = c_type | 8, payload + struct.pack("!I", index)
    if address is not None:
        afi = 1 if len(address) == 4 else 2
        c_type, payload = c_type | 4, payload + struct.pack("!HH", afi, 0) + address
    if name is not None:
        size = (1 + len(name) + 3) // 4 * 4
        c_type = c_type | 2
        payload += bytes([size]) + name + bytes(size - 1 - len(name))
    if mtu is not None:
        c_type, payload = c_type | 1, payload + struct.pack("!I", mtu)
    return extension_object(2, c_type, payload)


def echo4(size):
    return bytes(IP(src=HOST4, dst=TARGET4, ttl=1, id=0x1234)
                 / ICMP(id=0x51de, seq=3) / Raw(bytes(i & 0xff for i in range(size))))


def udp4(size):
    return bytes(IP(src=HOST4, dst=TARGET4, ttl=1, id=0x77) / UDP(sport=50000, dport=33434)
                 / Raw(b"x" * size))


def error4(quoted, extensions, length_words, kind=11, code=0):
    """An ICMPv4 error: the length attribute stands in byte 5, in words of 4 bytes."""
    icmp = ICMP(type=kind, code=code)
    raw = bytearray(bytes(icmp)[:8]) + quoted + extensions
    raw[5] = length_words
    raw[2:4] = b"\0\0"
    raw[2:4] = struct.pack("!H", checksum(bytes(raw)))
    return IP(src=ROUTER4, dst=HOST4, id=1, proto=1) / Raw(bytes(raw))


def echo6(size):
    return bytes(IPv6(src=HOST6, dst=TARGET6, hlim=1, fl=0x12345)
                 / ICMPv6EchoRequest(id=0x51de, seq=4, data=bytes(i & 0xff for i in range(size))))


def error6(quoted, extensions, length_words):
    """An ICMPv6 error: the length attribute stands in byte 4, in words of 8 bytes."""
    return (IPv6(src=ROUTER6, dst=HOST6)
            / ICMPv6TimeExceeded(length=length_words) / Raw(quoted + extensions))


def padded(quoted, to):
    return quoted + bytes(to - len(quoted))


def chain6(*headers):
    packet = IPv6(src=HOST6, dst=TARGET6, hlim=64)
    for header in headers:
        packet = packet / header
    return packet / ICMPv6EchoRequest(id=7, seq=8, data=b"behind the chain")


def packets():
    stack = mpls(label(16, 0, 0, 1), label(1048575, 7, 0, 254), label(299776, 2, 1, 1))
    one = mpls(label(24001, 0, 1, 1))
    v4, v6 = bytes([203, 0, 113, 9]), bytes.fromhex("20010db80003000000000000000000aa")
    yield "crafted-mpls4", [
        error4(padded(echo4(56), 128), structure(stack), 32),
        error4(padded(udp4(12), 128), structure(one), 32),
    ]
    yield "crafted-mpls4-noncompliant", [
        error4(padded(echo4(56), 128), structure(stack), 0),
        error4(echo4(100), structure(one), 0),
        error4(echo4(200), b"", 0),  # a long quote, no structure in it
    ]
    yield "crafted-mpls6", [
        error6(padded(echo6(56), 128), structure(stack), 16),
        error6(echo6(104), structure(one), 19),
    ]
    yield "crafted-interface4", [
        error4(padded(udp4(12), 128), structure(interface(role, *attributes)), 32, 3, 3)
        for role in range(4)
        for attributes in ((7,), (None, v4), (None, None, b"eth0"), (None, None, None, 9000),
                           (7, v4, b"ge-0/0/1.100", 1500), (7, v6, None, 1280))
    ]
    yield "crafted-many-objects4", [
        error4(padded(echo4(56), 128),
               structure(stack, interface(0, 3, v4, b"in0"), interface(2, 4, v6, b"out0", 1500),
                         extension_object(200, 9, b"nobody knows me.")), 32),
    ]
    yield "crafted-chain6", [
        chain6(IPv6ExtHdrHopByHop(options=[PadN(optdata=b"\0" * 4)])),
        chain6(IPv6ExtHdrHopByHop(), IPv6ExtHdrDestOpt(), IPv6ExtHdrRouting(),
               IPv6ExtHdrFragment(id=0xfeedface, m=0), IPv6ExtHdrDestOpt()),
        IPv6(src=HOST6, dst=TARGET6, nh=51)
        / AH(nh=58, payloadlen=4, spi=0x100, seq=1, icv=b"\1" * 12)
        / Raw(bytes(IPv6(src=HOST6, dst=TARGET6) / ICMPv6EchoRequest(id=7, seq=8))[40:]),
    ]


def write_pcap(path, list_of_packets, order, magic):
    """Link type 101 (raw IP), in one of the four dialects of the format."""
    with open(path, "wb") as out:
        out.write(struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, 101))
        for i, packet in enumerate(map(bytes, list_of_packets)):
            out.write(struct.pack(order + "IIII", STAMP, i, len(packet), len(packet)) + packet)


def main():
    only = sys.argv[1] if len(sys.argv) > 1 else ""
    microseconds, nanoseconds = 0xa1b2c3d4, 0xa1b23c4d
    dialects = [(o, m) for o in "<>" for m in (microseconds, nanoseconds)]
    for i, (name, list_of_packets) in enumerate(packets()):
        if only in ("", name):
            write_pcap(name + ".pcap", list_of_packets, *dialects[i % len(dialects)])
            print(name)


main()
