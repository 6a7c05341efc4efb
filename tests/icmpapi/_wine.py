"""_wine.py: Windows programs, built with mingw-w64 and run under Wine without a display.

Each Wine has a prefix and a server of its own; both are gone when it is left. The server's network
namespace and rights are those of who starts it, so a program runs at the client of a lab.
"""
import os
import pathlib
import shutil
import subprocess
import tempfile

COMPILER = "x86_64-w64-mingw32-gcc"


def find_wine():
    """The loader and the server, or None. Debian's wine64 puts neither on the PATH."""
    path = os.environ["PATH"] + ":/usr/lib/wine"
    loader = shutil.which("wine64", path=path) or shutil.which("wine", path=path)
    server = shutil.which("wineserver64", path=path) or shutil.which("wineserver", path=path)
    return (loader, server) if loader and server else None


def held_still():
    """What a program is started by so that its addresses are not random: cmake/toolchains/wine_run.sh says why."""
    order = ["setarch", "-R"]
    allowed = subprocess.run([*order, "true"], stderr=subprocess.DEVNULL, check=False).returncode == 0
    return order if allowed else []


def why_not():
    """Why nothing can be built or run here, or None."""
    if not shutil.which(COMPILER):
        return f"{COMPILER} is not installed (Debian: gcc-mingw-w64-x86-64-posix)"
    if not find_wine():
        return "Wine is not installed (Debian: wine64)"
    return None


def build(sources, program):
    subprocess.run([COMPILER, "-std=c11", "-O1", "-Wall", "-Wextra", "-Wno-unknown-pragmas",
                    "-Werror", *map(str, sources), "-o", str(program), "-static", "-liphlpapi",
                    "-lws2_32"], check=True)


class Wine:
    def __init__(self, lab):
        self.lab = lab
        loader, self.server = find_wine()
        self.start = [*held_still(), loader]

    def __enter__(self):
        self.home = tempfile.mkdtemp(prefix="wine-", dir=os.environ.get("SONDE_BUILD_DIR"))
        self.env = {
            "WINEPREFIX": str(pathlib.Path(self.home) / "prefix"), "HOME": self.home,
            "WINEDEBUG": "-all", "DISPLAY": "", "WAYLAND_DISPLAY": "",
            # No Mono, no browser, no menus, and no debugger: what crashes shall end.
            "WINEDLLOVERRIDES": "mscoree,mshtml=;winedbg.exe,winemenubuilder.exe=d",
        }
        try:
            self.run(["cmd", "/c", "exit"])
        except BaseException:
            self.__exit__()
            raise
        return self

    def run(self, command, timeout=100):
        """As lab.at_client. Through a file: services of Wine keep a pipe open after the program."""
        out = pathlib.Path(self.home) / "out"
        with open(out, "wb") as stream:
            code = self.lab.spawn([*self.start, *map(str, command)], env=self.env, stdout=stream,
                                  cwd=self.home, timeout=timeout)
        return code, out.read_text(errors="replace").replace("\r", "")

    def __exit__(self, *_):
        for order in ("-k", "-w"):
            self.lab.spawn([self.server, order], env=self.env, timeout=60)
        shutil.rmtree(self.home, ignore_errors=True)
