#!/usr/bin/env python3
"""_responder.py NETWORK4 NETWORK6: answers echo requests in the way that their target says.

NETWORK4 is two octets, NETWORK6 four hexadecimal digits; both are local to this host, whose own
replies from there nftables drops. NETWORK4.TYPE.CODE and NETWORK6::TYPE:CODE answer with that ICMP
error, from the target's address; 4 (source quench) and 5 (redirect) with the reply behind it.
Besides, in IPv4:
  255.1    three equal replies
  255.2    the reply to the request before this one
  255.255  nothing
Prints "ready" once it listens; ends with its standard input."""
import select
import socket
import struct
import sys

IP_PKTINFO, IPV6_FREEBIND = 8, 78
SO_MARK, OWN_MARK = 36, 7
NO_ANSWERS = (4, 5)


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def message4(kind, code, rest, body):
    head = struct.pack("!BBH4s", kind, code, 0, rest)
    return head[:2] + struct.pack("!H", checksum(head + body)) + rest + body


class Responder4:
    def __init__(self, network):
        self.network = bytes(int(octet) for octet in network.split("."))
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_MARK, OWN_MARK)
        self.before = None

    def send(self, source, target, message):
        info = struct.pack("=I4s4s", 0, source, b"\0\0\0\0")
        self.socket.sendmsg([message], [(socket.IPPROTO_IP, IP_PKTINFO, info)], 0,
                            (socket.inet_ntoa(target), 0))

    def serve(self):
        packet = self.socket.recv(66000)
        length = (packet[0] & 15) * 4
        source, target, icmp = packet[12:16], packet[16:20], packet[length:]
        if icmp[0] != 8 or not target.startswith(self.network):
            return
        kind, code = target[2], target[3]
        reply = message4(0, 0, icmp[4:8], icmp[8:])
        if kind == 255:
            before, self.before = self.before, reply
            for answer in {1: [reply] * 3, 2: [before]}.get(code, []):
                if answer:
                    self.send(target, source, answer)
            return
        rest = {3: struct.pack("!HH", 0, 1300 if code == 4 else 0), 5: target}.get(kind, bytes(4))
        self.send(target, source, message4(kind, code, rest, packet[:length + 64]))
        if kind in NO_ANSWERS:
            self.send(target, source, reply)


class Responder6:
    def __init__(self, network):
        self.network = bytes.fromhex(network)
        self.socket = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_MARK, OWN_MARK)
        self.socket.setsockopt(socket.IPPROTO_IPV6, IPV6_FREEBIND, 1)
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)

    def serve(self):
        icmp, control, _, peer = self.socket.recvmsg(66000, 256)
        target = control[0][2][:16]
        if icmp[0] != 128 or not target.startswith(self.network):
            return
        kind, code = struct.unpack("!HH", target[12:])
        if kind == 255:
            return
        source = socket.inet_pton(socket.AF_INET6, peer[0])
        quoted = struct.pack("!IHBB", 0x60000000, len(icmp), 58, 60) + source + target + icmp
        body = struct.pack("!BBHI", kind, code, 0, 1280 if kind == 2 else 0) + quoted[:1232]
        info = (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, target + struct.pack("=I", 0))
        self.socket.sendmsg([body], [info], 0, (peer[0], 0))


def main():
    responders = [Responder4(sys.argv[1]), Responder6(sys.argv[2])]
    by_socket = {one.socket: one for one in responders}
    print("ready", flush=True)
    while True:
        for ready in select.select([*by_socket, sys.stdin], [], [])[0]:
            if ready is sys.stdin:
                return
            by_socket[ready].serve()


if __name__ == "__main__":
    main()
