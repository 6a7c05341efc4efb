#!/usr/bin/env python3
"""symbols.py: libsonde-icmpapi exports what its headers declare and icmpapi(3) describes, no more."""
import os
import pathlib
import re
import subprocess
import sys

root = pathlib.Path(os.environ["SONDE_SOURCE_DIR"])
library = pathlib.Path(os.environ["SONDE_BUILD_DIR"]) / "lib/icmpapi/libsonde-icmpapi.so"

table = subprocess.run(["nm", "-D", "--defined-only", str(library)], check=True,
                       capture_output=True, text=True).stdout
# Type A is the name of the version itself.
exported = {line.split()[-1].split("@")[0] for line in table.splitlines() if line.split()[-2] != "A"}

declared = set()
for header in sorted((root / "lib/icmpapi/include").glob("*.h")):
    declared |= set(re.findall(r"^SONDE_ICMPAPI\s[\w\s*]*?\b(\w+)\(", header.read_text(), re.M))
versioned = set(re.findall(r"^    (\w+);$", (root / "lib/icmpapi/exports.map").read_text(), re.M))
manual = (root / "man/icmpapi.3").read_text()
described = {name for name in declared if re.search(rf"\bF[no] {name}\b", manual)}

wrong = 0
for what, names in (("exported and not declared", exported - declared),
                    ("declared and not exported", declared - exported),
                    ("not in exports.map", declared - versioned),
                    ("not in icmpapi(3)", declared - described)):
    for name in sorted(names):
        print(f"{name}: {what}")
        wrong += 1
if len(declared) < 30:
    print(f"only {len(declared)} declarations were found: has the headers' form changed?")
    wrong += 1
print(f"{len(exported)} symbols, {wrong} findings")
sys.exit(1 if wrong else 0)
