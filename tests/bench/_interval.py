#!/usr/bin/env python3
"""Send times of 1,000 probes at 10 ms, read off a capture, for sonde and iputils' ping."""
import os
import subprocess
import sys
import tempfile

COUNT = int(os.environ.get("COUNT", "1000"))
INTERVAL = 0.010
WANTED = (COUNT - 1) * INTERVAL


def sent_times(command):
    """The capture's stamps of all echo requests, in order. tcpdump ends by itself after COUNT."""
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "capture.pcap")
        capture = subprocess.Popen(
            ["tcpdump", "-i", "lo", "-nn", "--immediate-mode", "-Z", "root", "-c", str(COUNT),
             "--time-stamp-precision=nano", "-w", file, "icmp[icmptype] == icmp-echo"],
            stderr=subprocess.PIPE, text=True)
        capture.stderr.readline()  # "listening on": from here on nothing is missed
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        try:
            capture.communicate(timeout=5)
        except subprocess.TimeoutExpired:  # fewer were sent than asked for
            capture.terminate()
            capture.communicate()
        text = subprocess.run(["tcpdump", "-nn", "-tt", "--time-stamp-precision=nano", "-r", file],
                              capture_output=True, text=True, check=True).stdout
    return [float(line.split()[0]) for line in text.splitlines()]


def measure(name, command):
    times = sent_times(command)
    if len(times) != COUNT:
        print(f"{name}: {len(times)} probes seen instead of {COUNT}")
        return False
    span = times[-1] - times[0]
    error = (span / WANTED - 1) * 100
    gaps = sorted(b - a for a, b in zip(times, times[1:]))
    print(f"{name}: {span:.4f} s ({error:+.3f} %), gaps median {gaps[len(gaps) // 2] * 1e3:.3f} ms,"
          f" p99 {gaps[len(gaps) * 99 // 100] * 1e3:.3f} ms, max {gaps[-1] * 1e3:.3f} ms")
    return abs(error) <= 0.5


def main():
    sonde = [os.environ["SONDE"], "ping", "-q", "-i", "10ms", "-c", str(COUNT), "127.0.0.1"]
    peer = ["ping", "-q", "-i", "0.01", "-c", str(COUNT), "127.0.0.1"]
    good = measure("sonde, answered ", sonde)
    measure("iputils, answered", peer)
    subprocess.run(["nft", "add table ip bench; "
                    "add chain ip bench in { type filter hook input priority 0; }; "
                    "add rule ip bench in icmp type echo-request drop"], check=True)
    good = measure("sonde, all lost  ", sonde + ["-W", "1"]) and good
    measure("iputils, all lost", peer + ["-W", "1"])
    sys.exit(0 if good else 1)


main()
