#!/usr/bin/env python3
"""SIGSTOP for a minute, then SIGCONT: see tests/cli/_clocks.py."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "cli"))

from _clocks import check_stopped  # noqa: E402
from _cli import Checks  # noqa: E402
from _kernel_lab import in_own_network  # noqa: E402
from _sends import ask_for_real_time  # noqa: E402

if __name__ == "__main__":
    in_own_network()
    ask_for_real_time()
    checks = Checks()
    check_stopped(checks, seconds=60)
    checks.finish()
