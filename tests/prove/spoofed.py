#!/usr/bin/env python3
"""A blind spoofer over 10,027,008 replies and 20,054,016 errors a kind of socket: see tests/netns/_spoofed.py."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "netns"))

from _spoofed import main  # noqa: E402
from tun_scenarios import KINDS, run_workers  # noqa: E402

main(__file__, KINDS, run_workers, probes=153)
