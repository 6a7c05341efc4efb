#!/bin/sh
# sweep_unprivileged.sh: sweeps of uid 65534 on datagram sockets. Bars: 1.5 x those of
# sweep_loopback (against the bare loop on a datagram socket, and against fping as root),
# sweep_sparse and sweep_model; ICMP errors are seen (tests/netns/kernel_sweep.py).
# shellcheck source=tests/bench/_sweep_lab.sh
. "$(dirname -- "$0")/_sweep_lab.sh"
may_become_nobody
first=127.0.0.1
last=127.0.255.254
# shellcheck disable=SC2086 # $nobody: a list of words
{
  echo "loopback, against the bare loop as the same user (bar 1.875):"
  paired --runs "${RUNS:-11}" --limit 1.875 $nobody "$program" sweep -a -r 0 --rate max \
    -g $first $last -- $nobody "$scratch/bare" $first 65534 --dgram
  echo "loopback, against fping as root (bar 0.75):"
  paired --runs "${RUNS:-11}" --limit 0.75 $nobody "$program" sweep -a -r 0 --rate max \
    -g $first $last -- fping -a -r 0 -i 0 -g $first $last
}
echo "1 % answering:"
DGRAM=1 SHARE=0.075 SONDE_IN_LAB=0 "$here/sweep_sparse.sh" || missed=1
echo "the model:"
python3 "$root/tests/netns/sweep_model.py" --inside --hosts 10000 --rtt --realtime --transport dgram \
  --nobody || missed=1
exit "$missed"
