#!/usr/bin/env python3
"""many_at_once.py: answers that come while sonde still sends: hundreds of targets, packets as large as
they get, a preload. Loopback answers before the send returns, so that whatever does not fit into the
socket's buffer meanwhile is lost there. None may be, for raw and datagram sockets, IPv4 and IPv6."""
import json
import subprocess

from _kernel_lab import SONDE, end_with, expect, in_own_network

LARGEST = "60000"


def run(*words):
    done = subprocess.run([SONDE, "ping", "--json", "-W", "10s", *words], capture_output=True, text=True,
                          timeout=120, check=False)
    expect(done.returncode == 0, f"exit code {done.returncode}: {done.stderr[:500]}")
    document = json.loads(done.stdout)
    expect(document["dropped"] == 0, f"{document['dropped']} dropped")
    return [target["counts"] for target in document["targets"]]


def all_answered(each, counts, number):
    expect(len(counts) == number, f"{len(counts)} targets")
    wrong = [one for one in counts if one["sent"] != each or one["received"] != each]
    expect(not wrong, f"{len(wrong)} of {number} targets lost answers, {wrong[:1]}")


def targets(socket, number):
    hosts = [f"127.0.{index // 200}.{index % 200 + 1}" for index in range(number)]
    all_answered(3, run("--transport", socket, "-c3", "-i10ms", *hosts), number)


def large(socket):
    hosts = [f"127.0.0.{index + 1}" for index in range(50)]
    all_answered(3, run("--transport", socket, "-c3", "-i50ms", "-s", LARGEST, *hosts), len(hosts))


def preload(socket, host, size, number):
    all_answered(number, run("--transport", socket, "-l", str(number), "-c", str(number), "-s", size, host), 1)


if __name__ == "__main__":
    in_own_network()
    SOCKETS = ("raw", "dgram")
    end_with([*((targets, socket, number) for socket in SOCKETS for number in (300, 1000)),
              *((large, socket) for socket in SOCKETS),
              *((preload, socket, host, *what) for socket in SOCKETS for host in ("127.0.0.1", "::1")
                for what in (("56", 20000), (LARGEST, 100)))])
