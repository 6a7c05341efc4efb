#!/usr/bin/env python3
"""tun_scenarios.py: the real program in front of the simulated network.

Every scenario of tests/sim/scenarios with "tun": true runs behind a TUN device in a network
namespace of its own, over raw and datagram sockets, IPv4 and IPv6. The counts of `sonde ping
--json` must be those that the scenario expects; what was turned away must be counted by its cause,
there and with -v; the run must end by its last send + time-out + 1 s, as it says and as it is seen.
Packets never leave the namespace. Arguments: names of scenarios (all, unless given).
"""
import datetime
import json
import os
import pathlib
import re
import socket as sockets
import subprocess
import sys
import time

from _namespace import own_namespace, skip, together
from _stalls import Stalls, undisturbed

SOURCE = pathlib.Path(os.environ.get("SONDE_SOURCE_DIR", pathlib.Path(__file__).parents[2]))
BUILD = pathlib.Path(os.environ.get("SONDE_BUILD_DIR", "build/release")).resolve()
SONDE = str(pathlib.Path(os.environ.get("SONDE", BUILD / "sonde")).resolve())
MODEL = str(BUILD / "tests" / "netns_tun_model")
SCENARIOS = SOURCE / "tests" / "sim" / "scenarios"
DEVICE = "sim0"
# s: what a process needs before its first word and after its last. Here, beside other work, 0.02 at most,
# with a sanitizer 0.1; the rest is for a machine that is four times slower, and busier. What is held goes
# on for as long as packets come.
AROUND = 5
STALL = 0.05  # s: who stands still for less brings no answer over a limit of the scenarios
NETLINK_ROUTE, RTMGRP_IPV6_ROUTE = 0, 0x400  # rtnetlink(7)
KINDS = [(family, socket) for family in ("v4", "v6") for socket in ("raw", "dgram")]
ADDRESSES = f"""
addr add 203.0.113.2/24 dev {DEVICE}
addr add 2001:db8:5::2/64 dev {DEVICE} nodad
link set {DEVICE} up
route add default dev {DEVICE}
route add ::/0 dev {DEVICE}
"""


def configure():
    """Gives the device its addresses. The kernel puts an IPv6 address into its local table by a job
    of its own, and tells: what comes before is not for us."""
    with sockets.socket(sockets.AF_NETLINK, sockets.SOCK_RAW, NETLINK_ROUTE) as told:
        told.bind((0, RTMGRP_IPV6_ROUTE))
        told.settimeout(10)
        subprocess.run(["ip", "-batch", "-"], input=ADDRESSES, text=True, check=True)
        while not subprocess.run(["ip", "-6", "route", "show", "table", "local", "2001:db8:5::2"],
                                 text=True, capture_output=True, check=True).stdout:
            told.recv(65536)  # the next change of a route


def model_command(path, family):
    """The network keeps its own time, however busy the machine is: a model that is kept waiting is
    a path that delays its answers. Without the right to a real-time policy it must do as it is."""
    realtime = ["chrt", "--fifo", "1"]
    allowed = subprocess.run([*realtime, "true"], capture_output=True).returncode == 0
    return [*(realtime if allowed else []), MODEL, str(path), family, DEVICE]


