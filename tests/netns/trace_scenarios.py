#!/usr/bin/env python3
"""trace_scenarios.py: `sonde trace` in front of the simulated paths.

Every scenario trace_* of tests/sim/scenarios with "tun": true runs behind a TUN device in a network
namespace of its own: ICMP and UDP probes, raw sockets as root and other ones as nobody, IPv4 and
IPv6. Root must see the hops that the scenario expects, and nobody the same hops, path MTU and
extensions as root. Packets never leave the namespace. Arguments: names of scenarios (all, unless
given).
"""
import json
import subprocess
import sys

import tun_scenarios
from _kernel_lab import NOBODY, may_become_nobody
from _stalls import Stalls, undisturbed
from tun_scenarios import SCENARIOS, SONDE, STALL, configure, load, model_command, skip

KINDS = [(family, protocol) for family in ("v4", "v6") for protocol in ("icmp", "udp")]
DESTINATION = {"v4": "192.0.2.1", "v6": "2001:db8::1"}
ROUTERS = {"v4": "198.51.100.", "v6": "2001:db8:ff::"}
OPTIONS = {"queries": "-q", "max_ttl": "-m", "first_ttl": "-f", "gap": "--gap", "tos": "-Q"}
TIME_EXCEEDED = {"v4": 11, "v6": 3}


def selected(names):
    for path in sorted(SCENARIOS.glob("trace_*.json")):
        scenario = load(path)
        if path.stem in names if names else scenario.get("tun"):
            yield path, scenario


def by_flow(scenario):
    """Which way a flow takes hangs on ports and identifiers, that nobody can foresee."""
    return any("branches" in segment for segment in scenario["path"])


def arguments(scenario, family, protocol, socket):
    words = ["trace", "--json", "-n", "-P", protocol, "--transport", socket]
    for key, value in scenario.get("trace", {}).items():
        if key == "find_mtu":
            words.append("--mtu")
        else:
            words += [OPTIONS[key], str(value)]
    return [*words, scenario.get("destination", {}).get(family, DESTINATION[family])]


def written(probe, family, destination):
    """One answer as scenario files have it."""
    if probe["outcome"] not in ("reply", "error", "late"):
        return "*" if probe["outcome"] == "timeout" else probe["outcome"]
    if probe["from"] == destination:
        return "d"
    host = int(probe["from"].removeprefix(ROUTERS[family]), 16 if family == "v6" else 10)
    icmp = probe["icmp"]
    other = icmp["type"] != TIME_EXCEEDED[family]
    return f"r{host}" + (f"!{icmp['type']}.{icmp['code']}" if other else "")


def result_of(document, family):
    """Hops, path MTU and extensions."""
    target = document["targets"][0]
    hops, carried = [], []
    for hop in target["hops"]:
        # Behind the queries are the probes that look for the path MTU.
        asked = [p for p in hop["probes"] if (p["send_error"] or {}).get("failure") != "untold"]
        probes = asked[:document["options"]["trace"]["queries"]]
        answers = [written(p, family, target["address"]) for p in probes]
        hops.append(f"{hop['ttl']}: {' '.join(answers)}")
        carried += [p.get("extensions") for p in probes]
    return {"hops": hops, "end": target["end_reason"], "extensions": carried,
            "mtu": target["pmtu"] and (target["pmtu"]["mtu"], target["pmtu"]["evidence"])}


def run_trace(scenario, family, protocol, socket):
    nobody = NOBODY if socket == "dgram" and may_become_nobody() else []
    command = [*nobody, SONDE, *arguments(scenario, family, protocol, socket)]
    done = subprocess.run(command, text=True, capture_output=True, timeout=60)
    try:
        return json.loads(done.stdout)
    except ValueError:
        raise AssertionError(f"no JSON; exit code {done.returncode}, {done.stderr}") from None


def differences(scenario, family, results):
    expect = {**scenario["expect"], **(scenario.get("expect_v6", {}) if family == "v6" else {})}
    for socket, result in results.items():
        if result["end"] != expect["end"]:
            yield f"{socket}: the trace ended by {result['end']}, not {expect['end']}"
        if by_flow(scenario):
            for hop in result["hops"]:
                if len(set(hop.split()[1:])) != 1:
                    yield f"{socket}: one flow, two ways: {hop}"
            continue
        if result["hops"] != expect["hops"]:
            yield f"{socket}: {result['hops']}, not {expect['hops']}"
        if "mtu" in expect and (not result["mtu"] or
                                "{} {}".format(*result["mtu"]) not in expect["mtu"][-1]):
            yield f"{socket}: path MTU {result['mtu']}, not {expect['mtu']}"
    for key in ("mtu", "extensions"):
        if "quote_bytes" not in str(scenario["path"]) and \
                results["raw"][key] != results["dgram"][key]:
            yield f"{key} as root and as nobody differ: {results}"


def nat_marks(scenario, raw):
    """Routers behind the translator quote what it wrote; those before it do not."""
    translators = [i for i, router in enumerate(scenario["path"], start=1) if "nat" in router]
    for hop in raw["targets"][0]["hops"]:
        answered = any(p["outcome"] == "error" for p in hop["probes"])
        wanted = bool(translators) and hop["ttl"] > translators[0] and answered
        if bool(hop["nat"]) != wanted:
            yield f"hop {hop['ttl']}: nat is {hop['nat']}"


def behind_model(path, family, work):
    with subprocess.Popen(model_command(path, family), stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as model:
        try:
            line = model.stdout.readline()
            if line.startswith("[skipped]"):
                skip(line[len("[skipped] "):].strip())
            if line != "ready\n":
                raise AssertionError("the model did not start")
            configure()
            return work()
        finally:
            model.stdin.close()


def run_one(path, scenario, family, protocol):
    results, documents = {}, {}
    for socket in ("raw", "dgram"):
        try:
            documents[socket] = behind_model(
                path, family, lambda socket=socket: run_trace(scenario, family, protocol, socket))
        except subprocess.TimeoutExpired:
            return [f"{socket}: it hangs"]
        except AssertionError as failure:
            return [f"{socket}: {failure}"]
        results[socket] = result_of(documents[socket], family)
    return [*differences(scenario, family, results), *nat_marks(scenario, documents["raw"])]


def worker(family, protocol, names):
    """Inside a namespace: all scenarios for one family and protocol."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    groups = "0 2147483647" if may_become_nobody() else "0 0"
    subprocess.run(["sysctl", "-qw", f"net.ipv4.ping_group_range={groups}"], check=True)
    stalls, failed, runs = Stalls(STALL), 0, 0
    for path, scenario in selected(names):
        runs += 1
        wrong = undisturbed(stalls, f"{path.stem} ({family} {protocol})",
                            lambda: run_one(path, scenario, family, protocol))
        failed += bool(wrong)
        for what in wrong:
            print(f"{path.stem} ({family} {protocol}): {what}")
    print(f"{family} {protocol}: {runs} scenarios, {failed} failed")
    return 1 if failed or not runs else 0


if __name__ == "__main__":
    sys.exit(worker(*sys.argv[2:4], sys.argv[4:]) if sys.argv[1:2] == ["--worker"]
             else tun_scenarios.run_workers(__file__, KINDS))
