#!/usr/bin/env python3
"""oss_fuzz.py: packaging/oss-fuzz/submit.sh writes a folder that OSS-Fuzz's own check of new projects
(infra/presubmit.py) would take, with nothing left to fill in, and refuses what is no address."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(os.environ.get("SONDE_SOURCE_DIR", Path(__file__).resolve().parents[2]))
SUBMIT = ROOT / "packaging" / "oss-fuzz" / "submit.sh"
REPOSITORY = "https://code.invalid/net/sonde.git"
CONTACT = "somebody@mail.invalid"
LICENCE = "http://www.apache.org/licenses/LICENSE-2.0"

# The sections that it knows, and the values that it allows in lists.
SECTIONS = {
    "architectures", "auto_ccs", "base_os_version", "builds_per_day", "coverage_extra_args", "disabled",
    "file_github_issue", "fuzzing_engines", "help_url", "homepage", "language", "main_repo", "primary_contact",
    "sanitizers", "vendor_ccs", "view_restrictions"}
REQUIRED = {"homepage", "language", "main_repo", "primary_contact"}
ALLOWED = {
    "sanitizers": {"address", "memory", "undefined"},
    "architectures": {"x86_64", "i386", "aarch64"},
    "fuzzing_engines": {"libfuzzer", "afl", "honggfuzz", "centipede"}}

failures = []


def check(holds, what):
    if not holds:
        failures.append(what)


def submit(checkout, *words):
    return subprocess.run([SUBMIT, checkout, *words], capture_output=True, text=True, check=False)


def project_yaml(text):
    """Sections by name: a word, or a list of words. Enough YAML for this file."""
    sections = {}
    for line in text.splitlines():
        if item := re.fullmatch(r"  - (\S+)", line):
            list(sections.values())[-1].append(item[1])
        elif head := re.fullmatch(r'(\w+):(?: "?([^"]*)"?)?', line):
            check(head[1] not in sections, f"project.yaml says {head[1]} twice")
            sections[head[1]] = head[2] or []
        else:
            check(not line or line.startswith("#"), f"project.yaml: what is '{line}'?")
    return sections


def check_project(folder):
    texts = {path.name: path.read_text() for path in folder.iterdir()}
    check(set(texts) == {"project.yaml", "Dockerfile", "build.sh"}, f"there are {sorted(texts)}")
    for name, text in texts.items():
        check(LICENCE in text, f"{name} has no licence")
        check(not re.search(r"@[A-Z]+@|example\.(org|com)", text), f"{name} has a blank left")
        check("-lFuzzingEngine" not in text, f"{name} links an engine of its own")
    check(os.access(folder / "build.sh", os.X_OK), "build.sh cannot be run")
    check("$LIB_FUZZING_ENGINE" in texts["build.sh"], "build.sh does not link the engine that it is given")
    said = project_yaml(texts["project.yaml"])
    check(set(said) <= SECTIONS, f"unknown sections: {set(said) - SECTIONS}")
    check(REQUIRED <= set(said), f"no {REQUIRED - set(said)}")
    for section, allowed in ALLOWED.items():
        check(said.get(section) and set(said[section]) <= allowed, f"{section}: {said.get(section)}")
    check("libfuzzer" in said.get("fuzzing_engines", []), "libFuzzer is a must")
    check(said.get("main_repo") == REPOSITORY and said.get("primary_contact") == CONTACT, "not what was given")
    check(said.get("homepage") == REPOSITORY.removesuffix(".git"), f"homepage {said.get('homepage')}")
    # The image and the file that names its system belong together.
    image = re.search(r"^FROM gcr\.io/oss-fuzz-base/base-builder:(\S+)$", texts["Dockerfile"], re.MULTILINE)
    check(image and image[1] == said.get("base_os_version"), "Dockerfile and project.yaml name two systems")
    check(f"git clone --depth 1 {REPOSITORY} sonde\n" in texts["Dockerfile"], "another source is cloned")


def main():
    with tempfile.TemporaryDirectory() as checkout:
        check(submit(checkout, REPOSITORY, CONTACT).returncode == 1, "a folder that is no OSS-Fuzz was taken")
        folder = Path(checkout, "projects", "sonde")
        folder.parent.mkdir()
        for words in [(REPOSITORY,), ("git@code.invalid:sonde.git", CONTACT), ("sonde.git", CONTACT),
                      (REPOSITORY, "nobody"), (REPOSITORY, CONTACT, 'x" #'), ("https://a|b", CONTACT)]:
            check(submit(checkout, *words).returncode != 0 and not folder.exists(), f"it took {words}")
        done = submit(checkout, REPOSITORY, CONTACT)
        check(done.returncode == 0, done.stderr)
        if not failures:
            check_project(folder)
    for failure in failures:
        print(f"FAILED: {failure}")
    print(f"oss_fuzz: {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
