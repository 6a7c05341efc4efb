#!/usr/bin/env python3
"""A monotonic clock near 0, a wall clock that jumps by hours: see _clocks.py. A long stop is in
tests/prove/clocks.py."""

from _cli import Checks, need_icmp
from _clocks import check_monotonic, check_wall

if __name__ == "__main__":
    need_icmp()
    checks = Checks()
    check_monotonic(checks)
    check_wall(checks)
    checks.finish()
