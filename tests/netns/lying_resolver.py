#!/usr/bin/env python3
"""Name servers that lie (RELIABILITY.md R18), in a network and mount namespace of our own: answers with
another number, for another name, cut off, refused, in circles, of 64 KiB by TCP, of noise, or none at
all. A name that gets no honest address ends with 2 and a word, in the time that the C library takes;
reverse names never delay, stop or fill a run that has its address; and after each lie an honest server
is believed again."""

import json
import os
import pathlib
import socketserver
import struct
import subprocess
import sys
import tempfile
import threading
import time

from _namespace import own_namespace, skip

SONDE = str(pathlib.Path(os.environ.get("SONDE", "build/release/sonde")).resolve())
SERVER = ("127.0.0.53", 53)
# resolv.conf has one try of a second for each of two families and search domains: then all is said. Where
# an answer must be believed there are three, for a server that may be kept waiting as well.
LONGEST = 12.0
PATIENT = ("-W", "10s")  # for replies over loopback, on a busy machine
A, NS, CNAME, PTR, AAAA = 1, 2, 5, 12, 28
NAME = "target.example"
UNLISTED = "127.0.0.9"  # no hosts file has it
MANY = 3900  # of 16 bytes each: the largest answer that 16 bits of length hold


def labels(name):
    return b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"


def record(name, kind, data):
    return name + struct.pack(">HHIH", kind, 1, 60, len(data)) + data


class Question:
    def __init__(self, data):
        self.number, self.flags = struct.unpack(">HH", data[:4])
        at = 12
        while data[at]:
            at += data[at] + 1
        self.section = data[12:at + 5]
        self.name = data[12:at + 1]
        self.kind = struct.unpack(">H", data[at + 1:at + 3])[0]

    def answer(self, *records, number=None, code=0, flags=0x8180, section=None):
        head = struct.pack(">HHHHHH", self.number if number is None else number, flags | code, 1, len(records), 0, 0)
        return head + (self.section if section is None else section) + b"".join(records)

    def honest(self):
        if self.kind == A:
            return [record(b"\xc0\x0c", A, bytes([127, 0, 0, 1]))]
        if self.kind == PTR:
            return [record(b"\xc0\x0c", PTR, labels("honest.example"))]
        return []


def other_name(q):
    name = labels("another.example")
    return q.answer(record(name, A, bytes([127, 0, 0, 1])), section=name + q.section[-4:])


def circle(q):
    """A name that is another's other name, whose other name it is."""
    there = labels("circle.example")
    return q.answer(record(q.name, CNAME, there), record(there, CNAME, q.name))


def own_tail(q):
    """Compressed names that point at themselves."""
    return q.answer(record(b"\xc0\x0c", CNAME, b"\xc0\x2e"), record(b"\xc0\x2e", A, bytes([127, 0, 0, 1])))


def long_chain(q):
    names = [q.name] + [labels(f"hop{i}.example") for i in range(60)]
    return q.answer(*(record(a, CNAME, b) for a, b in zip(names, names[1:])))


# By UDP: what is sent for a question; None: nothing.
LIES = {
    "nothing": lambda q: None,
    "another number": lambda q: q.answer(*q.honest(), number=q.number ^ 1),
    "another name": other_name,
    "no such name": lambda q: q.answer(code=3),
    "server failure": lambda q: q.answer(code=2),
    "refused": lambda q: q.answer(code=5),
    "an empty answer": lambda q: q.answer(),
    "its own question": lambda q: q.answer(flags=0x0100),
    "a circle": circle,
    "a name that is its own tail": own_tail,
    "a chain of 60 names": long_chain,
    "half a header": lambda q: q.answer()[:7],
    "an address of 3 bytes": lambda q: q.answer(record(b"\xc0\x0c", q.kind, b"\x7f\0\0")),
    "a record longer than the packet": lambda q: q.answer(b"\xc0\x0c" + struct.pack(">HHIH", q.kind, 1, 60, 60000)),
    "noise": lambda q: struct.pack(">H", q.number) + os.urandom(200),
    "multicast": lambda q: q.answer(*([record(b"\xc0\x0c", A, bytes([224, 0, 0, 1]))] if q.kind == A else [])),
}


