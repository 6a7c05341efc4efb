#!/bin/sh
# sweep_memory.sh: statistics kept for each of up to 1,000,000 targets, three probes each. Bars:
# <= 128 bytes a target beside the base; time linear from 10,000 on (exponent 1.00 +- 0.05).
# shellcheck source=tests/bench/_sweep_lab.sh
. "$(dirname -- "$0")/_sweep_lab.sh"
python3 "$here/_sweep_memory.py"
