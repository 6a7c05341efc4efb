#!/usr/bin/env python3
"""24,000 mutated packets: see _mutated.py."""
from _mutated import main
from tun_scenarios import KINDS, run_workers

main(__file__, KINDS, run_workers, probes=20)
