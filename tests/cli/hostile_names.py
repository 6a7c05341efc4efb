#!/usr/bin/env python3
"""Hostile names by reverse look-up and from the hosts file: see _hostile.py."""

from _hostile import LISTED, prove

if __name__ == "__main__":
    prove(made=200, singles=len(LISTED))
