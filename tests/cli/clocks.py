#!/usr/bin/env python3
"""A monotonic clock near 0, a wall clock that jumps by hours, stamps that are false, a short stop: see
_clocks.py. A long stop is in tests/prove/clocks.py."""

from _clocks import check_clocks, check_stopped
from _cli import Checks
from _kernel_lab import in_own_network
from _sends import ask_for_real_time

if __name__ == "__main__":
    in_own_network()
    ask_for_real_time()
    checks = Checks()
    check_clocks(checks)
    check_stopped(checks, seconds=1)
    checks.finish()
