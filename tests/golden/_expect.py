#!/usr/bin/env python3
"""_expect.py: what scapy reads in a capture, one line a packet, for golden_test.cpp to compare to.

A line is "key=value" pairs in a fixed order; a field that a packet does not have is not there.
Numbers are decimal, bytes are hex. Only scapy's own dissection is trusted, with two exceptions where
scapy 2.5 is wrong (see _craft.py): where extensions begin (RFC 4884 sections 4 and 5) and the
objects' insides (RFC 4950, 5837) are cut with struct here.
Usage: _expect.py capture.pcap
"""
import struct
import sys

from scapy.all import conf
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import (IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment,
                                IPv6ExtHdrHopByHop, IPv6ExtHdrRouting)
from scapy.layers.ipsec import AH
from scapy.utils import RawPcapReader, checksum

conf.verb = 0
CHAIN = (IPv6ExtHdrHopByHop, IPv6ExtHdrDestOpt, IPv6ExtHdrRouting, IPv6ExtHdrFragment, AH)


def bytes_of(packet):
    """The bytes as they were captured, not as scapy would build them."""
    return packet.original + b"" if packet.original else bytes(packet)


def icmpv6(data):
    """scapy picks the class of an ICMPv6 message only behind an IPv6 header."""
    return IPv6(bytes(IPv6(nh=58, plen=len(data))) + data).payload


def ip_facts(ip, prefix):
    """Fields of an IPv4 or IPv6 header; the upper protocol and its bytes."""
    facts = {}
    if isinstance(ip, IP):
        header = ip.ihl * 4
        facts |= {"ip": 4, "tos": ip.tos, "total": ip.len, "id": ip.id, "ttl": ip.ttl,
                  "df": int(ip.flags.DF), "mf": int(ip.flags.MF), "offset": ip.frag,
                  "checksum": ip.chksum, "options": bytes_of(ip)[20:header].hex()}
        protocol, upper = ip.proto, bytes_of(ip)[header:]
    else:
        facts |= {"ip": 6, "tos": ip.tc, "total": ip.plen + 40, "ttl": ip.hlim, "flow": ip.fl}
        last = ip
        while isinstance(last.payload, CHAIN):
            last = last.payload
            if isinstance(last, IPv6ExtHdrFragment):
                facts |= {"offset": last.offset, "mf": last.m, "id": last.id}
        protocol, upper = last.nh, last.payload.original
    facts |= {"src": ip.src, "dst": ip.dst, "protocol": protocol}
    return {prefix + k: v for k, v in facts.items()}, protocol, upper


def transport_facts(protocol, data, prefix):
    """The first 8 bytes behind an IP header, as an error quotes them."""
    facts = {}
    if protocol == 1:
        icmp = ICMP(data)
        facts |= {"type": icmp.type, "code": icmp.code, "icmp_checksum": icmp.chksum}
        if icmp.type in (0, 8):
            facts |= {"ident": icmp.id, "seq": icmp.seq}
    elif protocol == 58:
        icmp = icmpv6(data)
        facts |= {"type": data[0], "code": data[1], "icmp_checksum": icmp.cksum}
        if data[0] in (128, 129):
            facts |= {"ident": icmp.id, "seq": icmp.seq}
    elif protocol == 17:
        udp = UDP(data)
        facts |= {"sport": udp.sport, "dport": udp.dport, "udp_checksum": udp.chksum}
    elif protocol == 6:
        # TCP needs 20 bytes to be dissected; a short quote has the ports and the sequence only.
        tcp = TCP(data + bytes(max(0, 20 - len(data))))
        facts |= {"sport": tcp.sport, "dport": tcp.dport, "tcp_seq": tcp.seq}
    return {prefix + k: v for k, v in facts.items()}


def cut_extensions(body, length):
    """RFC 4884 sections 4 and 5.5: the quote and the structure."""
    if length:
        return body[:length], body[length:]
    rest = body[128:]
    if len(rest) >= 4 and rest[0] >> 4 == 2 and rest[2:4] != b"\0\0" and checksum(rest) == 0:
        return body[:128], rest
    return body, b""


