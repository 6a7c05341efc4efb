#!/usr/bin/env python3
"""_coverage.py BUILD [corpus|unit]: what of lib/sonde/wire was run, by llvm-cov, in the coverage
build in the folder BUILD: by the saved inputs of tests/fuzz alone, or by the unit tests and their like
alone. Exit code 1 when the saved inputs reach less than the floors."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WIRE = ROOT / "lib" / "sonde" / "wire"
FLOORS = {"lines": 95.0, "branches": 90.0}
UNITS = ("unit_wire", "property")


def runs(build, what):
    """Programs and their arguments."""
    tests = build / "tests"
    if what == "unit":
        return [[str(tests / name)] for name in UNITS]
    targets = sorted(path.stem for path in (ROOT / "tests" / "fuzz").glob("*.cpp") if '"app/' not in path.read_text())
    return [[str(tests / f"fuzz_{name}"), str(ROOT / "tests" / "fuzz" / "corpus" / name)] for name in targets]


def profile(commands, folder):
    for command in commands:
        path = os.path.join(folder, os.path.basename(command[0]) + ".profraw")
        subprocess.run(command, env={**os.environ, "LLVM_PROFILE_FILE": path}, cwd=ROOT, check=True,
                       stdout=subprocess.DEVNULL)
    merged = os.path.join(folder, "all.profdata")
    subprocess.run(["llvm-profdata-19", "merge", "-o", merged, *map(str, Path(folder).glob("*.profraw"))], check=True)
    return merged


def figures(commands, merged):
    objects = [word for command in commands[1:] for word in ("-object", command[0])]
    shown = subprocess.run(["llvm-cov-19", "export", "-summary-only", "-instr-profile", merged, commands[0][0],
                            *objects, "-sources", str(WIRE)], capture_output=True, text=True, check=True)
    return json.loads(shown.stdout)["data"][0]["files"]


def main():
    build = Path(sys.argv[1])
    what = sys.argv[2] if len(sys.argv) > 2 else "corpus"
    with tempfile.TemporaryDirectory() as folder:
        commands = runs(build, what)
        files = figures(commands, profile(commands, folder))
    sums = {kind: [0, 0] for kind in FLOORS}
    for file in files:
        words = [f"{Path(file['filename']).name:28}"]
        for kind, total in sums.items():
            counts = file["summary"][kind]
            total[0] += counts["covered"]
            total[1] += counts["count"]
            words.append(f"{kind} {counts['covered']:4} of {counts['count']:4}")
        print("  ".join(words))
    shares = {kind: 100.0 * covered / max(count, 1) for kind, (covered, count) in sums.items()}
    print(f"coverage of lib/sonde/wire by {what}: " + ", ".join(f"{kind} {share:.2f} %" for kind, share in shares.items()))
    if not files or (what == "corpus" and any(shares[kind] < floor for kind, floor in FLOORS.items())):
        sys.exit(f"less than {FLOORS}")


if __name__ == "__main__":
    main()
