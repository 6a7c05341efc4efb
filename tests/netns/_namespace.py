"""_namespace.py: for tests that run once more in a namespace of their own, or are skipped."""
import os
import shutil
import subprocess
import sys

SKIPPED = 77


def skip(why):
    print(f"[skipped] {why}")
    sys.exit(SKIPPED)


def together(codes):
    """The exit code of a test by those of its parts: that one failed, or died by a signal, is told before
    that one was skipped."""
    codes = set(codes)
    return 1 if codes - {0, SKIPPED} else max(codes)


def own_namespace(*tools, programs=(), tun=False, mounts=False):
    """The words before a command that shall run in a network namespace of its own, as root there;
    `mounts`: with mounts of its own. Skips the test where there is no right to that, or a tool, one
    of the programs, or the TUN device is lacking."""
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    for tool in ("ip", "unshare", *tools):
        if not shutil.which(tool):
            skip(f"{tool} is not installed")
    for program in programs:
        if not os.access(program, os.X_OK):
            skip(f"{program} is not built")
    if tun and not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        skip("no right to open /dev/net/tun")
    words = ["unshare", ("-n" if os.geteuid() == 0 else "-Urn") + ("m" if mounts else "")]
    if subprocess.run([*words, "true"], capture_output=True, check=False).returncode != 0:
        skip("no right to make a namespace")
    return words
