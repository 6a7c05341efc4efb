#!/usr/bin/env python3
"""--clock: what an RTT is measured with, and what is said when it cannot be. No network interface here
has a clock: tests/preload/device.cpp plays one."""

import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "netns"))

from _cli import SANITIZED, Checks, need_icmp, sonde  # noqa: E402
from _stamps import keep_stamps  # noqa: E402

DEVICE = str(Path(os.environ["SONDE_BUILD_DIR"]) / "tests" / "preload_device.so")
LO = ["-I", "lo", "127.0.0.1"]
PING = ["ping", "-c3", "-i10ms"]


def documented(checks, what, *arguments, env=None):
    done = sonde(*PING, "-j", *arguments, env=env)
    checks.check(done.returncode == 0, f"{what}: is answered", done)
    return done, json.loads(done.stdout)["targets"][0]


def rtts_of(target):
    return [probe["rtt_ms"] for probe in target["probes"]]


def check_words(checks):
    done = sonde(*PING, "--clock", "hardware", "127.0.0.1")
    checks.check(done.returncode == 3 and "-I" in done.stderr, "hardware without -I", done)
    done = sonde(*PING, "--clock", "quartz", "127.0.0.1")
    checks.check(done.returncode == 3 and "hardware" in done.stderr, "an unknown clock", done)


def check_system(checks):
    for clock, name in (("kernel", "kernel-tx-rx"), ("steady", "steady")):
        done, target = documented(checks, clock, "--clock", clock, *LO)
        checks.check(target["clock"] == name and done.stderr == "", f"{clock}: {target['clock']}", done)
    # Loopback has no clock: the kernel's is in its place, and that is told.
    done, target = documented(checks, "no device clock", "--clock", "hardware", *LO)
    checks.check(target["clock"] == "kernel-tx-rx", f"hardware on loopback: {target['clock']}")
    checks.check("by the clock of lo (weakest: kernel-tx-rx)" in done.stderr and "hwstamp_ctl" in done.stderr, "told so", done)


def check_device(checks):
    if not os.path.exists(DEVICE):
        if SANITIZED:
            print("not in a sanitizer build: a device with a clock")
        else:
            checks.leave_out("a device with a clock", f"{DEVICE} is not built")
        return
    for arguments in ([], ["-f"], ["--transport", "raw"]):
        what = f"a device with a clock {arguments}"
        played = {"LD_PRELOAD": DEVICE, "SONDE_DEVICE_RTT": "700"}
        done, target = documented(checks, what, *arguments, "--clock", "hardware", *LO, env=played)
        checks.check(target["clock"] == "hardware" and done.stderr == "", f"{what}: {target['clock']}", done)
        checks.check(rtts_of(target) == [0.0007] * 3, f"{what}: {rtts_of(target)}")
        # Not asked for, not used.
        done, target = documented(checks, what, *arguments, *LO, env=played)
        checks.check(target["clock"] != "hardware" and 0.0007 not in rtts_of(target), "not asked for", done)
    lies = ({"SONDE_DEVICE_RTT": "5000000000"}, {"SONDE_DEVICE_RTT": "-700"},
            {"SONDE_DEVICE_RTT": "700", "SONDE_DEVICE_TRANSMIT": "0"})
    for lie in lies:
        played = {"LD_PRELOAD": DEVICE, **lie}
        done, target = documented(checks, str(lie), "--clock", "hardware", *LO, env=played)
        checks.check(target["clock"] == "kernel-tx-rx", f"{lie}: {target['clock']}", done)
        checks.check(all(0 < rtt < 1000 for rtt in rtts_of(target)), f"{lie}: {rtts_of(target)}")
        checks.check("by the clock of lo (weakest" in done.stderr, f"{lie}: told", done)


if __name__ == "__main__":
    need_icmp()
    checks = Checks()
    stamps = keep_stamps()
    check_words(checks)
    check_device(checks)
    check_system(checks)
    checks.finish()
