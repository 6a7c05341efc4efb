"""_trace_model.py: a simulated path behind a TUN device, and what traceroute's likes print of it.

Model(path, destination): the two parts of a scenario file of traces (tests/sim/scenarios/README.md),
in the network namespace that the benchmark runs in. Target: 192.0.2.1; router N: 198.51.100.N.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

TARGET = "192.0.2.1"
SONDE = os.environ["SONDE"]
PROGRAM = str(pathlib.Path(os.environ["SONDE_BUILD_DIR"]) / "tests" / "netns_tun_model")
PATIENCE = 120  # seconds for any command


def router(number):
    return f"198.51.100.{number}"


class Model:
    def __init__(self, path, destination=None):
        self.scenario = {"about": "a benchmark", "path": path, "destination": destination or {},
                         "expect": {}}

    def __enter__(self):
        with tempfile.NamedTemporaryFile("w", prefix="trace_", suffix=".json",
                                         delete=False) as file:
            json.dump(self.scenario, file)
        self.process = subprocess.Popen([PROGRAM, file.name, "v4", "sim0"], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        ready = self.process.stdout.readline()
        os.unlink(file.name)
        if ready != "ready\n":
            sys.exit(f"the model does not start: {ready}")
        for command in ("addr add 203.0.113.2/24 dev sim0", "link set sim0 up",
                        "route add default dev sim0"):
            subprocess.run(["ip", *command.split()], check=True)
        return self

    def __exit__(self, *_):
        self.process.communicate("")


def timed(command):
    """Wall seconds and standard output."""
    started = time.perf_counter()
    done = subprocess.run(command, text=True, capture_output=True, timeout=PATIENCE)
    return time.perf_counter() - started, done.stdout


def responders(text):
    """From traceroute's form of output: {ttl: the addresses that answered, in order}."""
    hops = {}
    for line in text.splitlines():
        row = re.match(r" *(\d+)  ?(.*)", line)
        if row:
            hops[int(row[1])] = re.findall(r"\b\d+\.\d+\.\d+\.\d+\b", row[2])
    return hops