class Server:
    def __init__(self):
        self.lie = None
        self.by_tcp = None
        outer = self

        class Udp(socketserver.BaseRequestHandler):
            def handle(self):
                answer = outer.udp(Question(self.request[0]))
                if answer is not None:
                    self.request[1].sendto(answer, self.client_address)

        class Tcp(socketserver.StreamRequestHandler):
            def handle(self):
                more = True
                while more and len(length := self.rfile.read(2)) == 2:
                    question = Question(self.rfile.read(struct.unpack(">H", length)[0]))
                    more = outer.by_tcp(question, self.wfile)

        socketserver.ThreadingTCPServer.allow_reuse_address = True
        self.servers = (socketserver.UDPServer(SERVER, Udp), socketserver.ThreadingTCPServer(SERVER, Tcp))
        for server in self.servers:
            threading.Thread(target=server.serve_forever, daemon=True).start()

    def udp(self, question):
        if self.by_tcp is not None:
            return question.answer(flags=0x8380)  # cut off: ask by TCP
        return question.answer(*question.honest()) if self.lie is None else self.lie(question)


def largest(question, stream):
    """64 KiB of addresses, all honest."""
    records = [record(b"\xc0\x0c", A, bytes([127, 0, 0, 1]))] * MANY if question.kind == A else question.honest()
    answer = question.answer(*records)
    stream.write(struct.pack(">H", len(answer)) + answer)
    return True


def cut_short(question, stream):
    stream.write(struct.pack(">H", 65535) + question.answer(*question.honest()))
    return False


def closes(_question, _stream):
    return False


BY_TCP = {"64 KiB by TCP": (largest, 0), "less by TCP than was announced": (cut_short, 2), "TCP that closes": (closes, 2)}


class Cases:
    def __init__(self, conf):
        """`conf`: the file that is resolv.conf."""
        self.failed = 0
        self.server = Server()
        self.conf = conf

    def tries(self, number):
        self.conf.seek(0)
        self.conf.truncate()
        self.conf.write(f"nameserver {SERVER[0]}\noptions timeout:1 attempts:{number}\n")
        self.conf.flush()

    def check(self, good, what, run):
        if not good:
            self.failed += 1
            print(f"FAILED  {what}: exit code {run.returncode}\n  {run.stdout!r}\n  {run.stderr!r}")

    def run(self, *arguments):
        start = time.monotonic()
        run = subprocess.run([SONDE, *arguments], text=True, capture_output=True, timeout=60, stdin=subprocess.DEVNULL,
                             check=False)
        return run, time.monotonic() - start

    def name(self, what, codes):
        self.tries(1 if codes == {2} else 3)
        run, took = self.run("ping", "-c1", *PATIENT, NAME)
        self.check(run.returncode in codes, f"{what}: a name", run)
        self.check(took < LONGEST, f"{what}: a name took {took:.1f} s", run)
        self.check(run.returncode == 0 or run.stderr.startswith("sonde: "), f"{what}: a word", run)
        self.check(run.returncode != 0 or " 1 received" in run.stdout, f"{what}: no success without an answer", run)

    def reverse(self, what):
        self.tries(1)
        run, took = self.run("ping", "--json", "-H", "-c3", "-i10ms", *PATIENT, UNLISTED)
        self.check(run.returncode == 0, f"{what}: reverse names", run)
        self.check(took < LONGEST, f"{what}: reverse names took {took:.1f} s", run)
        target = json.loads(run.stdout)["targets"][0]
        self.check(target["counts"]["received"] == 3, f"{what}: all were received", run)
        self.check(target["name"] in (None, "honest.example"), f"{what}: a name from a lie: {target['name']!r}", run)

    def honest(self, what):
        self.server.lie = self.server.by_tcp = None
        self.tries(3)
        run, _ = self.run("ping", "-c1", *PATIENT, NAME)
        self.check(run.returncode == 0 and f"PING {NAME} (127.0.0.1)" in run.stdout, f"honest again after {what}", run)


def inside():
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    pathlib.Path("/proc/sys/net/ipv4/ping_group_range").write_text("0 0\n", encoding="ascii")
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as conf:
        os.chmod(conf.name, 0o644)
        subprocess.run(["mount", "--bind", conf.name, "/etc/resolv.conf"], check=True)
        cases = Cases(conf)
        cases.honest("nothing")
        for what, lie in LIES.items():
            cases.server.lie = lie
            cases.name(what, {1} if what == "multicast" else {2})
            cases.reverse(what)
            cases.honest(what)
        for what, (handler, code) in BY_TCP.items():
            cases.server.by_tcp = handler
            cases.name(what, {code})
            cases.reverse(what)
            cases.honest(what)
    print(f"{len(LIES) + len(BY_TCP)} lies, {cases.failed} failures")
    return 1 if cases.failed else 0


def main():
    if sys.argv[1:] == ["--inside"]:
        return inside()
    if not os.path.exists("/etc/resolv.conf"):
        skip("no /etc/resolv.conf to cover")
    unshare = own_namespace("mount", programs=(SONDE,), mounts=True)
    return subprocess.run([*unshare, sys.executable, __file__, "--inside"], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
