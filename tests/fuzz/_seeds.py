#!/usr/bin/env python3
"""_seeds.py: makes the first inputs of tests/fuzz/corpus, most from the captures in tests/golden.

Usage: tests/fuzz/_seeds.py; writes seed-* files. Inputs that a fuzzer found stand beside them under
their hash. Link headers are skipped by hand: no packet library is needed.
"""
import pathlib
import struct

HERE = pathlib.Path(__file__).resolve().parent
GOLDEN = HERE.parent / "golden"
CORPUS = HERE / "corpus"
LINK_HEADER = {1: 14, 101: 0, 113: 16, 276: 20}
TEXTS = ["192.0.2.1", "255.255.255.255", "::", "::1", "fe80::1%3", "2001:db8::8:800:200c:417a",
         "1:2:3:4:5:6:7::", "::ffff:192.0.2.1", "64:ff9b::192.0.2.33", "1.2.3", "01.2.3.4", "1::2::3"]


def packets(path):
    data = path.read_bytes()
    order = "<" if data[0] in (0x4d, 0xd4) else ">"
    link = struct.unpack(order + "I", data[20:24])[0] & 0xffff
    at = 24
    while at < len(data):
        size = struct.unpack(order + "I", data[at + 8:at + 12])[0]
        yield data[at + 16 + LINK_HEADER[link]:at + 16 + size]
        at += 16 + size


def put(target, name, data):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ("seed-" + name)).write_bytes(data)


def put_error(name, version, icmp):
    """The quote and the extensions of an ICMP error, each to its own target."""
    words = icmp[5] * 4 if version == 4 else icmp[4] * 8
    put("quoted", name, bytes([0 if version == 4 else 1]) + icmp[8:])
    if words:
        put("icmp_extensions", name, icmp[8 + words:])


def put_packet(name, ip):
    version = ip[0] >> 4
    header = (ip[0] & 15) * 4 if version == 4 else 40
    protocol, icmp = (ip[9] if version == 4 else ip[6]), ip[header:]
    put(f"ipv{version}", name, ip[:128])
    if version == 4 and protocol == 1 and len(icmp) >= 8:
        put("icmpv4", name, icmp[:256])
        if icmp[0] in (3, 11):
            put_error(name, 4, icmp[:256])
    if version == 6 and protocol == 58 and len(icmp) >= 8:
        put("icmpv6", name, ip[8:40] + icmp[:256])
        if icmp[0] in (1, 3):
            put_error(name, 6, icmp[:256])


def put_tcp(name, ip):
    """Segments and the errors that quote them; the first byte: 1 IPv6, 2 naming a probe."""
    version = ip[0] >> 4
    header = (ip[0] & 15) * 4 if version == 4 else 40
    if version == 4:
        put("tcp", name, bytes([2]) + ip[:128])
    put("tcp", name + "-content", bytes([1]) + ip[header:header + 128])


def put_udp_answers():
    """One input a way and family, see udp_answers.cpp: whole, cut, edited."""
    for how in range(32):
        put("udp_answers", f"{how:02}-whole", struct.pack(">BBBH", how, 31, 0, 0))
        put("udp_answers", f"{how:02}-cut", struct.pack(">BBBH", how, 30, 0, 60))
        put("udp_answers", f"{how:02}-edited", struct.pack(">BBBHHB", how, 29, 1, 0, 26, 7))


COMMANDS = [
    "127.0.0.1", "-c 3 -i 200ms -W 0.5 127.0.0.1 ::1", "ping --json --count=4 -s 1400 -M do 192.0.2.1", "ping -f -n -q host.example",
    "ping -R -T tsonly 192.0.2.1", "ping -Q ef -e 0x10 -F 0xfffff -m 1 2001:db8::1", "ping -p ff00 -l 3 -D -O -v ::1",
    "ping -4 -6 192.0.2.1", "ping -S 192.0.2.9 -I eth0 224.0.0.1", "trace -n -q 1 -f 2 -m 9 192.0.2.1", "trace -P tcp -p 443 2001:db8::1",
    "trace --flows 16 --paris -z 3 -N 9 192.0.2.1", "trace --mtu -P udp host.example", "sweep -a 192.0.2.0/24 2001:db8::/120",
    "sweep -r 2 -B 1.5 --rate max --allow many,fast 10.0.0.0/8", "sweep -C 3 --shard 2/5 --order random:7 192.0.2.1-192.0.2.9",
    "sweep -f hosts.txt --resume out.ndjson -J", "sweep --merge a.json b.json", "help ping", "help", "--version", "--completions bash",
    "-c 1 ping 127.0.0.1", "traceroute 192.0.2.1", "--cuont 3 127.0.0.1", "-- -4", "-i1,5 127.0.0.1", "/n 4 /w 500 127.0.0.1", "trace /d /h 9 192.0.2.1"]


def put_command_lines():
    """Bit 0 of the first byte: slashes; words end in a NUL."""
    for number, line in enumerate(COMMANDS):
        how = bytes([int(" /" in " " + line)])
        put("command_line", f"{number:02}", how + b"".join(word.encode() + b"\0" for word in line.split(" ")))


SOCKET, STAMPS_OLD, STAMPS_NEW = 1, 37, 65
IPV4, TOS, TTL, RECVOPTS, RECVERR = 0, 1, 2, 6, 11
IPV6, RECVERR6, HOP_LIMIT, TRAFFIC_CLASS = 41, 25, 52, 67
LOCAL, ICMP, ICMP6, TIMESTAMPING = range(1, 5)
NAME4 = struct.pack("<H", 2) + struct.pack(">H4s8x", 33434, bytes([198, 51, 100, 1]))
NAME6 = struct.pack("<H", 10) + struct.pack(">H4x16sI", 33434, bytes.fromhex("20010db8" + "0" * 23 + "2"), 0)
MPLS = bytes.fromhex("2000dcf600080101000101ff")


