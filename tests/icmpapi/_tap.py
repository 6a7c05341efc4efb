"""_tap.py: TAP as the conformance program writes it, and the list of expected differences."""
import fnmatch
import re

LINE = re.compile(r"(ok|not ok) (\d+) - (.*)")


class Broken(Exception):
    """Output that is not whole."""


def parse(text):
    """{description: passed or None when it was skipped}, in order; the numbers of a failure beside.
    A description that is said again gets its count."""
    verdicts, notes, said, last = {}, {}, {}, None
    for line in text.splitlines():
        match = LINE.fullmatch(line)
        if match:
            last = match[3]
            skipped = " # SKIP" in last
            times = said[last] = said.get(last, 0) + 1
            last += f" ({times}.)" if times > 1 else ""
            if int(match[2]) != len(verdicts) + 1:
                raise Broken(f"number {match[2]} after {len(verdicts)}")
            verdicts[last] = None if skipped else match[1] == "ok"
        elif line.startswith("# got") and last:
            notes[last] = line[2:]
        elif line.startswith("Bail out!"):
            raise Broken(line)
    if f"1..{len(verdicts)}" not in text.splitlines()[-1:]:
        raise Broken(f"ended early, after: {last}")
    return verdicts, notes


def case_of(description):
    return description.split(":")[0].split(" ")[0]


class Difference:
    def __init__(self, kind, patterns, number):
        self.kind, self.patterns, self.number = kind, patterns, number
        self.reasons, self.met = [], 0

    def covers(self, text):
        return any(fnmatch.fnmatchcase(text, pattern) for pattern in self.patterns)


def read_differences(path):
    differences = []
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        if line.startswith(" ") and differences:
            differences[-1].reasons.append(line.strip())
        elif line and not line.startswith("#"):
            kind, patterns = line.split(" ", 1)
            if kind not in ("case", "lines"):
                raise Broken(f"{path.name}:{number}: {kind}?")
            patterns = [one.strip() for one in patterns.split(" | ")]
            differences.append(Difference(kind, patterns, number))
    for one in differences:
        if len(one.reasons) < 2:
            raise Broken(f"{path.name}:{one.number}: what it does, and what decides")
    return differences
