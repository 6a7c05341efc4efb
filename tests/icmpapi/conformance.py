#!/usr/bin/env python3
"""conformance.py: the conformance program against the installed library, over two routers: as root
over raw sockets, as nobody over datagram sockets, and where neither is allowed."""
import sys
import tempfile

import _stage
from _icmpapi_lab import ARGUMENTS, HERE, Failure, IcmpapiLab, may_become_nobody, prepare, skip
from _tap import Broken, parse

FEWEST_ASSERTIONS = 150


def run(lab, program, *arguments, nobody=False):
    lab.forget_paths()
    with tempfile.TemporaryFile() as out:
        code = lab.spawn([program, *arguments], nobody=nobody, stdout=out)
        out.seek(0)
        text = out.read().decode(errors="replace")
    try:
        verdicts, notes = parse(text)
    except Broken as broken:
        raise Failure(f"exit code {code}: {broken}\n{text[-2000:]}") from None
    return code, verdicts, notes


def report(name, result, fewest):
    """Whether all went well: all passed, and nothing was skipped that could be asked."""
    code, verdicts, notes = result
    failed = [text for text, passed in verdicts.items() if passed is False]
    skipped = [text for text, passed in verdicts.items() if passed is None]
    passed = len(verdicts) - len(failed) - len(skipped)
    good = not failed and code == 0 and passed >= fewest
    print(f"{'ok     ' if good else 'FAILED '} {name}: {passed} passed, {len(failed)} failed, "
          f"{len(skipped)} skipped, exit code {code}")
    for text in failed:
        print(f"    {text}  # {notes.get(text, '')}")
    return good


def main():
    prepare("nft")
    why = _stage.why_not()
    if why:
        skip(why)
    with _stage.Stage() as stage, IcmpapiLab() as lab:
        program = stage.build(sorted(HERE.glob("conformance*.c")), "conformance")
        nobody = may_become_nobody()
        good = [report("datagram sockets, as nobody" if nobody else "datagram sockets",
                       run(lab, program, *ARGUMENTS, nobody=nobody), FEWEST_ASSERTIONS)]
        if not lab.deny():
            print("not run: raw sockets; this user namespace cannot forbid datagram sockets")
            sys.exit(0 if all(good) else 1)
        good.append(report("raw sockets", run(lab, program, *ARGUMENTS, "raw=1"),
                           FEWEST_ASSERTIONS))
        if nobody:
            good.append(report("nothing allowed", run(
                lab, program, "--only", "handle.denied", "denied=1", nobody=True), 6))
    sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main()
