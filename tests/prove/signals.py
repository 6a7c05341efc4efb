#!/usr/bin/env python3
"""1,000 signals at random moments: see tests/cli/_rounds.py."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "cli"))

from _rounds import prove  # noqa: E402

if __name__ == "__main__":
    prove(rounds=1000)
