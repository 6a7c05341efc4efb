#!/usr/bin/env python3
"""1,008,000 mutated packets: see tests/netns/_mutated.py. Made for `./dev prove asan-ubsan`."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "netns"))

from _mutated import main  # noqa: E402
from tun_scenarios import KINDS, run_workers  # noqa: E402

main(__file__, KINDS, run_workers, probes=840)
