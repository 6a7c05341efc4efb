"""What the tests of sonde.exe share: Wine in a network namespace of the test's own.

Wine's server opens the ICMP sockets, so the namespace in which it was started is the one that
counts. enter() runs the script again inside a new one, with a server that only it uses, and ends
that server when the script ends. What Wine cannot do is said by not_under_wine(), line by line;
the backend's unit tests cover it over a fake.
"""

import atexit
import os
import re
import shutil
import signal
import subprocess
import sys

SONDE = os.environ["SONDE"]
SOURCE = os.environ["SONDE_SOURCE_DIR"]
SERVER = shutil.which("wineserver") or "/usr/lib/wine/wineserver"
TIMEOUT = 90  # it ends what hangs; a busy machine starts Wine slowly
NESTED = "SONDE_WINDOWS_NESTED"
# The command behind it, in a namespace with lo up and at addresses that hold still: wine_run.sh says why.
INNER = ('mount -t tmpfs none /run 2>/dev/null; ip link set lo up && '
         'if setarch -R true 2>/dev/null; then exec setarch -R "$@"; fi; exec "$@"')
# What the engine decides: which clock it has.
ENGINES_OWN = ("engine", "clock", "api_rtt_ms")
MEASURED = re.compile(r"^(rtt_ms|elapsed_ms|started|ended|sent_at|min|avg|median|max|stddev|"
                      r"duration_ms|p9\d|jitter)$")


def skip(why):
    print(f"[skipped] {why}")
    sys.exit(77)


def not_under_wine(what, why):
    print(f"not under Wine: {what}: {why}")


def stop_server():
    subprocess.run([SERVER, "-k"], stderr=subprocess.DEVNULL, check=False, timeout=TIMEOUT)
    subprocess.run([SERVER, "-w"], stderr=subprocess.DEVNULL, check=False, timeout=TIMEOUT)


def enter():
    """In a namespace of our own with lo up, Wine's server in it; call before anything else."""
    for tool in ("wine", "unshare", "ip"):
        if shutil.which(tool) is None and not os.path.exists(f"/usr/sbin/{tool}"):
            skip(f"{tool} is not installed")
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    if NESTED not in os.environ:
        stop_server()
        os.environ[NESTED] = "1"
        user = [] if os.geteuid() == 0 else ["-Ur"]
        os.execvp(
            "unshare",
            ["unshare", *user, "-nm", "sh", "-c", INNER, "sh", sys.executable, *sys.argv],
        )
    os.environ.setdefault("LC_ALL", "C.UTF-8")
    os.environ["WINEDEBUG"] = "-all"
    os.environ["WINEDLLOVERRIDES"] = "mscoree,mshtml=;winedbg.exe=d"
    atexit.register(stop_server)


def warm(prefix=()):
    """Starts the server, in the namespace that the command `prefix` leads into."""
    null = subprocess.DEVNULL
    # It stays: a server that ends with its last client turns away one that comes just then (one
    # start in some hundred ended with 1 and no word).
    subprocess.run([*prefix, SERVER, "-p"], stdin=null, stdout=null, stderr=null, check=True,
                   timeout=TIMEOUT)
    wine_run = os.environ["SONDE_WINE"]
    subprocess.run([*prefix, wine_run, "cmd", "/c", "exit"], stdin=null, stdout=null, stderr=null,
                   check=True, timeout=90)
    run = sonde("-q", "-c1", "127.0.0.1", prefix=prefix)
    if run.returncode == 4:
        skip("no ICMP for Wine here: " + run.stderr.strip())
    assert run.returncode == 0, run.stderr


def renew(prefix=()):
    """After a program that ended with calls outstanding: Wine 8's driver never serves another."""
    stop_server()
    warm(prefix)


def plain_signals():
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)


def wine(*command, prefix=(), **options):
    options.setdefault("stdin", subprocess.DEVNULL)
    options.setdefault("preexec_fn", plain_signals)
    options.setdefault("stdout", subprocess.PIPE)
    options.setdefault("stderr", subprocess.PIPE)
    run = subprocess.run([*prefix, "wine", *command], check=False, timeout=TIMEOUT, **options)
    for stream in ("stdout", "stderr"):
        if isinstance(getattr(run, stream), bytes):
            setattr(run, stream, getattr(run, stream).decode("utf-8", "surrogateescape"))
    return run


def sonde(*arguments, **options):
    """One run to its end: .returncode, .stdout and .stderr as text, newlines as they came."""
    return wine(SONDE, *arguments, **options)


def start(*arguments, prefix=()):
    return subprocess.Popen(
        [*prefix, "wine", SONDE, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, preexec_fn=plain_signals,
    )


def native():
    """The Linux program to compare with, or None."""
    for preset in ("release", "dev"):
        path = os.path.join(SOURCE, "build", preset, "sonde")
        if os.access(path, os.X_OK):
            return path
    return None


def without_measurements(value):
    """A document without what the engine decides, figures as their types' names."""
    if isinstance(value, dict):
        return {key: type(item).__name__ if MEASURED.match(key) and not isinstance(item, dict)
                else without_measurements(item)
                for key, item in value.items() if key not in ENGINES_OWN}
    return [without_measurements(item) for item in value] if isinstance(value, list) else value


def masked(text):
    text = re.sub(r"time=[\d.]+ ms", "time=N ms", text)
    text = re.sub(r"time \d+ms", "time Nms", text)
    return re.sub(r"= [\d.]+(/[\d.]+)+ ms",
                  lambda m: "= " + re.sub(r"[\d.]+", "N", m.group()[2:]), text)


class Checks:
    """Collects failures, so that one run shows them all."""

    def __init__(self):
        self.failures = 0
        self.done = 0

    def check(self, condition, what, run=None):
        self.done += 1
        if not condition:
            self.failures += 1
            print(f"FAILED: {what}")
            if run is not None:
                print(f"  exit code {run.returncode}\n  stdout: {run.stdout!r}\n"
                      f"  stderr: {run.stderr!r}")

    def finish(self):
        print(f"{self.done} checks, {self.failures} failed")
        sys.exit(1 if self.failures else 0)
