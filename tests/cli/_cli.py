"""What the tests of the command line share: running $SONDE, and networks of their own."""

import os
import re
import shutil
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "netns"))
from _stalls import Stalls  # noqa: E402,F401: for the tests

SONDE = os.environ["SONDE"]
SANITIZED = os.environ.get("SONDE_SANITIZED") == "1"
TIMEOUT = 60  # it ends what hangs, on a busy machine too


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def not_sanitized(why):
    """Ends the test well in a sanitizer build, where it has no meaning."""
    if SANITIZED:
        print(f"not in a sanitizer build: {why}")
        sys.exit(0)


def plain_signals():
    """In the child: no signal blocked or ignored, whatever the test was started with."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def environment(**changes):
    env = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "TERM": "xterm"}
    for name in ("ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LLVM_PROFILE_FILE",
                 "SONDE_SANDBOX"):
        if name in os.environ:
            env[name] = os.environ[name]
    env.update(changes)
    return env


def sonde(*arguments, env=None, before=(), **options):
    """One run to its end: .returncode, .stdout, .stderr as text. `before`: a command to run it by."""
    options.setdefault("stdout", subprocess.PIPE)
    options.setdefault("stderr", subprocess.PIPE)
    options.setdefault("stdin", subprocess.DEVNULL)
    options.setdefault("preexec_fn", plain_signals)
    return subprocess.run(
        [*before, SONDE, *arguments], env=environment(**(env or {})), timeout=TIMEOUT, text=True,
        errors="surrogateescape", check=False, **options
    )


def start(*arguments, env=None, **options):
    options.setdefault("stdin", subprocess.DEVNULL)
    options.setdefault("preexec_fn", plain_signals)
    return subprocess.Popen([SONDE, *arguments], env=environment(**(env or {})), **options)


def need_icmp():
    run = sonde("-q", "-c1", "127.0.0.1")
    if run.returncode == 4:
        skip("no ICMP sockets here: " + run.stderr.strip())
    assert run.returncode == 0, run.stderr


def own_network(setup="true"):
    """A command prefix: an own network namespace with lo up, after the shell commands `setup`."""
    user = [] if os.geteuid() == 0 else ["-Ur"]
    for tool in ("unshare", "ip"):
        if shutil.which(tool) is None:
            skip(f"{tool} is not here")
    prefix = ["unshare", *user, "-n", "sh", "-c", f'ip link set lo up && {setup} && exec "$@"', "sh"]
    if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode != 0:
        skip("no network namespaces here")
    return prefix


def traced_network(setup="true"):
    """own_network(), where the program can be run under strace; else the test ends or is skipped."""
    not_sanitized("strace and the sanitizers do not go together")
    need_icmp()
    if shutil.which("strace") is None:
        skip("strace is not installed")
    network = own_network(setup)
    if subprocess.run([*network, "strace", "-o", "/dev/null", "true"], capture_output=True, check=False).returncode != 0:
        skip("strace may not trace here")
    return network


# A route into lo for an address that is not ours: what is sent there never comes back.
SILENT = "ip route add 192.0.2.0/24 dev lo"


def masked(text):
    """Measured numbers as N, time stamps as T."""
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+[+-]\d\d:\d\d", "T", text)
    text = re.sub(r"\[\d+\.\d{6}\]", "[T]", text)
    text = re.sub(r"time=[\d.]+ ms", "time=N ms", text)
    text = re.sub(r"time \d+ms", "time Nms", text)
    return re.sub(r"= [\d.]+(/[\d.]+)+ ms", lambda m: "= " + re.sub(r"[\d.]+", "N", m.group()[2:]), text)


class Checks:
    """Collects failures, so that one run shows them all. A test of which a part could not be tried here is a
    skipped one, however well the rest went."""

    def __init__(self):
        self.failures = 0
        self.done = 0
        self.left_out = 0

    def leave_out(self, part, why):
        self.left_out += 1
        print(f"skipped: {part}: {why}")

    def check(self, condition, what, run=None):
        self.done += 1
        if not condition:
            self.failures += 1
            print(f"FAILED: {what}")
            if run is not None:
                print(f"  exit code {run.returncode}\n  stdout: {run.stdout!r}\n  stderr: {run.stderr!r}")

    def finish(self):
        print(f"{self.done} checks, {self.failures} failed" + (f", {self.left_out} left out" if self.left_out else ""))
        sys.exit(1 if self.failures else 77 if self.left_out else 0)
