"""The measurement of truth.sh. PROBES: probes of each run (2,000)."""
import contextlib
import ctypes
import json
import os
import pathlib
import re
import shutil
import socket
import statistics
import struct
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "netns"))
from _kernel_lab import expect, sh  # noqa: E402

PROBES = int(os.environ.get("PROBES", "2000"))
INTERVAL_MS = 2
TRIES = 3
VERDICTS = ("held, client", "held, server", "undecided", "MISSED")
SONDE = os.environ["SONDE"]
TARGET = {"v4": "10.89.0.2", "v6": "fd89::2"}
REQUEST, REPLY = {"v4": 8, "v6": 128}, {"v4": 0, "v6": 129}
ETHERTYPE = {"v4": 0x0800, "v6": 0x86DD}
ETH_P_ALL, SO_TIMESTAMPNS, SO_RCVBUFFORCE = 3, 35, 33
BARS = {"idle": (1.0, 5.0), "busy": (None, 20.0)}  # us: median, 99 %
CLIENT, SERVER = f"sonde-truth-{os.getpid()}-c", f"sonde-truth-{os.getpid()}-s"


@contextlib.contextmanager
def pair():
    """Two namespaces, and a veth pair between them."""
    try:
        for name in (CLIENT, SERVER):
            sh(f"ip netns add {name}")
            sh(f"ip -n {name} link set lo up")
            for scope in ("all", "default"):
                sh(f"ip netns exec {name} sysctl -qw net.ipv6.conf.{scope}.accept_dad=0")
        sh(f"ip -n {CLIENT} link add wire type veth peer name wire netns {SERVER}")
        for name, host in ((CLIENT, 1), (SERVER, 2)):
            sh(f"ip -n {name} addr add 10.89.0.{host}/24 dev wire")
            sh(f"ip -n {name} addr add fd89::{host}/64 dev wire nodad")
            sh(f"ip -n {name} link set wire up")
        sh(f"ip netns exec {CLIENT} sysctl -qw net.ipv4.ping_group_range='0 2147483647'", check=False)
        for target in TARGET.values():  # until the neighbours know each other
            sh(f"ip netns exec {CLIENT} {SONDE} -q -o -i 50ms -W 5s -w 20s {target}")
        yield
    finally:
        for name in (CLIENT, SERVER):
            sh(f"ip netns del {name}", check=False)


class Capture:
    """A packet socket on one end of the pair that is read only when the run is over: whoever waits for
    packets is woken by each, and then the probe leaves microseconds late."""

    def __init__(self, namespace):
        libc = ctypes.CDLL(None, use_errno=True)
        with open("/proc/self/ns/net") as home, open(f"/run/netns/{namespace}") as there:
            libc.setns(there.fileno(), 0)
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
            libc.setns(home.fileno(), 0)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.setblocking(False)
        self.socket.bind(("wire", ETH_P_ALL))

    def moments(self, family):
        """By sequence, in ns: when the requests passed, and when the replies did."""
        requests, replies = {}, {}
        for at, icmp in self.messages(family):
            sequence = struct.unpack(">H", icmp[6:8])[0]
            if icmp[0] == REQUEST[family]:
                requests[sequence] = at
            elif icmp[0] == REPLY[family]:
                replies.setdefault(sequence, at)
        self.socket.close()
        return requests, replies

    def messages(self, family):
        with contextlib.suppress(BlockingIOError):
            while True:
                packet, control, _, sender = self.socket.recvmsg(2048, 256)
                if sender[1] == ETHERTYPE[family]:
                    seconds, nanoseconds = struct.unpack("qq", control[0][2])
                    header = 40 if family == "v6" else (packet[0] & 15) * 4
                    yield seconds * 10**9 + nanoseconds, packet[header:]


def run(command):
    done = subprocess.run(["ip", "netns", "exec", CLIENT, *command], text=True, capture_output=True,
                          timeout=60 + PROBES * INTERVAL_MS / 500)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: {done.stdout[-500:]}{done.stderr}")
    return done.stdout


def sonde(family, kind):
    document = json.loads(run([SONDE, "ping", "--json", "--transport", kind, "-c", str(PROBES), "-i",
                               f"{INTERVAL_MS}ms", TARGET[family]]))
    return {p["seq"]: p["rtt_ms"] for p in document["targets"][0]["probes"] if p["rtt_ms"] is not None}


