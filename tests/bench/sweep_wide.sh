#!/bin/sh
# sweep_wide.sh: all 16,777,214 addresses of 127.0.0.0/8, only counted. Bars: all found, resident
# memory <= 64 MiB, and the rate within 10 % of that of 65,534 addresses in the same run.
# shellcheck source=tests/bench/_sweep_lab.sh
. "$(dirname -- "$0")/_sweep_lab.sh"
python3 "$here/_sweep_wide.py" || missed=1
echo "bare loop, for comparison:"
"$bare" 127.0.0.1 16777214 || :
exit "$missed"
