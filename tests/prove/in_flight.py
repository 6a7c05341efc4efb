#!/usr/bin/env python3
"""70,000 probes in flight to 70,000 hosts, beyond what a 16-bit sequence can tell: each is answered
only when all are out, some from the wrong host first, some twice; see tests/netns/sweep_model.py."""

import os
import subprocess
import sys

MODEL = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "netns", "sweep_model.py")
HOSTS, RATE, FASTEST, SLOWEST = 70_000, 15_000, 6_000, 7_000

if __name__ == "__main__":
    sys.exit(subprocess.run(
        [sys.executable, MODEL, "--hosts", str(HOSTS), "--rounds", "1", "--rate", str(RATE), "--fastest",
         str(FASTEST), "--slowest", str(SLOWEST), "--at-once"], check=False).returncode)