def load(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    return json.loads("\n".join(line for line in lines if not line.lstrip().startswith("//")))


def selected(names):
    for path in sorted(SCENARIOS.glob("*.json")):
        scenario = load(path)
        if path.stem.startswith("trace_"):
            continue  # another mode, another model
        if path.stem in names if names else scenario.get("tun"):
            yield path, scenario


def expected_counts(scenario, family, socket):
    """One object a target, as in the file; patches of family and socket laid over."""
    counts = scenario["expect"]["counts"]
    for patched, key in ((family == "v6", "expect_v6"), (socket == "dgram", "expect_dgram")):
        if patched:
            counts = {**counts, **scenario.get(key, {}).get("counts", {})} \
                if isinstance(counts, dict) else counts
    return counts if isinstance(counts, list) else [counts]


def address(target, scenario, family):
    if isinstance(target, dict):
        return target[family]
    host = scenario.get("network", {}).get("hosts", [{}])[target - 1]
    return host.get(family, ("192.0.2." if family == "v4" else "2001:db8::") + str(target))


def arguments(scenario, family, socket):
    ping = scenario["ping"]
    words = ["ping", "--json", "-v", "--transport", socket, "-4" if family == "v4" else "-6",
             "-c", str(ping.get("count", 1000)),
             "-i", f"{ping.get('interval_ms', 1000)}ms", "-W", f"{ping.get('timeout_ms', 1000)}ms"]
    for key, option, unit in (("payload_bytes", "-s", ""), ("ttl", "-t", ""), ("tos", "-Q", ""),
                              ("preload", "-l", ""), ("deadline_ms", "-w", "ms"),
                              ("until_replies", "--until-replies", "")):
        if key in ping:
            words += [option, f"{ping[key]}{unit}"]
    if ping.get("dont_fragment"):
        words.append("--df")
    return words + [address(target, scenario, family) for target in ping.get("targets", [1])]


def differences(actual, wanted):
    for name, value in actual.items():
        want = wanted.get(name, 0)
        low, high = want if isinstance(want, list) else (want, want)
        if not low <= value <= high:
            yield f"{name} is {value}, not {want}"


def judge(done, scenario, family, socket):
    """What is wrong with a finished run; nothing, if nothing is."""
    try:
        document = json.loads(done.stdout)
    except ValueError:
        yield f"no JSON; exit code {done.returncode}, {done.stderr.strip()}"
        return
    wanted = expected_counts(scenario, family, socket)
    for number, target in enumerate(document["targets"]):
        counts = target["counts"]
        yield from differences(counts, wanted[number])
        parts = ("received", "late", "lost", "errors", "send_failures", "in_flight")
        if counts["sent"] != sum(counts[part] for part in parts):
            yield "the counts do not add up"
        for probe in target["probes"]:
            if probe["rtt_ms"] is not None and probe["rtt_ms"] < 0:
                yield f"probe {probe['seq']} has a negative RTT"
    yield from end_in_time(document, done.took)
    yield from turned_away(document["rejects"], scenario, family, socket)
    counted = {cause: count for cause, count in document["rejects"].items() if count}
    if told_by_cause(done.stderr) != counted:
        yield f"-v does not tell of {counted}: {done.stderr.strip()}"
    answered = all(t["counts"]["received"] + t["counts"]["late"] for t in document["targets"])
    if done.returncode != (0 if answered else 1):
        yield f"exit code {done.returncode}, {done.stderr.strip()}"
    if document["end_reason"] != scenario["expect"].get("end", "count"):
        yield f"it ended by {document['end_reason']}"


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def run_to_its_end(command):
    """The finished run; .took: how long, by our clock."""
    started = time.monotonic()
    done = subprocess.run(command, text=True, capture_output=True, timeout=60)
    done.took = time.monotonic() - started
    return done


def end_in_time(document, took):
    """Whatever is received: by the word of the document, and by the clock of who waits, `took`."""
    sent = [instant(probe["sent_at"]) for target in document["targets"] for probe in target["probes"]]
    if not sent:
        return
    limit = document["options"]["timeout_ms"] / 1000 + 1
    late = (instant(document["ended"]) - max(sent)).total_seconds()
    if late > limit:
        yield f"it ends {late} s after its last send"
    sending = (max(sent) - instant(document["started"])).total_seconds()
    if took > sending + limit + AROUND:
        yield f"it is gone {took - sending:.3f} s after its last send, and says {late} s"


def turned_away(rejects, scenario, family, socket):
    """The causes that the simulation counts for a raw socket. The kernel turns away some of it itself:
    other identifiers and types and what is too short by our filter, wrong checksums for all sockets
    but raw IPv4 ones; those are at most as many."""
    wanted = scenario["expect"].get("rejects", {})
    exact = {"token", "source"} | ({"checksum"} if (family, socket) == ("v4", "raw") else set())
    for cause in rejects.keys() | wanted.keys():
        count, want = rejects.get(cause, 0), wanted.get(cause, 0)
        if count > want or (cause in exact and count < want):
            yield f"{count} rejected for their {cause}, not {want}"


def told_by_cause(errors):
    """The rejects in the words of -v."""
    told = re.search(r"^sonde: ignored (\d+) packets?: (.*)$", errors, re.MULTILINE)
    if not told:
        return {}
    causes = {cause: int(count) for count, cause in map(str.split, told[2].split(", "))}
    assert sum(causes.values()) == int(told[1]), told[0]
    return causes


def judge_words(done, scenario, family, socket):
    """The same beside text, whose lines show none of it."""
    yield from turned_away(told_by_cause(done.stderr), scenario, family, socket)
    if not scenario["expect"]["counts"].get("received") and "bytes from" in done.stdout:
        yield f"it shows a reply: {done.stdout}"


def run_one(path, scenario, family, socket):
    with subprocess.Popen(model_command(path, family), stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as model:
        try:
            line = model.stdout.readline()
            if line.startswith("[skipped]"):
                skip(line[len("[skipped] "):].strip())
            if line != "ready\n":
                return ["the model did not start"]
            configure()
            command = [SONDE, *arguments(scenario, family, socket)]
            done = run_to_its_end(command)
            wrong = list(judge(done, scenario, family, socket))
            if path.stem.startswith("dishonest_"):
                command.remove("--json")
                wrong += judge_words(run_to_its_end(command), scenario, family, socket)
            return wrong
        except subprocess.TimeoutExpired:
            return ["it hangs"]
        finally:
            model.stdin.close()


def worker(family, socket, names):
    """Inside a namespace: all scenarios for one family and kind of socket."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    # Our group is 0 here, whatever it is outside.
    pathlib.Path("/proc/sys/net/ipv4/ping_group_range").write_text("0 0\n")
    stalls, failed, runs = Stalls(STALL), 0, 0
    for path, scenario in selected(names):
        if family not in scenario.get("families", ["v4", "v6"]):
            continue
        if socket not in scenario.get("sockets", ["raw", "dgram"]):
            continue
        runs += 1
        wrong = undisturbed(stalls, f"{path.stem} ({family} {socket})",
                            lambda: run_one(path, scenario, family, socket))
        failed += bool(wrong)
        for what in wrong:
            print(f"{path.stem} ({family} {socket}): {what}")
    print(f"{family} {socket}: {runs} scenarios, {failed} failed")
    return 1 if failed or not runs else 0


def run_workers(script, kinds):
    """The script once more for each kind, in a namespace of its own: --worker KIND... NAME..."""
    unshare = own_namespace(programs=(MODEL, SONDE), tun=True)
    workers = [subprocess.Popen([*unshare, sys.executable, script, "--worker", *kind,
                                 *sys.argv[1:]]) for kind in kinds]
    return together([child.wait() for child in workers])


if __name__ == "__main__":
    sys.exit(worker(*sys.argv[2:4], sys.argv[4:]) if sys.argv[1:2] == ["--worker"]
             else run_workers(__file__, KINDS))
