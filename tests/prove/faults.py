#!/usr/bin/env python3
"""Every system call of `sonde ping` x 14 errors x {once, 3..5, for ever}: _faults.py says what must
hold. Arguments choose: faults.py sendto ENOBUFS."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "cli"))

from _faults import cases, prove  # noqa: E402

if __name__ == "__main__":
    words = sys.argv[1:]
    prove([case for case in cases() if all(word in str(case) for word in words)])
