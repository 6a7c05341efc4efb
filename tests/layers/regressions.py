#!/usr/bin/env python3
"""Every test that tests/regressions.md names is there, with the words that it names."""

import os
import re
import sys
from pathlib import Path

ROOT = Path(os.environ.get("SONDE_SOURCE_DIR") or Path(__file__).resolve().parents[2])
NAMED = re.compile(r'`([\w/.]+)`(?:: "([^"]+)")?')


def main():
    text = (ROOT / "tests" / "regressions.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| bug |")]
    failures = 0
    for row in rows:
        bug, tests = row.strip("| ").rsplit(" | ", 1)
        named = NAMED.findall(tests)
        if not named:
            print(f"{bug}: no test is named")
            failures += 1
        for name, words in named:
            path = ROOT / "tests" / name
            # A string may go over two lines of a source.
            content = re.sub(r'"\s*\n\s*"', "", path.read_text(encoding="utf-8")) if path.is_file() else None
            if content is None or words not in content:
                print(f"{bug}: tests/{name} does not hold {words!r}" if content is not None else
                      f"{bug}: there is no tests/{name}")
                failures += 1
    print(f"{len(rows)} rows, {failures} failures")
    return 1 if failures or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
