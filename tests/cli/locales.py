#!/usr/bin/env python3
"""What sonde says is the same in every locale: its numbers have a point, its words and the system's are
English, its machine formats parse. Programs that read ping's text broke where it was otherwise."""

import json
import re
import tempfile

from _cli import SILENT, Checks, need_icmp, own_network, skip, sonde
from _locales import make_locales

LO = "127.0.0.1"
FAST = ("-c2", "-i10ms", "-W", "5s")
CASES = [
    ["ping", *FAST, LO],
    ["ping", *FAST, "--stats=percentiles", "-D", LO],
    ["ping", *FAST, "-j", LO],
    ["ping", *FAST, "-J", LO],
    ["ping", "-c1", "-W", "50ms", "192.0.2.1"],
    ["ping", "-c1", "-W", "50ms", "198.51.100.1"],  # no route: the system's word
    ["ping", "-c1", "-W", "50ms", "nosuch.invalid"],  # the resolver's
    ["ping", "-c1", "-I", "nosuchif0", LO],
    ["ping", "-c1", "-j", "--output", "/proc/none/x", LO],
    ["ping", "-i", "1,5", LO],
    ["ping", "--help"],
    ["trace", LO],
    ["trace", "-j", LO],
    ["sweep", "-e", "-q", LO],
    ["sweep", "-s", "-C3", "-i10ms", "-q", "127.0.0.1", "127.0.0.2"],
    ["sweep", "-j", "-c2", "-i10ms", "127.0.0.1-3"],
    ["sweep", "-J", LO],
    ["sweep", "-f", "/proc/none/x"],
]
WORDS = {5: "Network is unreachable", 8: "No such file or directory"}


def without_figures(text):
    """Numbers as N, also those of time stamps; a comma in one would stay. Which clock timed a reply is
    chance on a busy machine."""
    return re.sub(r"\d+(\.\d+)?(e[+-]?\d+)?", "N", re.sub(r'"clock":"[\w-]+"', '"clock":C', text))


def parses(arguments, text):
    if "-j" not in arguments and "-J" not in arguments:
        return True
    try:
        return all(isinstance(json.loads(line), dict) for line in text.splitlines())
    except json.JSONDecodeError:
        return False


def told(network, arguments, **env):
    run = sonde(*arguments, env=env, before=network)
    return run, (run.returncode, without_figures(run.stdout), without_figures(run.stderr))


def main():
    need_icmp()
    checks = Checks()
    network = own_network(SILENT)
    with tempfile.TemporaryDirectory() as folder:
        made = make_locales(folder)
        if not made:
            skip("no locale can be made here: localedef and its sources")
        print(f"locales made: {', '.join(made)}")
        for number, arguments in enumerate(CASES):
            plain, wanted = told(network, arguments, LC_ALL="C")
            checks.check(WORDS.get(number, "") in plain.stdout + plain.stderr, f"{arguments}: what is told", plain)
            checks.check(parses(arguments, plain.stdout), f"{arguments}: parses", plain)
            for locale in made:
                run, got = told(network, arguments, LC_ALL=locale, LANGUAGE=locale.split("_", maxsplit=1)[0],
                                LOCPATH=folder)
                checks.check(got == wanted, f"{arguments} in {locale}: as in C", run)
                checks.check(parses(arguments, run.stdout), f"{arguments} in {locale}: parses", run)
    checks.finish()


if __name__ == "__main__":
    main()
