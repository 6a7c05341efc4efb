"""_spoofed.py: somebody who does not see our probes writes replies in the name of their target: every
identifier and every sequence that is in flight, with a token that is a guess; then errors about them,
that quote no token, with a checksum that is a guess. None may be believed, and all those that meet an
identifier and sequence of ours are counted as forged. spoofed.py of tests/netns sweeps a part, that
of tests/prove 10,000,000 packets a kind of socket."""
import signal
import subprocess
import sys

from _hostile_tun import Hostile, command, expect, expect_counts, finish, judged

IDENTS = 65536


def heed_interrupts():
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def swept(mode, each, family, socket, probes):
    """`each`: packets for an identifier and sequence."""
    words = ["--json", "-c", str(probes), "-i", "2ms", "-W", "1h"]
    with Hostile("tun_spoofer", mode, probes) as spoofer:
        with subprocess.Popen(command(family, socket, *words), text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, preexec_fn=heed_interrupts) as process:
            told = spoofer.line()
            process.send_signal(signal.SIGINT)
            document, _ = finish(process)
    expect(told == {"swept": IDENTS * probes * each}, f"the sweep is not whole: {told}")
    # All were in flight, from the first forged packet to the last.
    expect_counts(document, sent=probes, in_flight=probes, errors=0, duplicate=0, corrupt=0)
    expect(document["rejects"]["token"] == probes * each, f"not each was met: {document['rejects']}")
    expect(process.returncode == 1, f"exit code {process.returncode}")
    return told["swept"]


def spoofed(family, socket, probes):
    replies = swept("sweep", 1, family, socket, probes)
    errors = swept("errors", 2, family, socket, probes)
    print(f"{family} {socket}: {replies} forged replies and {errors} forged errors, none believed",
          flush=True)


def main(script, kinds, run_workers, probes):
    sys.exit(judged(spoofed, *sys.argv[2:4], probes) if sys.argv[1:2] == ["--worker"]
             else run_workers(script, kinds))
