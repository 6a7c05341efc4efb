"""The measurement of trace_rtt.sh. RUNS: traces of each kind (10), of 10 queries a hop."""
import ctypes
import json
import os
import pathlib
import socket
import statistics
import struct
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "netns"))
from _kernel_lab import SERVER, Lab  # noqa: E402

RUNS = int(os.environ.get("RUNS", "10"))
SONDE = os.environ["SONDE"]
ICMP, TCP, UDP = 1, 6, 17
IPV4, ETH_P_ALL = 0x0800, 3
SO_TIMESTAMPNS, SO_RCVBUFFORCE = 35, 33
BOTH_ENDS, ERROR_QUEUE = 3.0, 10.0  # us
KINDS = (("icmp", "raw", BOTH_ENDS), ("udp", "raw", BOTH_ENDS), ("tcp", "raw", BOTH_ENDS),
         ("icmp", "dgram", BOTH_ENDS), ("udp", "dgram", ERROR_QUEUE), ("tcp", "dgram", ERROR_QUEUE))


class Capture:
    """A packet socket on the client's interface that is read only when the trace is over: whoever
    waits for packets is woken by each, and then the probe leaves microseconds late."""

    def __init__(self, namespace):
        libc = ctypes.CDLL(None, use_errno=True)
        with open("/proc/self/ns/net") as home, open(f"/run/netns/{namespace}") as there:
            libc.setns(there.fileno(), 0)
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(IPV4))
            libc.setns(home.fileno(), 0)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.setblocking(False)
        self.socket.bind(("right", ETH_P_ALL))

    def packets(self):
        """Nanoseconds and IPv4 packet of each frame."""
        while True:
            try:
                packet, control, _, sender = self.socket.recvmsg(2048, 256)
            except BlockingIOError:
                return
            seconds, nanoseconds = struct.unpack("qq", control[0][2])
            if sender[1] == IPV4:
                yield seconds * 10**9 + nanoseconds, packet


def split(packet):
    header = (packet[0] & 15) * 4
    return packet[9], packet[12:16], packet[header:]


def answered(protocol, transport):
    """The key of the probe that a packet from elsewhere answers."""
    if protocol == ICMP and transport[0] in (3, 11):
        inner, _, quoted = split(transport[8:])
        return key_of(inner, quoted)
    if protocol == ICMP and transport[0] == 0:
        return ICMP, transport[4:8]
    if protocol == TCP:
        return TCP, struct.pack(">I", (struct.unpack(">I", transport[8:12])[0] - 1) % 2**32)
    return None


def key_of(protocol, transport):
    # Of UDP the token in the payload: the checksum is not yet made where the capture sees a probe.
    return protocol, transport[8:24] if protocol == UDP else transport[4:8]


def is_probe(protocol, transport):
    if protocol == ICMP:
        return transport[0] == 8
    return protocol == UDP or (protocol == TCP and transport[13] == 2)


def captured_rtts(capture, us):
    """By number of the probe, 1, 2 ...: nanoseconds from leaving to the first answer."""
    left, numbers, rtts = {}, {}, {}
    for at, packet in capture.packets():
        protocol, source, transport = split(packet)
        if source == us and is_probe(protocol, transport):
            numbers[key_of(protocol, transport)] = len(numbers) + 1
            left[len(numbers)] = at
        elif source != us and (number := numbers.get(answered(protocol, transport))):
            rtts.setdefault(number, at - left[number])
    return rtts


def errors_of(lab, protocol, kind):
    """|sonde - capture| in us, of every probe that both know."""
    capture = Capture(lab.names["client"])
    run = subprocess.run(
        ["ip", "netns", "exec", lab.names["client"], SONDE, "trace", "--json", "-n", "-q", "10",
         "-P", protocol, "--transport", kind, SERVER["v4"]], text=True, capture_output=True)
    if run.returncode != 0:
        sys.exit(f"sonde trace -P {protocol} --transport {kind}: {run.stdout}{run.stderr}")
    rtts = captured_rtts(capture, bytes([10, 88, 1, 1]))
    probes = [p for hop in json.loads(run.stdout)["targets"][0]["hops"] for p in hop["probes"]]
    return [(p["outcome"], abs(p["rtt_ms"] * 1000 - rtts[p["seq"]] / 1000)) for p in probes
            if p.get("rtt_ms") is not None and p["seq"] in rtts]


def row(name, errors, bar):
    """Prints it; whether the bar is held."""
    median, worse = statistics.median(errors), statistics.quantiles(errors, n=10)[-1]
    print(f"| {name} | {len(errors)} | {median:.2f} us | {worse:.2f} us |"
          f" {f'{bar:.0f} us' if bar else ''} |", flush=True)
    return bar is None or median <= bar


def main():
    good = True
    print("\n| probes | RTTs compared | median error | 90 % | bar |\n|---|---|---|---|---|")
    with Lab() as lab:
        for protocol, kind, bar in KINDS:
            seen = [e for _ in range(RUNS) for e in errors_of(lab, protocol, kind)]
            if len(seen) < 20 * RUNS:
                sys.exit(f"{protocol} {kind}: only {len(seen)} RTTs to compare")
            if (protocol, kind) != ("tcp", "dgram"):
                good = row(f"{protocol}, {kind}", [e for _, e in seen], bar) and good
                continue
            # A RST reaches connect() through no queue: the clock is read when the wait ends.
            refusals = [e for outcome, e in seen if outcome == "reply"]
            queued = [e for outcome, e in seen if outcome != "reply"]
            good = row("tcp, connect(): error queue", queued, bar) and good
            row("tcp, connect(): RST", refusals, None)
    print("\nheld" if good else "\nMISSED")
    sys.exit(0 if good else 1)


main()
