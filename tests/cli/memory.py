#!/usr/bin/env python3
"""Some of the requests for memory fail: see _memory.py. tests/prove/memory.py takes each of them."""

from _memory import prove

if __name__ == "__main__":
    prove(step=23)
