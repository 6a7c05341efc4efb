#!/usr/bin/env python3
"""Machine formats through the program: valid, against the schema that it prints itself, and fit for
jq. What the members mean is tested in tests/unit/report."""

import json
import shutil
import subprocess
import sys

from _cli import SILENT, Checks, need_icmp, own_network, sonde

try:
    import jsonschema
except ImportError:
    jsonschema = None

LO = "127.0.0.1"
FAST = ["-c2", "-i10ms", "-W", "50ms"]


def main():
    need_icmp()
    checks = Checks()
    schema = json.loads(sonde("--print-schema").stdout)
    if jsonschema is None:
        print("skipped: python3-jsonschema is not here")
        sys.exit(77)
    validator = jsonschema.Draft202012Validator(schema)
    silent = own_network(SILENT)
    cases = [
        ([*FAST, LO], ()),
        ([*FAST, LO, "127.0.0.2"], ()),
        (["-c1", "-W", "0.001us", LO], ()),
        (["-c2", "-i10ms", "-M", "do", "-s", "65000", LO], ()),
        ([*FAST, "192.0.2.1"], silent),
        ([*FAST, "198.51.100.1", LO], silent),
        ([*FAST, "-w3", "nosuch.invalid", LO], silent),
        ([*FAST, "-w3", "\x1b[31mnosuch\u00e9\n.invalid"], silent),
        (["-c1", "-I", "nosuchif0", LO], ()),
    ]
    for arguments, before in cases:
        for form in ("-j", "-J"):
            run = sonde(form, *arguments, before=before)
            documents = [json.loads(line) for line in run.stdout.splitlines()]
            checks.check(form == "-J" or len(documents) == 1, f"one line: {form} {arguments}", run)
            for document in documents:
                errors = [error.message for error in validator.iter_errors(document)]
                checks.check(not errors, f"schema for {form} {arguments}: {errors}", run)
            checks.check(all(c == "\n" or ord(c) >= 32 for c in run.stdout), f"control bytes: {arguments}", run)
    if shutil.which("jq"):
        text = sonde("-j", *FAST, LO).stdout
        jq = subprocess.run(["jq", ".targets[0].rtt_ms.median < 1000"], input=text, text=True,
                            capture_output=True, check=True)
        checks.check(jq.stdout == "true\n", f"jq: {jq.stdout}")
    checks.finish()


if __name__ == "__main__":
    main()
