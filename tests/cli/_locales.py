"""Locales made for a test: few machines have any, and one that is missing changes nothing."""

import os
import shutil
import subprocess

MADE = ("de_DE.UTF-8", "fr_FR.UTF-8", "tr_TR.UTF-8", "ja_JP.UTF-8")


def make_locales(folder):
    """Those of MADE that can be made here, in `folder`: LOCPATH names it."""
    if shutil.which("localedef") is None:
        return ()
    return tuple(name for name in MADE if subprocess.run(
        ["localedef", "-i", name.split(".", maxsplit=1)[0], "-f", "UTF-8", os.path.join(folder, name)],
        capture_output=True, check=False).returncode == 0)
