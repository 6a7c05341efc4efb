#!/usr/bin/env python3
"""200 runs of `sonde ping` at once on one host, and raw ones that share an identifier: each counts its
own replies alone, whatever the others get."""
import json
import os
import signal
import subprocess
import time
from datetime import datetime

from _kernel_lab import SONDE, end_with, expect, in_own_network

RUNS, COUNT = 200, 3
SANITIZED = os.environ.get("SONDE_SANITIZED") == "1"
TARGET = {"v4": "127.0.0.1", "v6": "::1"}


def start(family, socket, *words):
    return subprocess.Popen([SONDE, "ping", "--json", "--transport", socket, "-c", str(COUNT), "-i", "500ms",
                             "-W", "20s", *words, TARGET[family]], text=True, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def finish(process):
    out, err = process.communicate(timeout=100)
    expect(process.returncode == 0, f"exit code {process.returncode}: {err}")
    return json.loads(out)


def expect_own_alone(documents):
    for document in documents:
        counts = document["targets"][0]["counts"]
        wanted = {name: COUNT if name in ("sent", "received") else 0 for name in counts}
        expect(counts == wanted, f"{counts}, rejects {document['rejects']}")
        expect(all(p["verified"] for p in document["targets"][0]["probes"]), "a reply without proof")


def together(family, socket, runs, *words):
    return [finish(run) for run in [start(family, socket, *words) for _ in range(runs)]]


def many_at_once(family, socket):
    expect_own_alone(together(family, socket, 50 if SANITIZED else RUNS))


def one_identifier(family, runs):
    """Every raw socket gets the replies to all: the token tells them apart."""
    documents = together(family, "raw", runs, "-e", "7")
    expect_own_alone(documents)
    others = sum(d["rejects"]["token"] for d in documents)
    # A machine that starts one long after the other has few of them beside each other.
    expect(others >= runs // 2, f"they did not meet: {others} replies to others in {runs} runs")


def identifier_taken(family):
    """Of datagram sockets the kernel gives an identifier to one alone."""
    words = [SONDE, "ping", "--ndjson", "--transport", "dgram", "-e", "7", TARGET[family]]
    with subprocess.Popen([*words, "-i", "100ms", "-c", "1000000", "-W", "20s"], text=True,
                          stdout=subprocess.PIPE) as first:
        events = [json.loads(first.stdout.readline()) for _ in range(3)]  # start, resolve, reply
        second = subprocess.run([*words, "-c", "1"], text=True, capture_output=True, timeout=60)
        ended = time.time()
        while events[-1]["event"] == "reply" and datetime.fromisoformat(events[-1]["sent_at"]).timestamp() <= ended:
            events.append(json.loads(first.stdout.readline()))
        first.send_signal(signal.SIGINT)
        events += map(json.loads, first.stdout)
    expect(second.returncode == 4 and "another program has it" in second.stderr,
           f"{second.returncode}: {second.stdout}{second.stderr}")
    answered = [event["seq"] for event in events if event["event"] == "reply"]
    others = [event["event"] for event in events if event["event"] != "reply"]
    expect(first.returncode == 0 and answered == list(range(1, len(answered) + 1)) and
           others == ["start", "resolve", "summary", "end"], f"the first was disturbed: {events}")


def main():
    in_own_network(nobody=True)
    cases = [(many_at_once, family, socket) for family in TARGET for socket in ("raw", "dgram")]
    cases += [(one_identifier, family, runs) for family in TARGET for runs in (2, 100)]
    cases += [(identifier_taken, family) for family in TARGET]
    end_with(cases)


if __name__ == "__main__":
    main()
