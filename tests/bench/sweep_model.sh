#!/bin/sh
# sweep_model.sh: 10,000 hosts x 20 probes at 100 ms (100,000 packets a second) behind a TUN device,
# 10 % lost, answers after 1 to 300 ms, with duplicates and forgeries among them. Bars: every count
# and every hole exact, nothing credited to another host, 99 % of the RTTs within 0.2 ms of the
# model; on a raw and a datagram socket. Both under a real-time policy: other work on the machine is
# not what is measured. tests/netns/sweep_model.py is the short form.
# shellcheck source=tests/bench/_sweep_lab.sh
. "$(dirname -- "$0")/_sweep_lab.sh"
model() { python3 "$root/tests/netns/sweep_model.py" --inside --hosts 10000 --realtime "$@" || missed=1; }
for kind in raw dgram; do
  model --rtt --transport "$kind"
  echo "the same with answers after up to 3 s, 150,000 probes in flight:"
  model --slowest 3000 --transport "$kind"
done
exit "$missed"
