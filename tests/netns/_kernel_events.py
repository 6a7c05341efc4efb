"""_kernel_events.py: what the kernel says of links and routes of another network namespace
(rtnetlink(7)): when there is a way again."""
import ctypes
import os
import socket
import struct

CLONE_NEWNET = 0x40000000
RTMGRP_LINK, RTM_NEWLINK, LINK_BYTES = 1, 16, 16
RTMGRP_IPV6_ROUTE, RTM_NEWROUTE, ROUTE_BYTES = 0x400, 24, 12
IFLA_IFNAME, IFLA_OPERSTATE, IF_OPER_UP = 3, 16, 6
RTA_DST, RTN_LOCAL, TYPE_AT = 1, 2, 7
ROOM = 1 << 16


def socket_in(namespace, *kind):
    """A socket stays where it was made."""
    libc = ctypes.CDLL(None, use_errno=True)
    here, there = (os.open(path, os.O_RDONLY | os.O_CLOEXEC)
                   for path in ("/proc/thread-self/ns/net", f"/run/netns/{namespace}"))
    try:
        if libc.setns(there, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"cannot enter {namespace}")
        try:
            return socket.socket(*kind)
        finally:
            assert libc.setns(here, CLONE_NEWNET) == 0
    finally:
        os.close(here)
        os.close(there)


def parts(data, form, start):
    """Kind and content of each netlink message, or of each attribute of one."""
    at = 0
    while at + struct.calcsize(form) <= len(data):
        length, kind = struct.unpack_from(form, data, at)
        yield kind, data[at + start:at + length]
        at += (length + 3) & ~3


class KernelEvents:
    """Of one namespace, from now on."""

    def __init__(self, namespace):
        self.socket = socket_in(namespace, socket.AF_NETLINK, socket.SOCK_RAW, 0)
        self.socket.bind((0, RTMGRP_LINK | RTMGRP_IPV6_ROUTE))

    def forget(self):
        """What was said before."""
        try:
            while self.socket.recv(ROOM, socket.MSG_DONTWAIT):
                pass
        except BlockingIOError:
            pass

    def messages(self, wanted, header):
        """Header and attributes of those of one kind, as they come."""
        while True:
            for kind, message in parts(self.socket.recv(ROOM), "=IH", 16):
                if kind == wanted:
                    yield message[:header], dict(parts(message[header:], "=HH", 4))

    def await_link(self, name, up):
        """Until it can carry packets, or no longer."""
        for _, told in self.messages(RTM_NEWLINK, LINK_BYTES):
            if told.get(IFLA_IFNAME) == name.encode() + b"\0" and (told[IFLA_OPERSTATE][0] == IF_OPER_UP) == up:
                return

    def await_address(self, address):
        """Until packets to this IPv6 address are taken: some time after it was set, even without a
        search for duplicates."""
        for route, told in self.messages(RTM_NEWROUTE, ROUTE_BYTES):
            if route[TYPE_AT] == RTN_LOCAL and told.get(RTA_DST) == socket.inet_pton(socket.AF_INET6, address):
                return
