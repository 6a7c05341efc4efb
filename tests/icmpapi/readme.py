#!/usr/bin/env python3
"""readme.py: the commands of the README's "Port a Windows program" do what they say, in a home and
a network of their own."""
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

import _stage
from _icmpapi_lab import skip
from seed_example import GOOD, LEAKY, masked

ROOT = pathlib.Path(os.environ.get("SONDE_SOURCE_DIR", ".")).resolve()
ALONE = ["unshare", "-rn", "sh", "-ec"]


def main():
    why = _stage.why_not()
    if why:
        skip(why)
    if subprocess.run([*ALONE, "true"], capture_output=True).returncode != 0:
        skip("no network namespaces")
    section = (ROOT / "README.md").read_text().split("## Port a Windows program\n")[1]
    commands = re.search(r"```sh\n(.*?)```", section, re.DOTALL)[1]
    with tempfile.TemporaryDirectory(dir=_stage.BUILD) as home:
        # The build that is tested, and its compiler; the README means a release build.
        stage = _stage.Stage()
        script = "ip link set lo up\n" + f'cc() {{ {shlex.join(stage.compiler())} "$@" ' + \
            f"{shlex.join(stage.link_flags())}; }}\n" + \
            commands.replace("build/release", shlex.quote(str(_stage.BUILD)))
        done = subprocess.run([*ALONE, script], cwd=ROOT, text=True, capture_output=True,
                              timeout=100, env={**os.environ, **LEAKY, "HOME": home})
    good = done.returncode == 0 and masked(done.stdout).endswith(GOOD)
    print(f"{'ok     ' if good else 'FAILED '} the commands of the README")
    if not good:
        print(done.stdout[-500:], done.stderr)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
