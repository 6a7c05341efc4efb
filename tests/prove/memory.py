#!/usr/bin/env python3
"""Every request for memory fails, one run each: see tests/cli/_memory.py."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "cli"))

from _memory import prove  # noqa: E402

if __name__ == "__main__":
    prove(step=1)
