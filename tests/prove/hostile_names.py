#!/usr/bin/env python3
"""10,000 hostile names: see tests/cli/_hostile.py."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "cli"))

from _hostile import LISTED, prove  # noqa: E402

if __name__ == "__main__":
    prove(made=10_000, singles=len(LISTED))
