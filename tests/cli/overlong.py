#!/usr/bin/env python3
"""What is too long, too often or too deep: option values, targets, environment, lists of targets, saved
runs. Each is refused in a few words or read as what it is; none ends the program otherwise. Others kept
such things in arrays of a fixed size."""

import itertools
import json
import os
import re
import tempfile
from pathlib import Path

from _cli import SILENT, Checks, need_icmp, own_network, sonde

LO = "127.0.0.1"
LONG = "a" * 100_000
DIGITS = "1" * 100_000
ONCE = ("-c1", "-W", "5s")
# Not LOCALDOMAIN: beyond 255 bytes glibc's resolver ends every program of its user by an assertion.
VARIABLES = ("LC_ALL", "LANG", "LANGUAGE", "TERM", "COLUMNS", "TZ", "NO_COLOR", "TMPDIR", "HOME", "RES_OPTIONS",
             "HOSTALIASES", "SONDE_OPTIONS", "SONDE_COLOR", "SONDE_SANDBOX")


def in_a_few_words(run):
    """It ended by itself, and what it says fits on a screen."""
    lines = run.stderr.splitlines()
    return 0 <= run.returncode <= 4 and len(lines) <= 3 and all(len(line) <= 1500 for line in lines)


def options_of(mode):
    return sorted(set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]+", sonde(mode, "--help").stdout)))


def check_options(checks, network):
    for mode in ("ping", "trace", "sweep"):
        names = options_of(mode)
        checks.check(len(names) >= 20, f"{mode}: the help names its options: {names}")
        for name in names:
            for value in (LONG, DIGITS):
                run = sonde(mode, f"{name}={value}", LO, before=network)
                checks.check(in_a_few_words(run) and run.returncode != 0, f"{mode} {name}={value[:3]}...", run)
        run = sonde(mode, "--" + LONG, LO, before=network)
        checks.check(in_a_few_words(run) and run.returncode == 3, f"{mode}: a long option", run)
    # The last of them counts, however many there were.
    run = sonde("ping", *["-c1", "-s9", "-p", "ff", "--size=8", "-W5s"] * 2000, LO, before=network)
    checks.check(run.returncode == 0 and " 8(36) bytes of data" in run.stdout, "12,000 options", run)


def check_sizes(checks, network):
    """The largest packets, with all that can stand in one."""
    for arguments, most in ((["-4"], 65507), (["-6"], 65527)):
        target = LO if arguments == ["-4"] else "::1"
        for size in (most - 1, most):
            run = sonde(*arguments, *ONCE, "-q", "-s", str(size), "-p", "0123456789abcdef" * 2, target, before=network)
            checks.check(run.returncode == 0 and "1 received" in run.stdout, f"-s {size} {target}", run)
        run = sonde(*arguments, *ONCE, "-s", str(most + 1), target, before=network)
        checks.check(run.returncode == 3 and in_a_few_words(run), f"-s {most + 1} {target}", run)


def check_targets(checks, network):
    label = "a" * 63
    names = {"a" * 64: (2,), ".".join([label] * 4)[:253]: (2,), ".".join([label] * 4): (2, 3), LONG: (2, 3),
             "1." * 50_000 + "1": (2, 3), "::" + ":1" * 50_000: (2, 3), "%" + LONG: (2, 3), "fe80::1%" + LONG: (2, 3)}
    for mode in ("ping", "trace", "sweep"):
        for name, codes in names.items():
            run = sonde(mode, name, before=network)
            # A sweep tells of a target whose name is none, and that it is none, in its own lines.
            codes = (1, *codes) if mode == "sweep" else codes
            checks.check(in_a_few_words(run) and run.returncode in codes, f"{mode} {name[:70]}...", run)


def check_dashes(checks, network, folder):
    """A word that begins with a dash is an option, and behind -- or in a file a target: never both."""
    for mode in ("ping", "trace", "sweep"):
        for word in ("-c", "--output=x", "-oProxyCommand=x", "-;reboot", "-$(reboot)"):
            refused = sonde(mode, word, before=network, cwd=folder)
            checks.check(refused.returncode == 3 and refused.stdout == "", f"{mode} {word}", refused)
            named = sonde(mode, "--", word, before=network, cwd=folder)
            checks.check(named.returncode in (1, 2, 3) and "no option" not in named.stderr, f"{mode} -- {word}", named)
    lines = "--output=x\n-c9\n127.0.0.1 --output=x\n; reboot\n"
    run = sonde("sweep", "-J", "-f", "-", before=network, cwd=folder, stdin=None, input=lines)
    inputs = [event["input"] for event in map(json.loads, run.stdout.splitlines()) if event["event"] == "swept"]
    checks.check(sorted(inputs) == ["--output=x", "-c9", "127.0.0.1", ";"], f"lines of a file: {inputs}", run)
    checks.check(os.listdir(folder) == [], f"no file was made: {os.listdir(folder)}")


