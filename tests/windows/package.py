#!/usr/bin/env python3
"""The zip and the winget manifest that packaging/windows/package.sh makes: what is in them, how large,
and that each says the truth of the other."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from _wine import SOURCE, Checks

BUILD = os.environ["SONDE_BUILD_DIR"]
MOST = 4 * 1024 * 1024
IDENTIFIER = "sonde.sonde"


def field(text, key):
    found = re.search(rf"^\s*-? ?{key}: (.*)$", text, re.MULTILINE)
    return found and found.group(1)


def check_zip(checks, archive):
    names = {name.split("/", 1)[1] for name in archive.namelist()}
    manuals = {page.name for page in Path(SOURCE, "man").glob("sonde*.[1-9]")}
    wanted = {"sonde.exe", "LICENSE.txt", "sonde-completion.ps1"}
    wanted |= {f"doc/{page}.{kind}" for page in manuals for kind in ("txt", "html")}
    checks.check(names == wanted, f"what is in the zip: {names ^ wanted}")
    size = next(i.file_size for i in archive.infolist() if i.filename.endswith("/sonde.exe"))
    checks.check(size <= MOST, f"sonde.exe has {size} bytes")
    for info in archive.infolist():
        if not info.filename.endswith(".html"):
            continue
        links = re.findall(r'href="([^"#]+\.html)', archive.read(info).decode())
        checks.check(links and all(f"doc/{link}" in names for link in links),
                     f"links of {info.filename}: {links}")


# Names and fields as the schema of winget's manifests wants them.
def check_manifest(checks, out, zip_path):
    digest = hashlib.sha256(zip_path.read_bytes()).hexdigest()
    version = zip_path.name.split("-")[1]
    for kind, suffix in (("version", ""), ("installer", ".installer"),
                         ("defaultLocale", ".locale.en-US")):
        path = out / f"{IDENTIFIER}{suffix}.yaml"
        checks.check(path.exists(), f"{path.name} is there")
        text = path.read_text(encoding="utf-8")
        checks.check("@" not in text, f"{path.name} is filled in")
        for key, value in (("PackageIdentifier", IDENTIFIER), ("PackageVersion", version),
                           ("ManifestType", kind)):
            checks.check(field(text, key) == value, f"{path.name}: {key} is {field(text, key)}")
    text = (out / f"{IDENTIFIER}.installer.yaml").read_text(encoding="utf-8")
    checks.check(field(text, "InstallerSha256") == digest, "the hash is the zip's")
    checks.check(field(text, "RelativeFilePath") == f"{zip_path.stem}\\sonde.exe", "where the exe is")


def main():
    if shutil.which("mandoc") is None:
        print("[skipped] mandoc is not installed")
        sys.exit(77)
    checks = Checks()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        script = os.path.join(SOURCE, "packaging", "windows", "package.sh")
        run = subprocess.run([script, BUILD, folder], check=False, capture_output=True, text=True,
                             timeout=100)
        checks.check(run.returncode == 0 and run.stderr == "", "package.sh", run)
        zip_path = next(out.glob("*.zip"))
        with zipfile.ZipFile(zip_path) as archive:
            check_zip(checks, archive)
        check_manifest(checks, out, zip_path)
    checks.finish()


main()
