"""_stage.py: the library as a user gets it: installed below a temporary folder, found there by
pkg-config, and C programs built with it."""
import os
import pathlib
import shutil
import subprocess
import tempfile

BUILD = pathlib.Path(os.environ.get("SONDE_BUILD_DIR", "build/release")).resolve()
PACKAGE = "sonde-icmpapi"


def cache(name):
    """A variable of the build, or ''."""
    for line in (BUILD / "CMakeCache.txt").read_text().splitlines():
        if line.startswith(name + ":"):
            return line.split("=", 1)[1]
    return ""


def why_not():
    """Why nothing can be installed and built here, or None."""
    for tool in ("cmake", "pkg-config", "cc"):
        if not shutil.which(tool):
            return f"{tool} is not installed"
    return None


class Stage:
    def __enter__(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="stage-", dir=BUILD))
        self.root.chmod(0o755)  # others run what is built here
        self.prefix = self.root / "usr"
        done = subprocess.run(["cmake", "--install", BUILD, "--prefix", self.prefix], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            self.__exit__()
            raise RuntimeError(f"cmake --install: {done.stdout}")
        self.environment = {**os.environ, "PKG_CONFIG_PATH": ":".join(
            str(path.parent) for path in self.prefix.rglob("*.pc"))}
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.root, ignore_errors=True)

    def flags(self, *options):
        done = subprocess.run(["pkg-config", *options, PACKAGE], text=True, env=self.environment,
                              capture_output=True)
        if done.returncode != 0:
            raise RuntimeError(f"pkg-config {options} {PACKAGE}: {done.stderr}")
        return done.stdout.split()

    def library_path(self):
        return str(next(self.prefix.rglob("libsonde-icmpapi.so*")).parent)

    def compiler(self, language="c"):
        """That of the build, with its sanitizers."""
        clang = "clang" in cache("CMAKE_CXX_COMPILER")
        names = {"c": "clang-19" if clang else "gcc", "c++": "clang++-19" if clang else "g++"}
        sanitize = cache("SONDE_SANITIZE")
        return [names[language], *([f"-fsanitize={sanitize}"] if sanitize else [])]

    def link_flags(self):
        """A C program needs what the library's sanitizers take from C++."""
        return ["-fsanitize-link-c++-runtime", "-lstdc++"] if cache("SONDE_SANITIZE") else []

    def build(self, sources, program, *more, language="c", standard="c11", static=False):
        """The built program's path; warnings are errors."""
        program = self.root / program
        libraries = self.flags("--static", "--libs") if static else self.flags("--libs")
        if static:
            libraries = [f"-l:lib{PACKAGE}.a" if one == f"-l{PACKAGE}" else one
                         for one in libraries]
        command = [*self.compiler(language), f"-std={standard}", "-O1", "-g", "-Wall", "-Wextra",
                   "-Werror", *more, *self.flags("--cflags"), *map(str, sources), "-o",
                   str(program), *libraries, *self.link_flags(), "-pthread",
                   f"-Wl,-rpath,{self.library_path()}"]
        done = subprocess.run(command, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}\n{done.stdout}")
        return program
