"""The measurement of peers.sh: _peers.py TITLE PREFIX. Rounds of all programs in turn; medians."""
import ipaddress
import os
import statistics
import subprocess
import sys
import tempfile
import time

ROUNDS = int(os.environ.get("RUNS", "9"))


def commands(prefix):
    """Name, command, and which lines of its output name a host that is alive."""
    net = ipaddress.ip_network(prefix)
    first, last = str(net[1]), str(net[-2])
    return (
        ("sonde", [os.environ["SONDE"], "sweep", "-a", "-r", "0", "--rate", "max", "--allow",
                   "fast", "-g", first, last], lambda line: True),
        ("bare loop", [os.environ["bare"], first, str(net.num_addresses - 2)], None),
        ("fping -i 0", ["fping", "-a", "-r", "0", "-i", "0", "-g", first, last], lambda line: True),
        ("nmap -sn", ["nmap", "-sn", "-n", "-PE", "--disable-arp-ping", "--max-retries", "0", "-T5",
                      "--min-rate", "100000", "-oG", "-", f"{first.rsplit('.', 2)[0]}.0-255.0-255",
                      "--exclude", f"{net[0]},{net[-1]}"], lambda line: "Status: Up" in line),
    )


def once(command):
    """Wall and processor seconds, KiB, and the output of one whole process."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        started = time.perf_counter()
        run = subprocess.Popen(["/usr/bin/time", "-f", "%M %U %S", *command], stdout=out,
                               stderr=err, stdin=subprocess.DEVNULL)
        code = run.wait()
        wall = time.perf_counter() - started
        out.seek(0)
        err.seek(0)
        last = err.read().splitlines()[-1]
        if code != 0:
            sys.exit(f"{' '.join(command)}: exit code {code}: {last}")
        memory, user, system = last.split()
        return wall, float(user) + float(system), int(memory), out.read().splitlines()


def main():
    title, prefix = sys.argv[1:]
    rows = {name: [] for name, _, _ in commands(prefix)}
    alive = {}
    for turn in range(ROUNDS + 1):
        order = commands(prefix)
        for name, command, lists in order if turn % 2 == 0 else order[::-1]:
            *figures, lines = once(command)
            alive[name] = sum(map(lists, lines)) if lists else int(lines[-1].split()[1])
            if turn > 0:  # the first warms up
                rows[name].append(figures)
    ours = [statistics.median(column) for column in zip(*rows["sonde"])]
    print(f"\n{title}, {prefix}, median of {ROUNDS} rounds; ratio = sonde / that program\n")
    print("| program | alive | wall | ratio | processor | ratio | peak memory | ratio |")
    print("|---|---|---|---|---|---|---|---|")
    for name, figures in rows.items():
        wall, cpu, memory = (statistics.median(column) for column in zip(*figures))
        ratio = statistics.median(a[0] / b[0] for a, b in zip(rows["sonde"], figures))
        print(f"| {name} | {alive[name]} | {wall * 1e3:.1f} ms | {ratio:.2f} | {cpu * 1e3:.0f} ms |"
              f" {ours[1] / max(cpu, 1e-9):.2f} | {memory} KiB | {ours[2] / memory:.2f} |")


main()
