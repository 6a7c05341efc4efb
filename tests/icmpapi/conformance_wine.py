#!/usr/bin/env python3
"""conformance_wine.py: the conformance program against Wine's iphlpapi, line by line beside ours.

Both run as root at the client of the same network. Every line of one must be the other's, with the
same verdict, except for what expected_differences.txt lists; there the program says what is
documented, so ours must pass everything. What that list says must be so."""
import fnmatch
import pathlib
import subprocess
import sys
import time

import _stage
import _wine
import conformance
from _icmpapi_lab import ARGUMENTS, HERE, Failure, IcmpapiLab, prepare, skip
from _tap import Broken, case_of, parse, read_differences


def left_out(differences, verdicts):
    """The cases that Wine is not asked together with the others."""
    cases = dict.fromkeys(case_of(text) for text in verdicts)
    return [case for case in cases
            if any(one.kind == "case" and one.covers(case) for one in differences)]


def said(verdicts, text):
    return {True: "ok", False: "not ok", None: "skipped"}[verdicts[text]] if text in verdicts \
        else "does not come to it"


def compare(ours, theirs, skipped, differences):
    """Every line that disagrees, and is not expected to."""
    problems = []
    for text in [*ours, *(text for text in theirs if text not in ours)]:
        if case_of(text) in skipped or (ours.get(text) is None and theirs.get(text) is None):
            continue
        if ours.get(text) == theirs.get(text):
            continue
        expected = [one for one in differences if one.kind == "lines" and one.covers(text)]
        for one in expected:
            one.met += 1
        if not expected or not ours.get(text):
            problems.append(f"{text}: ours {said(ours, text)}, Wine {said(theirs, text)}")
    return problems


def passes_alone(wine, program, case):
    code, text = wine.run([program, "--only", case, *ARGUMENTS])
    try:
        verdicts, _ = parse(text)
    except Broken:
        return False
    return code == 0 and all(verdicts.values())


def not_so(wine, program, skipped, differences):
    """What the list says of Wine and is not true of it: of each pattern, its first case is run."""
    problems = []
    for one in differences:
        if one.kind == "lines" and not one.met:
            problems.append(f"line {one.number} of the list: no such difference")
        for pattern in one.patterns if one.kind == "case" else ():
            first = next((case for case in skipped if fnmatch.fnmatchcase(case, pattern)), None)
            if first is None or passes_alone(wine, program, first):
                problems.append(f"line {one.number} of the list: {pattern}: {first} passes")
    return problems


def run_wine(wine, program, asked, skipped):
    options = [word for case in skipped for word in ("--skip", case)]
    code, text = wine.run([program, *options, *asked])
    try:
        return parse(text)
    except Broken as broken:
        raise Failure(f"under Wine, exit code {code}: {broken}\n{text[-2000:]}") from None


def both(stage, lab):
    sources = sorted(HERE.glob("conformance*.c"))
    exe = pathlib.Path(stage.root) / "conformance.exe"
    _wine.build(sources, exe)
    asked = [*ARGUMENTS, *(["raw=1"] if lab.deny() else [])]  # raw sockets, as Wine's
    _, ours, _ = conformance.run(lab, stage.build(sources, "conformance"), *asked)
    differences = read_differences(HERE / "expected_differences.txt")
    skipped = left_out(differences, ours)
    lab.forget_paths()
    started = time.monotonic()
    with _wine.Wine(lab) as wine:
        theirs, notes = run_wine(wine, exe, asked, skipped)
        problems = compare(ours, theirs, skipped, differences)
        problems += not_so(wine, exe, skipped, differences)
    agreed = sum(1 for text, passed in theirs.items()
                 if passed is not None and ours.get(text) == passed)
    print(f"{len(ours)} lines of ours, {len(theirs)} of Wine's, {agreed} the same; "
          f"{len(skipped)} cases left out; Wine took {time.monotonic() - started:.1f} s")
    for one in differences:
        if one.met:
            print(f"expected {one.met:3} x  {' | '.join(one.patterns)}")
    for problem in problems:
        print(f"FAILED  {problem}  # {notes.get(problem.rsplit(': ours', 1)[0], '')}")
    return not problems


def main():
    prepare("nft")
    why = _stage.why_not() or _wine.why_not()
    if why:
        skip(why)
    with _stage.Stage() as stage, IcmpapiLab() as lab:
        try:
            good = both(stage, lab)
        except (Failure, subprocess.SubprocessError, OSError) as error:
            print(f"FAILED  {error}")
            good = False
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
