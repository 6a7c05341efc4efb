#!/bin/sh
# sweep_names.sh: 10,000 names from a name server on loopback that answers after 50 ms. Bars: the
# first probe within 100 ms of the start, all names resolved within 2 s; names that nobody answers for
# cost only themselves. tests/netns/sweep_names.py is the short form.
# shellcheck source=tests/bench/_lab.sh
. "$(dirname -- "$0")/_lab.sh"
python3 "$root/tests/netns/sweep_names.py" --inside --names 10000 --strict
