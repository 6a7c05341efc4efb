#!/usr/bin/env python3
"""Every numeric option x 40 values in 5 locales: taken or refused as the manual says, whatever the
locale writes for a decimal point. No target is named, so that nothing is sent: what is taken ends with
the word that the target is missing, what is refused with a word about the value."""

import concurrent.futures
import itertools
import os
import re
import subprocess
import tempfile
from fractions import Fraction

from _cli import SONDE, TIMEOUT, Checks, environment, not_sanitized
from _locales import make_locales

# Those that cannot be made here stand for an unknown locale, which is a case too.
LOCALES = ("C", "C.UTF-8", "de_DE.UTF-8", "fr_FR.UTF-8", "tr_TR.UTF-8")
MAX = {8: 2**8 - 1, 16: 2**16 - 1, 32: 2**32 - 1}
UNITS = {"": Fraction(1), "s": Fraction(1), "ms": Fraction(1, 1000), "us": Fraction(1, 10**6), "m": Fraction(60),
         "h": Fraction(3600)}
VALUES = ("0", "1", "2", "9", "-1", "-0", "+1", " 1", "1 ", "1\t", "", "1.5", "1,5", "1.", ".5", "1e3", "1e308", "nan", "inf",
          "-inf", "infinity", "0x10", "0X1f", "0x", "010", "10xyz", "1_000", "1'000", "1.000,0", "१", "٣", "63", "64", "65535",
          "65536", "4294967295", "4294967296", "9223372036854775808", "18446744073709551616", "99999999999999999999999999",
          "200ms", "1.5h", "5m", "3us", "1ns", "100001h", "0.0000000001", "1ss", "ms", "1 s")


def whole(least, most, hexadecimal=False):
    def takes(text):
        if hexadecimal and re.fullmatch("0[xX][0-9a-fA-F]+", text):
            return least <= int(text[2:], 16) <= most
        return re.fullmatch("[0-9]+", text) is not None and least <= int(text) <= most
    return takes


def duration(text, longest=100_000 * 3600):
    found = re.fullmatch(r"([0-9]+\.?[0-9]*|\.[0-9]+)([a-z]*)", text)
    if not found or found[2] not in UNITS:
        return False
    seconds = Fraction(found[1].rstrip(".") if not found[1].startswith(".") else "0" + found[1]) * UNITS[found[2]]
    return Fraction(1, 2 * 10**9) <= seconds <= longest


def an_hour(text):
    return duration(text, 3600)


def factor(text):
    found = re.fullmatch(r"[0-9]+\.?[0-9]*", text)
    return found is not None and 1 <= Fraction(text.rstrip(".")) <= 100


def shard(text):
    found = re.fullmatch("([0-9]+)/([0-9]+)", text)
    return found is not None and 1 <= int(found[1]) <= int(found[2]) <= 65536


COUNT = whole(1, 2**53)
EVERY = {"count": COUNT, "size": whole(0, 65527), "interval": duration, "timeout": duration, "deadline": duration,
         "ttl": whole(1, 255), "tos": whole(0, 255, True), "dscp": whole(0, 63, True), "ecn": whole(0, 3),
         "flow-label": whole(0, 2**20 - 1, True), "mark": whole(0, MAX[32], True)}
OPTIONS = {
    "ping": {**EVERY, "until-replies": COUNT, "preload": whole(1, 65536), "icmp-id": whole(0, MAX[16], True)},
    "trace": {"timeout": duration, "tos": EVERY["tos"], "queries": whole(1, 100), "first-ttl": whole(1, 255),
              "max-ttl": whole(1, 255), "gap": whole(0, 255), "parallel": whole(1, 65536), "rate": whole(1, 100_000),
              "flows": whole(1, 256), "port": whole(1, MAX[16]), "size": EVERY["size"]},
    "sweep": {"count": whole(1, MAX[32]), "vcount": whole(1, 100_000), "size": EVERY["size"], "interval": duration, "timeout": an_hour,
              "retry": whole(0, 1000), "backoff": factor, "min-reachable": whole(0, MAX[32]), "shard": shard,
              "rate": whole(1, 10**9), "summary-every": duration, "ttl": EVERY["ttl"]},
}

# Without which an option has nothing to say.
BESIDE = {"interval": ["-c2"], "summary-every": ["-c2"]}


def verdict(case):
    """Was the value taken? None: neither word was said."""
    locale, mode, option, value, folder = case
    run = subprocess.run([SONDE, mode, *(BESIDE.get(option, ()) if mode == "sweep" else ()), f"--{option}", value],
                         timeout=TIMEOUT, capture_output=True, check=False, stdin=subprocess.DEVNULL,
                         env=environment(LC_ALL=locale, LOCPATH=folder))
    text = run.stderr.decode()
    if run.returncode != 3:
        return None, run
    return "no target given" in text, run


def main():
    not_sanitized("it would take too long")
    checks = Checks()
    with tempfile.TemporaryDirectory() as folder:
        made = make_locales(folder)
        print(f"locales made: {', '.join(made) or 'none'}")
        table = [(mode, option, takes) for mode, options in OPTIONS.items() for option, takes in options.items()]
        cases = [(locale, mode, option, value, folder, takes(value))
                 for (mode, option, takes), value, locale in itertools.product(table, VALUES, LOCALES)]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for case, (taken, run) in zip(cases, pool.map(lambda case: verdict(case[:5]), cases)):
                checks.check(taken is case[5], f"{case[0]} sonde {case[1]} --{case[2]} {case[3]!r}: taken {taken}", run)
    print(f"{len(table)} options, {len(VALUES)} values, {len(LOCALES)} locales")
    checks.finish()


if __name__ == "__main__":
    main()