def check_environment(checks, network):
    for mode in (["ping", *ONCE], ["trace"], ["sweep"]):
        for name, value in itertools.product(VARIABLES, (LONG, DIGITS)):
            run = sonde(*mode, LO, before=network, env={name: value})
            checks.check(run.returncode == 0 and run.stderr == "", f"{mode[0]} with {name}={value[:3]}...", run)


def check_lists(checks, network, folder):
    for lines, alive in ((LONG * 20 + "\n127.0.0.1\n", 1), ("127.0.0.1 " + LONG * 20 + "\n127.0.0.2", 2),
                         ("\n" * 100_000 + "127.0.0.1", 1), ("#" + LONG * 20 + "\n127.0.0.1\n", 1),
                         ("127.0.0.1" + "\0" * 100_000 + "\n127.0.0.2\n", 1), ("9" * 70_000 + "\n127.0.0.1\n", 1)):
        path = folder / "list"
        path.write_text(lines, encoding="ascii")
        run = sonde("sweep", "-j", "-f", str(path), before=network)
        checks.check(in_a_few_words(run) and json.loads(run.stdout)["totals"]["alive"] == alive,
                     f"a list of {lines[:5]!r}...", run)


def check_saved(checks, network, folder):
    path = folder / "saved"
    for form in ("-J", "-j"):
        whole = sonde("sweep", form, LO, before=network).stdout
        name = '"input":"127.0.0.1"'
        damaged = {
            "a long name": whole.replace(name, f'"input":"{LONG * 20}"'),
            "a long name of hex": whole.replace(name, f'"input":"x","input_hex":"{"ff" * 1_000_000}"'),
            "a long number": re.sub(r'"sent":\d+', f'"sent":{DIGITS}', whole),
            "a long fraction": re.sub(r'"avg":[\d.]+', f'"avg":0.{DIGITS}', whole),
            "a long exponent": re.sub(r'"avg":[\d.]+', f'"avg":1e{DIGITS}', whole),
            "many members": whole.replace(name, name + f',"x":[{"1," * 200_000}1]'),
            "what is too deep": whole.replace(name, name + ',"x":' + "[" * 200_000 + "]" * 200_000),
            "deep and open": whole.replace(name, name + ',"x":' + '{"a":' * 200_000),
        }
        for what, text in damaged.items():
            assert text != whole, what
            path.write_text(text, encoding="ascii")
            for arguments in (["--merge", str(path)], ["-J", f"--resume={path}", LO]):
                run = sonde("sweep", *arguments, before=network)
                checks.check(in_a_few_words(run), f"{form}: {what}, {arguments[0]}", run)


def check_products(checks, network):
    """Queries x TTLs x flows is beyond 16 bits; every probe has its place and its outcome."""
    run = sonde("trace", "-n", "-j", "-P", "udp", "-q100", "-m255", "--flows=3", "--gap=0", "-W", "10ms",
                "--rate=100000", "--parallel=65536", "192.0.2.9", before=network)
    target = json.loads(run.stdout)["targets"][0]
    counts, hops = target["counts"], target["hops"]
    ended = counts["lost"] + counts["received"] + counts["late"] + counts["errors"] + counts["send_failures"]
    checks.check(run.returncode == 1 and counts["sent"] + counts["send_failures"] == 76_500 == ended,
                 f"76,500 probes of a trace: {counts}")
    checks.check([hop["ttl"] for hop in hops] == list(range(1, 256)) and
                 all(len(hop["probes"]) == 300 for hop in hops), "300 probes at each of 255 hops")


def main():
    need_icmp()
    checks = Checks()
    network = own_network(SILENT)
    check_options(checks, network)
    check_sizes(checks, network)
    check_targets(checks, network)
    check_environment(checks, network)
    check_products(checks, network)
    for check in (check_dashes, check_lists, check_saved):
        with tempfile.TemporaryDirectory() as folder:
            check(checks, network, Path(folder))
    checks.finish()


if __name__ == "__main__":
    main()
