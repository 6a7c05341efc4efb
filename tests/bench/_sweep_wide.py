"""The measurement of sweep_wide.sh: one run over 127.0.0.0/8 between runs over a /16 of it."""
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


def sweep(prefix, *options, out=subprocess.PIPE):
    """Seconds, KiB and standard output of one whole process."""
    command = ["/usr/bin/time", "-f", "%M", SONDE, "sweep", "-q", "-r", "0", "--rate", "max",
               *options, prefix]
    started = time.perf_counter()
    done = subprocess.run(command, text=True, stdout=out, stderr=subprocess.PIPE, timeout=900)
    seconds = time.perf_counter() - started
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit code {done.returncode}: {done.stderr}")
    return seconds, int(done.stderr.split()[-1]), done.stdout


def narrow_rates(times):
    return [NARROW / sweep("127.0.0.0/16", "--stats", "totals")[0] for _ in range(times)]


def main():
    narrow = narrow_rates(11)
    seconds, peak, text = sweep("127.0.0.0/8", "--stats", "totals")
    narrow += narrow_rates(10)
    rate = WIDE / seconds
    ratio = rate / statistics.median(narrow)
    print(f"/16: {statistics.median(narrow):,.0f} targets/s (median of {len(narrow)})")
    print(f"/8:  {rate:,.0f} targets/s, {seconds:.2f} s, peak {peak} KiB; ratio {ratio:.3f}")
    alive = next(line.split()[0] for line in text.splitlines() if line.endswith(" alive"))
    print(f"alive: {alive} of {WIDE}")
    _, ndjson_peak, _ = sweep("127.0.0.0/12", "--ndjson", out=subprocess.DEVNULL)
    print(f"NDJSON of 1,048,574 targets: peak {ndjson_peak} KiB")
    held = alive == str(WIDE) and max(peak, ndjson_peak) <= MEMORY_KIB and ratio >= LEAST_RATE
    return 0 if held else 1


sys.exit(main())
