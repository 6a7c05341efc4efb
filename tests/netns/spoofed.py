#!/usr/bin/env python3
"""A blind spoofer over 786,432 packets a kind of socket: see _spoofed.py."""
from _spoofed import main
from tun_scenarios import KINDS, run_workers

main(__file__, KINDS, run_workers, probes=4)
