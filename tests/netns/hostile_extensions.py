#!/usr/bin/env python3
"""hostile_extensions.py: routers that name their interfaces (RFC 5837) as tests/cli/_hostile.py lists: no
control byte reaches a terminal, JSON parses, and gives every name as it came, by text or in hex. The
routers are this script, behind a TUN device in a network namespace of its own."""
import fcntl
import json
import os
import struct
import subprocess
import sys
import threading

from _namespace import own_namespace
from first_probe import IFF_NO_PI, TUNSETIFF, icmp6, ones_complement

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "cli"))

from _cli import Checks  # noqa: E402
from _hostile import LISTED, check_json, check_text, run_sonde  # noqa: E402

IFF_TUN = 1
OURS = {"v4": "10.91.0.1/16", "v6": "fd91::1/64"}
TARGET = {"v4": "10.91.200.1", "v6": "fd91::200"}
TIME_EXCEEDED = {"v4": 11, "v6": 3}
LENGTH_AT, WORD = {"v4": 5, "v6": 4}, {"v4": 4, "v6": 8}  # RFC 4884, section 4
PADDED = 128  # what is quoted where a structure follows
NAME = 2  # the bit of the c-type; role 0: the interface that the packet came in by


def structure(name):
    """RFC 4884, section 7: one object of class 2 with a name (RFC 5837, section 4.3)."""
    field = bytes([(1 + len(name) + 3) // 4 * 4]) + name
    field += bytes(-len(field) % 4)
    body = struct.pack(">HBB", 4 + len(field), 2, NAME) + field
    return struct.pack(">BBH", 0x20, 0, ones_complement(b"\x20\0\0\0" + body)) + body


def error(family, packet):
    """What the router says at which the packet ran out of hops, and the TTL it had; None: no probe."""
    ttl = packet[8] if family == "v4" else packet[7]
    if packet[9 if family == "v4" else 6] != (1 if family == "v4" else 58) or ttl > len(LISTED):
        return None
    icmp = bytearray(8) + packet[:PADDED] + bytes(PADDED - len(packet[:PADDED])) + structure(LISTED[ttl - 1])
    icmp[0], icmp[LENGTH_AT[family]] = TIME_EXCEEDED[family], PADDED // WORD[family]
    if family == "v6":
        router, us = packet[24:39] + bytes([ttl]), packet[8:24]
        return struct.pack(">IHBB", 6 << 28, len(icmp), 58, 64) + router + us + icmp6(router, us, bytes(icmp))
    icmp[2:4] = struct.pack(">H", ones_complement(bytes(icmp)))
    header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(icmp), 0, 0, 64, 1, 0)
    header += packet[16:18] + bytes([1, ttl]) + packet[12:16]
    return header[:10] + struct.pack(">H", ones_complement(header)) + header[12:] + bytes(icmp)


def routers(tun):
    while True:
        packet = os.read(tun, 65536)
        if answer := error("v4" if packet[0] >> 4 == 4 else "v6", packet):
            os.write(tun, answer)


def open_device():
    tun = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", b"tun0", IFF_TUN | IFF_NO_PI))
    for command in ("ip link set lo up", f"ip addr add {OURS['v4']} dev tun0", "ip link set tun0 up",
                    f"ip addr add {OURS['v6']} dev tun0 nodad", "sysctl -qw net.ipv4.ping_group_range='0 0'"):
        subprocess.run(command, shell=True, check=True)
    threading.Thread(target=routers, args=(tun,), daemon=True).start()


def names_of(document):
    for hop in document["targets"][0]["hops"]:
        for probe in hop["probes"]:
            for extension in probe.get("extensions") or []:
                name, raw = extension["interface"]["name"], extension["interface"].get("name_hex")
                yield bytes.fromhex(raw) if raw else name.encode()


def check(checks, family, socket):
    command = ["trace", "-n", "-e", "-q1", f"-m{len(LISTED)}", "-w", "5s", "--transport", socket, TARGET[family]]
    what = f"{family} {socket}"
    for locale in ("C", "C.UTF-8"):
        run = run_sonde(command, locale)
        check_text(checks, f"{what}, {locale}", locale, run.stdout + run.stderr)
        checks.check(run.stdout.count(b"INC:") >= len(LISTED), f"{what}: a name a hop: {run.stdout!r}")
    check_json(checks, what, run_sonde([*command, "--ndjson"], "C.UTF-8").stdout, True)
    whole = run_sonde([*command, "--json"], "C.UTF-8").stdout
    check_json(checks, what, whole, False)
    seen = list(names_of(json.loads(whole)))
    checks.check(seen == LISTED, f"{what}: the names as they came: {seen}")
    print(f"{what}: {len(seen)} names")


def main():
    if sys.argv[1:] != ["--inside"]:
        words = own_namespace(tun=True)
        os.execvp(words[0], [*words, sys.executable, __file__, "--inside"])
    open_device()
    checks = Checks()
    for family in OURS:
        for socket in ("raw", "dgram"):
            check(checks, family, socket)
    checks.finish()


if __name__ == "__main__":
    main()
