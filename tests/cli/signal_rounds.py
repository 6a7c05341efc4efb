#!/usr/bin/env python3
"""A few signals at random moments: see _rounds.py. tests/prove/signals.py sends 1,000."""

from _rounds import prove

if __name__ == "__main__":
    prove(rounds=90)
