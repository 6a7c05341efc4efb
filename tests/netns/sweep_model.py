#!/usr/bin/env python3
"""sweep_model.py: a sweep of many hosts behind a TUN device, checked probe by probe.

sweep_model.py [--hosts N] [--rounds N] [--interval MS] [--rate PPS] [--fastest MS] [--slowest MS]
               [--transport raw|dgram] [--nobody] [--rtt] [--realtime] [--at-once]
netns_sweep_tun plays the hosts: 10 % of the requests are lost by a draw each, host h always answers
after the same time between --fastest (1) and --slowest (300), 1 % of the answers come twice, and 1 %
are preceded by a forgery from the next host's address. Its books say what became of each request.
`sonde sweep -C` must say the same: every count, every hole in every host's row, every duplicate,
and no RTT that is another host's. --rtt also holds 99 % of the RTTs to 0.2 ms of what passed in the
model; --realtime runs both under a real-time policy, so that other work does not delay them.
--at-once wants the answers to all hosts, lost ones aside, to have been under way at one moment.
"""
import argparse
import ipaddress
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from _namespace import own_namespace, skip, together

BUILD = pathlib.Path(os.environ.get("SONDE_BUILD_DIR", "build/release")).resolve()
SONDE = str(pathlib.Path(os.environ.get("SONDE", BUILD / "sonde")).resolve())
MODEL = str(BUILD / "tests" / "netns_sweep_tun")
DEVICE = "sim0"
FIRST = ipaddress.IPv4Address("10.60.0.1")
MANY = 65_536  # targets; beyond them sonde wants a word
NOBODY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--inh-caps=-all",
          "--bounding-set=-all"]
RTT_LIMIT_MS = 0.2
RTT_SHARE = 0.99
# Without --rtt: an RTT is told from another round's, 100 ms apart, on the busiest machine.
OWN_RTT_MS = 40


def network():
    return f"""
link set {DEVICE} txqueuelen 30000
addr add 10.59.0.1/32 dev {DEVICE}
link set {DEVICE} up
route add 10.60.0.0/14 dev {DEVICE}
"""


def sweep(options, program):
    """The finished run, its seconds, and the model's books as text."""
    model = [MODEL, DEVICE, str(FIRST), str(options.hosts), "100", str(options.fastest * 1000),
             str(options.slowest * 1000), "10", "7"]
    if os.geteuid() == 0 and subprocess.run(["chrt", "-f", "10", "true"],
                                            capture_output=True).returncode == 0:
        model = ["chrt", "-f", "10", *model]  # its answers are what the RTTs are compared with
    last = FIRST + options.hosts - 1
    command = [*(["chrt", "-f", "5"] if options.realtime else []),
               *(NOBODY if options.nobody else []), program, "sweep", "--json", "-C",
               str(options.rounds), "-i", f"{options.interval}ms", "-W",
               f"{options.slowest + 700}ms", "--rate", str(options.rate), "--allow",
               "fast,many" if options.hosts > MANY else "fast",
               "--transport", options.transport,
               "-g", str(FIRST), str(last)]
    with tempfile.TemporaryFile("w+") as out, \
            subprocess.Popen(model, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             text=True) as hosts:
        line = hosts.stdout.readline()
        if line.startswith("[skipped]"):
            skip(line[len("[skipped] "):].strip())
        subprocess.run(["ip", "-batch", "-"], input=network(), text=True, check=True)
        started = time.monotonic()
        done = subprocess.run(command, text=True, stdout=out, stderr=subprocess.PIPE, timeout=100)
        took = time.monotonic() - started
        link = subprocess.run(["ip", "-s", "-j", "link", "show", DEVICE], capture_output=True)
        books, _ = hosts.communicate()
        out.seek(0)
        drops = json.loads(link.stdout)[0]["stats64"]["tx"]["dropped"]
        return done, out.read(), took, drops, books.splitlines()


def read_books(lines):
    """Address: a list of (delay_ms, took_ms, copies), one a request; None where it was lost."""
    rows = {}
    for line in lines[:-1]:
        address, _, delay, took, copies = line.split()
        answer = None if delay == "-" else (int(delay) / 1000, int(took) / 1000, int(copies))
        rows.setdefault(address, []).append(answer)
    return rows, lines[-1]


def judge_target(target, row, errors, late):
    """What is wrong with one target, as texts; the RTTs' differences go to `errors`. The model was up to
    `late` ms behind its plan: so long a request may have waited for it as well."""
    answered = [answer for answer in row if answer]
    counts = target["counts"]
    wanted = {"sent": len(row), "received": len(answered), "lost": len(row) - len(answered),
              "late": 0, "in_flight": 0, "errors": 0, "send_failures": 0}
    for name, value in wanted.items():
        if counts[name] != value:
            yield f"{name} is {counts[name]}, not {value}"
    # A target is written when its last probe is answered: the copy of that answer comes after it,
    # and is found in the totals.
    copies = [answer[2] if answer else 0 for answer in row]
    if not sum(copies[:-1]) <= counts["duplicate"] <= sum(copies):
        yield f"duplicate is {counts['duplicate']}, not {sum(copies)}"
    for number, (probe, answer) in enumerate(zip(target["probes"], row, strict=True), start=1):
        if (probe["rtt_ms"] is None) != (answer is None):
            yield f"probe {number}: RTT {probe['rtt_ms']}, but the model says {answer}"
        elif answer:
            if abs(probe["rtt_ms"] - answer[1]) > OWN_RTT_MS + late:
                yield f"probe {number}: {probe['rtt_ms']} ms is not its RTT ({answer[1]} ms)"
            errors.append(probe["rtt_ms"] - answer[1])