def control(level, kind, data, length=None):
    """A control message as Linux on x86-64 lays it; `length` is a lie about it."""
    length = 16 + len(data) if length is None else length
    return struct.pack("<Qii", length, level, kind) + data + bytes(-len(data) % 8)


def error(origin, icmp=(0, 0), info=0, data=0, offender=bytes(16)):
    return struct.pack("<IBBBBII", 113, origin, *icmp, 0, info, data) + offender


def put_error_queue():
    """See error_queue_linux.cpp; the numbers are those of Linux' headers."""
    def put_one(name, how, controls, quote=b"", to=NAME4):
        put("error_queue_linux", name,
            struct.pack(">BH", how, len(controls)) + controls + bytes([len(to)]) + to + quote)

    stamps = struct.pack("<6q", 1795289186, 5000, 0, 0, 1000, 7)
    ttl, hop_limit = control(IPV4, TTL, struct.pack("<i", 61)), control(IPV6, HOP_LIMIT, struct.pack("<i", 61))
    put_one("packet4", 0, control(SOCKET, STAMPS_NEW, stamps) + ttl + control(IPV4, TOS, b"\xb8")
            + control(IPV4, RECVOPTS, bytes.fromhex("0707040a00000100")))
    put_one("packet6", 1, control(SOCKET, STAMPS_OLD, stamps) + hop_limit
            + control(IPV6, TRAFFIC_CLASS, struct.pack("<i", 4)), to=NAME6)
    put_one("no-time", 0, control(SOCKET, STAMPS_NEW, struct.pack("<6q", 1, 1000000000, 0, 0, -1, 0)))
    quote = bytes(range(64))
    exceeded = control(IPV4, RECVERR, error(ICMP, (11, 0), offender=NAME4))
    put_one("exceeded4", 0, ttl + exceeded, quote)
    put_one("exceeded4-behind-128", 0, exceeded, bytes(108) + MPLS)
    put_one("exceeded4-udp-behind-128", 2, exceeded, bytes(100) + MPLS)
    for name, found in (("found", 64), ("invalid", 64 | 1 << 16), ("beyond", 65535), ("elsewhere", 60)):
        put_one("extensions4-" + name, 2, ttl + control(IPV4, RECVERR, error(ICMP, (11, 0), 0, found, NAME4)), quote + MPLS)
    put_one("extensions6-found", 1, hop_limit + control(IPV6, RECVERR6, error(ICMP6, (3, 0), 0, 64, NAME6)), quote + MPLS, NAME6)
    put_one("too-big4", 0, control(IPV4, RECVERR, error(ICMP, (3, 4), 1400, 0, NAME4)), quote)
    put_one("too-big6", 1, hop_limit + control(IPV6, RECVERR6, error(ICMP6, (2, 0), 1280, 0, NAME6)), quote, NAME6)
    put_one("local4", 0, control(IPV4, RECVERR, error(LOCAL, (0, 0), 1400)), quote)
    put_one("local6", 1, control(IPV6, RECVERR6, error(LOCAL, (0, 0), 1280, 0, bytes(28))), quote, NAME6)
    put_one("transmitted4", 0, control(SOCKET, STAMPS_OLD, stamps) + control(IPV4, RECVERR, error(TIMESTAMPING, (0, 0), 0, 42)))
    put_one("transmitted6", 1, control(SOCKET, STAMPS_NEW, stamps) + control(IPV6, RECVERR6, error(TIMESTAMPING, (0, 0), 2, 42)))
    put_one("no-name", 0, exceeded, quote, b"")
    put_one("offender-cut", 0, control(IPV4, RECVERR, error(ICMP, (11, 0), offender=NAME4[:12])), quote)
    put_one("twice", 0, exceeded + control(IPV4, RECVERR, b"\1"), quote)
    put_one("empty-messages", 0, control(SOCKET, STAMPS_NEW, b"") + control(IPV4, TTL, b"") + control(IPV4, RECVERR, b"") + ttl)
    for name, length in (("zero", 0), ("under-header", 15), ("beyond", 21), ("enormous", 2 ** 64 - 8)):
        put_one("length-" + name, 0, exceeded + control(IPV4, TTL, b"\x3d\0\0\0", length)[:20], quote)


def main():
    put_udp_answers()
    put_command_lines()
    put_error_queue()
    wanted = ["ping4", "ping4-record-route", "ping4-fragments", "ping6", "ping6-fragments",
              "traceroute4-udp", "traceroute4-tcp", "traceroute6-udp", "frag-needed4",
              "packet-too-big6", "parameter-problem6", "redirect4", "crafted-mpls4",
              "crafted-mpls6", "crafted-mpls4-noncompliant", "crafted-many-objects4",
              "crafted-chain6"]
    for name in wanted:
        last = list(packets(GOLDEN / (name + ".pcap")))[-2:]
        for i, ip in enumerate(last):
            put_packet(f"{name}-{i}", ip)
    for i, ip in enumerate(packets(GOLDEN / "traceroute4-tcp.pcap")):
        put_tcp(f"traceroute4-tcp-{i}", ip)
    for name in ("ping4", "crafted-mpls4", "crafted-mpls6", "crafted-interface4",
                 "ping4-cooked-v2", "ping6-cooked-v1"):
        put("pcap", name, (GOLDEN / (name + ".pcap")).read_bytes()[:600])
    for i, text in enumerate(TEXTS):
        put("address_text", str(i), text.encode())
        put("prefix_text", str(i), (text + "/24").encode())


main()
