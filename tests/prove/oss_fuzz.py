#!/usr/bin/env python3
"""oss_fuzz.py: packaging/oss-fuzz/build.sh as OSS-Fuzz calls it: clang, its flags, libc++ (where it is
installed), its fuzzing engine. Every target and its saved inputs must come out, need no library but those
of C and C++, and run on what is in its zip. Then once more with an engine that is an archive, as AFL's and
honggfuzz's are: here it is replay_main.cc."""

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(os.environ["SONDE_SOURCE_DIR"])
WORK = Path(os.environ["SONDE_BUILD_DIR"]) / "oss-fuzz"
OSS_FUZZ = ROOT / "packaging" / "oss-fuzz"
FUZZ = ROOT / "tests" / "fuzz"
LIBCXX = Path("/usr/lib/llvm-19/include/c++/v1")

# What the image sets for AddressSanitizer and libFuzzer.
CFLAGS = ["-O1", "-fno-omit-frame-pointer", "-gline-tables-only", "-DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION",
          "-fsanitize=address", "-fsanitize-address-use-after-scope", "-fsanitize=fuzzer-no-link"]
LIBRARIES = ("linux-vdso", "ld-linux", "libc.", "libm.", "libresolv.", "libpthread.", "libdl.", "librt.", "libgcc_s.",
             "libc++.", "libc++abi.", "libunwind.", "libstdc++.")

failures = []


def check(holds, what):
    if not holds:
        failures.append(what)


def environment():
    flags = " ".join(CFLAGS)
    extra = f" -stdlib=libc++ -include {ROOT}/tests/prove/_from_chars.hpp" if LIBCXX.is_dir() else ""
    # Debian's libFuzzer wants libstdc++ beside it (clang makes -lc++ of -lstdc++); OSS-Fuzz's has its own within.
    engine = "-fsanitize=fuzzer" + (" -Wl,-lstdc++" if extra else "")
    if not extra:
        print("without libc++, which is not installed")
    return {**os.environ, "SRC": str(WORK / "src"), "OUT": str(WORK / "out"), "WORK": str(WORK / "work"),
            "CC": "clang-19", "CXX": "clang++-19", "CFLAGS": flags, "CXXFLAGS": flags + extra,
            "LIB_FUZZING_ENGINE": engine}


def lay_out():
    """$SRC as the Dockerfile leaves it; what was compiled before may stay in $WORK."""
    for name in ("src", "out"):
        shutil.rmtree(WORK / name, ignore_errors=True)
        (WORK / name).mkdir(parents=True)
    (WORK / "work").mkdir(exist_ok=True)
    (WORK / "src" / "sonde").symlink_to(ROOT)
    shutil.copy(OSS_FUZZ / "build.sh", WORK / "src")


def build(env):
    done = subprocess.run(["bash", "-eux", f"{env['SRC']}/build.sh"], env=env, cwd=f"{env['SRC']}/sonde",
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        sys.exit(done.stdout[-8000:] + "\nFAILED: build.sh")


def run(program, *words):
    done = subprocess.run([program, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        print(done.stdout[-4000:])
    check(done.returncode == 0, f"{program.name} {words} ended with {done.returncode}")
    return done.stdout


def check_target(name):
    program = WORK / "out" / f"fuzz_{name}"
    saved = {path.name: path.read_bytes() for path in (FUZZ / "corpus" / name).iterdir()}
    with zipfile.ZipFile(WORK / "out" / f"fuzz_{name}_seed_corpus.zip") as corpus, \
            tempfile.TemporaryDirectory() as folder:
        check({file: corpus.read(file) for file in corpus.namelist()} == saved, f"{name}: another corpus in the zip")
        corpus.extractall(folder)
        check("Done " in run(program, "-runs=100", folder), f"{name} is no libFuzzer program")
    for line in run(Path(shutil.which("ldd")), program).splitlines():
        library = line.split()[0].rsplit("/", 1)[-1]
        check(library.startswith(LIBRARIES), f"{name} needs {library}")


def check_other_engine(env, names):
    archive = WORK / "work" / "libFuzzingEngine.a"
    object_file = archive.with_suffix(".o")
    subprocess.run([env["CXX"], *env["CXXFLAGS"].split(), "-std=c++23", f"-I{ROOT}", f"-I{ROOT}/lib",
                    "-DSONDE_FUZZ_SLOWDOWN=10", "-c", FUZZ / "replay_main.cc", "-o", object_file], check=True)
    archive.unlink(missing_ok=True)
    subprocess.run(["ar", "rcs", archive, object_file], check=True)
    build({**env, "LIB_FUZZING_ENGINE": str(archive)})
    for name in names:
        said = run(WORK / "out" / f"fuzz_{name}", str(FUZZ / "corpus" / name))
        check("replayed " in said, f"{name} was linked with another engine")


def main():
    if shutil.which("clang++-19") is None:
        print("skipped: clang++-19 is not installed")
        return 77
    env = environment()
    lay_out()
    build(env)
    names = sorted(path.stem for path in FUZZ.glob("*.cpp"))
    wanted = {f"fuzz_{name}" for name in names} | {f"fuzz_{name}_seed_corpus.zip" for name in names}
    found = {path.name for path in (WORK / "out").iterdir()}
    check(found == wanted, f"in $OUT too much or too little: {found ^ wanted}")
    if not failures:
        for name in names:
            check_target(name)
        check_other_engine(env, names)
    for failure in failures:
        print(f"FAILED: {failure}")
    print(f"oss_fuzz: {len(names)} targets, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