def object_text(class_num, c_type, payload):
    if class_num == 1:
        words = struct.unpack(f"!{len(payload) // 4}I", payload)
        return "mpls:" + "+".join(
            f"{w >> 12}/{w >> 9 & 7}/{w >> 8 & 1}/{w & 255}" for w in words)
    if class_num != 2:
        return f"raw:{class_num}/{c_type}/{payload.hex()}"
    text = f"if:{c_type >> 6}"
    if c_type & 8:
        text += f"/index:{struct.unpack('!I', payload[:4])[0]}"
        payload = payload[4:]
    if c_type & 4:
        size = 4 if payload[:2] == b"\0\1" else 16
        text += f"/address:{payload[4:4 + size].hex()}"
        payload = payload[4 + size:]
    if c_type & 2:
        text += "/name:" + payload[1:payload[0]].rstrip(b"\0").decode("ascii")
        payload = payload[payload[0]:]
    if c_type & 1:
        text += f"/mtu:{struct.unpack('!I', payload[:4])[0]}"
    return text


def extension_facts(structure):
    at, objects = 4, []
    while at < len(structure):
        size, class_num, c_type = struct.unpack("!HBB", structure[at:at + 4])
        objects.append(object_text(class_num, c_type, structure[at + 4:at + size]))
        at += size
    return {"extensions": ",".join(objects)} if objects else {}


def error_facts(data, version):
    """The error's own words, the quoted datagram and the extensions."""
    facts, length = {}, 0
    if version == 4:
        icmp = ICMP(data)
        if icmp.type not in (3, 4, 5, 11, 12):
            return facts
        length = icmp.length * 4 if icmp.type in (3, 11, 12) else 0
        if icmp.type == 3 and icmp.code == 4 and icmp.nexthopmtu:
            facts["mtu"] = icmp.nexthopmtu
        if icmp.type == 5:
            facts["gateway"] = icmp.gw
        if icmp.type == 12:
            facts["pointer"] = icmp.ptr
    else:
        if data[0] >= 128:
            return facts
        icmp = icmpv6(data)
        length = icmp.length * 8 if data[0] in (1, 3) else 0
        if data[0] == 2:
            facts["mtu"] = icmp.mtu
        if data[0] == 4:
            facts["pointer"] = icmp.ptr
    quoted, structure = cut_extensions(data[8:], length)
    ip, protocol, upper = ip_facts((IP if version == 4 else IPv6)(quoted), "q_")
    if ip.get("q_offset"):
        return facts | {"q_later_fragment": 1}  # no transport header in it
    keep = ("q_tos", "q_total", "q_id", "q_ttl", "q_src", "q_dst", "q_protocol", "q_flow")
    facts |= {k: v for k, v in ip.items() if k in keep and not (version == 6 and k == "q_id")}
    facts |= transport_facts(protocol, upper, "q_")
    return facts | extension_facts(structure)


def packet_facts(frame, link):
    ip = conf.l2types.num2layer[link](frame)
    ip = ip[IP] if IP in ip else ip[IPv6]
    facts, protocol, upper = ip_facts(ip, "")
    upper = upper[:facts["total"] - (ip.ihl * 4 if facts["ip"] == 4 else 40)]
    if facts.get("offset"):
        return facts | {"upper": len(upper)}
    version = facts["ip"]
    if (version, protocol) in ((4, 1), (6, 58)):
        facts |= transport_facts(protocol, upper, "") | {"body": len(upper) - 8}
        facts |= error_facts(upper, version)
    return facts


def main():
    reader = RawPcapReader(sys.argv[1])
    for data, meta in reader:
        fraction = meta.usec if reader.nano else meta.usec * 1000
        facts = {"at": meta.sec * 1_000_000_000 + fraction, "wire": meta.wirelen,
                 "captured": meta.caplen}
        facts |= packet_facts(data, reader.linktype)
        print(" ".join(f"{k}={v}" for k, v in facts.items() if v != ""))
    reader.close()


main()
