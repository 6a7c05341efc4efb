#!/usr/bin/env python3
"""A part of the table of _faults.py: each system call with errors of each kind. tests/prove/faults.py
takes all of it."""

from _faults import cases, prove

# A full queue, an interrupt, a firewall, what may mean an answer, what cannot be.
SOME = {"EAGAIN": ("for ever",), "EPERM": ("3..5",), "EHOSTUNREACH": ("once",), "EINVAL": ("for ever",)}

if __name__ == "__main__":
    prove([case for case in cases() if case.when in SOME.get(case.error, ())])
