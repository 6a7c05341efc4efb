"""_spoofed.py: somebody who does not see our probes writes replies in the name of their target: every
identifier and every sequence that is in flight, with a token that is a guess. None may be believed,
and all those that meet an identifier and sequence of ours are counted as forged. spoofed.py of
tests/netns sweeps a part, that of tests/prove 10,000,000 packets a kind of socket."""
import signal
import subprocess
import sys

from _hostile_tun import Hostile, command, expect, expect_counts, finish, judged

IDENTS = 65536


def heed_interrupts():
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def spoofed(family, socket, probes):
    words = ["--json", "-c", str(probes), "-i", "2ms", "-W", "1h"]
    with Hostile("tun_spoofer", "sweep", probes) as spoofer:
        with subprocess.Popen(command(family, socket, *words), text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, preexec_fn=heed_interrupts) as process:
            swept = spoofer.line()
            process.send_signal(signal.SIGINT)
            document = finish(process)
    expect(swept == {"swept": IDENTS * probes}, f"the sweep is not whole: {swept}")
    # All were in flight, from the first forged packet to the last.
    expect_counts(document, sent=probes, in_flight=probes, duplicate=0, corrupt=0)
    expect(document["rejects"]["token"] == probes, f"not each was met: {document['rejects']}")
    expect(process.returncode == 1, f"exit code {process.returncode}")
    print(f"{family} {socket}: {IDENTS * probes} forged replies, none believed", flush=True)


def main(script, kinds, run_workers, probes):
    sys.exit(judged(spoofed, *sys.argv[2:4], probes) if sys.argv[1:2] == ["--worker"]
             else run_workers(script, kinds))