def judge(done, text, drops, rows, options):
    try:
        document = json.loads(text)
    except ValueError:
        return [f"no JSON; exit code {done.returncode}: {done.stderr.strip()}"], []
    wrong = []
    errors = []
    if drops:
        wrong.append(f"the device dropped {drops}: nothing can be said")
    copies = sum(answer[2] for row in rows.values() for answer in row if answer)
    if document["totals"]["counts"]["duplicate"] != copies:
        wrong.append(f"{document['totals']['counts']['duplicate']} duplicates, not {copies}")
    late = max((answer[1] - answer[0] for row in rows.values() for answer in row if answer), default=0)
    targets = {target["address"]: target for target in document["targets"]}
    if len(targets) != options.hosts or len(document["targets"]) != options.hosts:
        wrong.append(f"{len(document['targets'])} targets, {len(targets)} addresses")
    for address, target in targets.items():
        row = rows.get(address, [])
        if len(row) != options.rounds or len(target["probes"]) != options.rounds:
            told = len(target["probes"])
            wrong.append(f"{address}: {len(row)} requests came, {told} probes were told")
        else:
            wrong += [f"{address}: {what}" for what in judge_target(target, row, errors, late)]
    silent = sum(not any(row) for row in rows.values())
    if done.returncode != (1 if silent else 0):
        wrong.append(f"exit code {done.returncode}, {silent} hosts silent: {done.stderr.strip()}")
    return wrong, errors


def report(errors, rows, took, last_line):
    own = sorted(abs(a[1] - a[0]) for row in rows.values() for a in row if a)
    far = sorted(abs(error) for error in errors)
    within = sum(error <= RTT_LIMIT_MS for error in far) / max(1, len(far))
    print(f"{len(rows)} hosts, {sum(map(len, rows.values()))} probes in {took:.2f} s; {last_line}")
    print(f"RTT against what passed in the model: median {statistics.median(errors) * 1000:.0f} us,"
          f" 99 % within {far[int(len(far) * 0.99)] * 1000:.0f} us, most"
          f" {far[-1] * 1000:.0f} us; {within:.4%} within {RTT_LIMIT_MS} ms"
          f" (the model itself: 99 % within {own[int(len(own) * 0.99)] * 1000:.0f} us of its plan)")
    return within


def inside(options):
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    groups = "0 2147483647" if options.nobody else "0 0"
    pathlib.Path("/proc/sys/net/ipv4/ping_group_range").write_text(groups + "\n")
    with tempfile.TemporaryDirectory() as scratch:
        os.chmod(scratch, 0o755)
        program = shutil.copy(SONDE, scratch)  # where anybody may run it
        os.chmod(program, 0o755)
        done, text, took, drops, lines = sweep(options, program)
    rows, last_line = read_books(lines)
    wrong, errors = judge(done, text, drops, rows, options)
    words = last_line.split()
    answered, under_way = (int(words[words.index(word) + 1]) for word in ("answered", "under_way"))
    if options.at_once and under_way < answered:
        wrong.append(f"{under_way} answers of {answered} were under way at once")
    for what in wrong[:20]:
        print(what)
    within = report(errors, rows, took, last_line) if errors else 0
    print(f"{options.transport}{' as uid 65534' if options.nobody else ''}: {len(wrong)} wrong")
    return 1 if wrong or (options.rtt and within < RTT_SHARE) else 0


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--inside", action="store_true")
    parser.add_argument("--hosts", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--interval", type=int, default=100)
    parser.add_argument("--rate", type=int)
    parser.add_argument("--fastest", type=int, default=1)
    parser.add_argument("--slowest", type=int, default=300)
    parser.add_argument("--transport", default="raw")
    parser.add_argument("--nobody", action="store_true")
    parser.add_argument("--rtt", action="store_true")
    parser.add_argument("--realtime", action="store_true")
    parser.add_argument("--at-once", action="store_true")
    options = parser.parse_args()
    options.rate = options.rate or options.hosts * 1000 // options.interval
    return options


def main():
    options = arguments()
    if options.inside:
        return inside(options)
    unshare = own_namespace("chrt", programs=(MODEL, SONDE), tun=True)
    again = [*unshare, sys.executable, __file__, "--inside"]
    given = sys.argv[1:]
    if "--transport" in given:
        return subprocess.run([*again, *given]).returncode
    return together(subprocess.run([*again, *given, "--transport", kind]).returncode
                    for kind in ("raw", "dgram"))


if __name__ == "__main__":
    sys.exit(main())