def iputils(family, kind):
    """Datagram sockets without any capability, else its raw socket: as it chooses itself."""
    # ping takes the datagram socket where it may; without the sysctl it falls back to the raw one.
    allowed = "0 2147483647" if kind == "dgram" else "1 0"
    sh(f"ip netns exec {CLIENT} sysctl -qw net.ipv4.ping_group_range='{allowed}'")
    try:
        out = run(["ping", "-c", str(PROBES), "-i", str(INTERVAL_MS / 1000), TARGET[family]])
    finally:
        sh(f"ip netns exec {CLIENT} sysctl -qw net.ipv4.ping_group_range='0 2147483647'")
    return {int(seq): float(rtt) for seq, rtt in re.findall(r"icmp_seq=(\d+) .*time=([\d.]+) ms", out)}


class Compared:
    """What one RTT says, in us, beside the captures of the same packets, in ns. The reply is stamped as it
    arrives. The request is stamped twice: at the client's end before the capture copies it and hands it to
    the interface, and at the server's end, behind a wire of no length, as it arrives. It left between
    those two, and no capture can say when."""

    def __init__(self, said, asked, arrived, answered):
        longest, shortest = (answered - asked) / 1000, (answered - arrived) / 1000
        self.error = max(0.0, said - longest, shortest - said)  # what is proven wrong
        self.client = abs(said - longest)  # as if the client's capture knew
        self.server = abs(said - shortest)  # as if the server's did


def compared(tool, family, kind):
    """Every RTT that the tool and both captures know."""
    captures = [Capture(CLIENT), Capture(SERVER)]
    said = tool(family, kind)
    (asked, answered), (arrived, _) = (capture.moments(family) for capture in captures)
    known = [Compared(rtt * 1000, asked[seq], arrived[seq], answered[seq]) for seq, rtt in said.items()
             if seq in asked and seq in arrived and seq in answered]
    expect(len(known) >= PROBES * 0.99, f"only {len(known)} of {PROBES} RTTs to compare")
    return known


@contextlib.contextmanager
def busy(wanted):
    """Both processors kept busy; bounded, should nobody end it."""
    loops = []
    try:
        if wanted:
            loops = [subprocess.Popen(["timeout", "120", "taskset", "-c", str(cpu), sys.executable, "-c",
                                       "while True: pass"]) for cpu in sorted(os.sched_getaffinity(0))]
        yield
    finally:
        for loop in loops:
            loop.terminate()
            loop.wait()


def summary(values):
    """Median, 99 %, worst."""
    values = sorted(values)
    return statistics.median(values), statistics.quantiles(values, n=100)[98], values[-1]


def within(numbers, bars):
    return all(bar is None or number <= bar for number, bar in zip(numbers, bars))


def verdict(seen, bars):
    """By one capture alone where that will do, the client's first; else only what both prove counts."""
    for end in ("client", "server"):
        if within(summary(getattr(one, end) for one in seen), bars):
            return f"held, {end}"
    return "undecided" if within(summary(one.error for one in seen), bars) else "MISSED"


def row(tool, load, family, kind):
    """Prints it; the verdict on sonde."""
    with busy(load == "busy"):
        seen = compared(tool, family, kind)
    found = verdict(seen, BARS[load]) if tool is sonde else ""
    cells = [tool.__name__, load, f"{family}, {kind}", len(seen)]
    for what in ("client", "server", "error"):
        numbers = summary(getattr(one, what) for one in seen)
        cells.append(", ".join(f"{number:.2f}" for number in numbers))
    print("|", " | ".join(map(str, [*cells, found])), "|", flush=True)
    return found


def settled(load, family, kind):
    """Measured again while the captures leave it open."""
    for _ in range(TRIES):
        found = row(sonde, load, family, kind)
        if found != "undecided":
            break
    return found


def main():
    verdicts = []
    print("\nMedian, 99 %, worst in us. client: from the client's capture alone; server: from the server's\n"
          "alone; error: outside of both. Bars: idle median 1, 99 % 5; busy 99 % 20.\n\n"
          "| program | load | socket | RTTs compared | client | server | error | |\n"
          "|---|---|---|---|---|---|---|---|")
    with pair():
        for load in BARS:
            for family in TARGET:
                for kind in ("raw", "dgram"):
                    verdicts.append(settled(load, family, kind))
                    if shutil.which("ping"):
                        row(iputils, load, family, kind)
    print("\n" + ", ".join(f"{verdicts.count(one)} {one}" for one in VERDICTS if one in verdicts))
    if "undecided" in verdicts:
        print("undecided: no RTT is proven wrong by more than the bars; the captures are too far apart to say more")
    sys.exit(1 if "MISSED" in verdicts else 0)


if __name__ == "__main__":
    main()
