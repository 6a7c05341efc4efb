"""The measurement of sweep_wide.sh: one run over 127.0.0.0/8 between runs over a /16 of it."""
import json
import os
import statistics
import subprocess
import sys
import time

SONDE = os.environ["SONDE"]
WIDE = 16_777_214
NARROW = 65_534
MEMORY_KIB = 64 * 1024
LEAST_RATE = 0.9


def sweep(prefix, *options):
    """Seconds, KiB and standard output of one whole process."""
    command = ["/usr/bin/time", "-f", "%M", SONDE, "sweep", "-q", "-r", "0", "--rate", "max",
               "--stats", "totals", *options, prefix]
    started = time.perf_counter()
    done = subprocess.run(command, text=True, capture_output=True, timeout=900)
    seconds = time.perf_counter() - started
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit code {done.returncode}: {done.stderr}")
    return seconds, int(done.stderr.split()[-1]), done.stdout


def main():
    narrow = [NARROW / sweep("127.0.0.0/16")[0] for _ in range(11)]
    seconds, peak, text = sweep("127.0.0.0/8", "--allow", "many")
    narrow += [NARROW / sweep("127.0.0.0/16")[0] for _ in range(10)]
    rate = WIDE / seconds
    ratio = rate / statistics.median(narrow)
    print(f"/16: {statistics.median(narrow):,.0f} targets/s (median of {len(narrow)})")
    print(f"/8:  {rate:,.0f} targets/s, {seconds:.2f} s, peak {peak} KiB; ratio {ratio:.3f}")
    print(text.rstrip())
    # Counted again by the machine format, which must stay as small.
    _, json_peak, document = sweep("127.0.0.0/8", "--ndjson")
    end = json.loads(document.splitlines()[-1])
    print(f"NDJSON: peak {json_peak} KiB, last line: {json.dumps(end)}")
    all_found = str(WIDE) in text
    return 0 if all_found and peak <= MEMORY_KIB and ratio >= LEAST_RATE else 1


sys.exit(main())
