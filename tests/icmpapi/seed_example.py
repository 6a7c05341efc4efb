#!/usr/bin/env python3
"""seed_example.py: the example that the project grew from, unmodified with our headers and with
mingw-w64: both print the same, whatever the address."""
import re
import sys
import tempfile

import _stage
import _wine
from _icmpapi_lab import FIRST_ROUTER, HERE, Failure, IcmpapiLab, expect, prepare, skip

SOURCE = HERE / "seed_example.c"
# On Windows DWORD is a long, and pragmas name libraries.
TOLERATED = ["-Wno-format", "-Wno-unknown-pragmas"]
# As the documentation's, it frees nothing.
LEAKY = {"ASAN_OPTIONS": "detect_leaks=0"}
GOOD = """\tAsked 127.0.0.1
\tReplies: 1
\tThe first of them:
\t  sender: 127.0.0.1
\t  status: 0
\t  round trip: # ms
"""


def masked(text):
    """Without what differs from run to run: the round-trip time, and the program's name."""
    return re.sub(r"usage: \S+", "usage: #", re.sub(r"round trip: \d+ ", "round trip: # ", text))


def run_ours(lab, program, arguments):
    with tempfile.TemporaryFile() as out:
        code = lab.spawn([program, *arguments], stdout=out, env=LEAKY)
        out.seek(0)
        return code, masked(out.read().decode())


def run_theirs(wine, program, arguments):
    code, text = wine.run([program, *arguments])
    return code, masked(text)


def check_ours(lab, program):
    expect(run_ours(lab, program, ["127.0.0.1"]) == (0, GOOD), "ours to 127.0.0.1")
    code, text = run_ours(lab, program, [FIRST_ROUTER["v4"]])
    expect(code == 0 and "status: 0" in text, f"ours to a router: {text}")


def check_same(lab, program, wine, exe):
    for arguments in (["127.0.0.1"], [], ["nonsense"], ["127.0.0.1", "2"], ["0.0.0.0"],
                      [FIRST_ROUTER["v4"]], ["10.99.3.1"], ["10.99.255.255"]):
        ours = run_ours(lab, program, arguments)
        theirs = run_theirs(wine, exe, arguments)
        expect(ours == theirs, f"{arguments}: ours {ours}, Wine {theirs}")
        print(f"ok      the same for {arguments}: exit code {ours[0]}, {ours[1].split()[:2]}")


def main():
    prepare("nft")
    why = _stage.why_not()
    if why:
        skip(why)
    wine_why = _wine.why_not()
    try:
        with _stage.Stage() as stage, IcmpapiLab() as lab:
            program = stage.build([SOURCE], "seed_example", *TOLERATED)
            check_ours(lab, program)
            if wine_why:
                skip(f"ours is good; not compared with Wine: {wine_why}")
            exe = stage.root / "seed_example.exe"
            _wine.build([SOURCE], exe)
            with _wine.Wine(lab) as wine:
                check_same(lab, program, wine, exe)
    except Failure as failure:
        print(f"FAILED  {failure}")
        sys.exit(1)


if __name__ == "__main__":
    main()
