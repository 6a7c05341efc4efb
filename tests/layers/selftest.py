#!/usr/bin/env python3
"""selftest.py: each rule of check_layers.py fires on a bad sample and stays quiet on a good one."""

import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
from check_layers import check_text, function_sizes, strip  # noqa: E402


def body(lines):
    return "".join(f"  x += {n};\n" for n in range(lines))


LONG = body(59)  # with its two braces' lines: 61

# (what it shows, path, text, the rules that must fire)
SAMPLES = [
    ("right of it", "lib/sonde/wire/a.cpp", '#include "sonde/net/address.hpp"\n', []),
    ("left of it", "lib/sonde/net/a.cpp", '#include "sonde/wire/ipv4.hpp"\n', ["include"]),
    ("engine, wire", "lib/sonde/engine/a.hpp", '#include "sonde/wire/ipv4.hpp"\n', ["include"]),
    ("commented out", "lib/sonde/net/a.cpp", '// #include "sonde/wire/ipv4.hpp"\n', []),
    ("unknown layer", "lib/sonde/net/a.cpp", '#include "sonde/nowhere/a.hpp"\n', ["include"]),
    ("relative", "lib/sonde/net/a.cpp", '#include "address.hpp"\n', ["include"]),
    ("lib, app", "lib/sonde/run/a.cpp", '#include "app/cli.hpp"\n', ["include"]),
    ("new folder", "lib/sonde/extra/a.cpp", "int a;\n", ["include"]),
    ("backend", "lib/sonde/run/a.cpp", '#include "sonde/transport/linux/raw.hpp"\n', ["include"]),
    ("interface", "lib/sonde/run/a.cpp", '#include "sonde/transport/transport.hpp"\n', []),
    ("open in run", "lib/sonde/run/driver.cpp", '#include "sonde/transport/open.hpp"\n', ["include"]),
    ("open in echo", "lib/sonde/run/echo.cpp", '#include "sonde/transport/open.hpp"\n', []),
    ("app, wire", "app/a.cpp", '#include "sonde/wire/ipv4.hpp"\n', ["include"]),
    ("fmt in net", "lib/sonde/net/a.cpp", "#include <fmt/format.h>\n", ["include"]),
    ("fmt in report", "lib/sonde/report/a.cpp", "#include <fmt/format.h>\n", []),
    ("CLI11 in report", "lib/sonde/report/a.cpp", "#include <CLI/CLI.hpp>\n", ["include"]),
    ("socket in wire", "lib/sonde/wire/a.cpp", "#include <sys/socket.h>\n", ["os-header"]),
    ("socket in transport", "lib/sonde/transport/a.cpp", "#include <sys/socket.h>\n", []),
    ("socket in app", "app/cmd_ping.cpp", "#include <sys/socket.h>\n", ["os-header"]),
    ("unistd in terminal", "app/terminal.cpp", "#include <unistd.h>\n", []),
    ("random", "lib/sonde/base/system_random_posix.cpp", "#include <sys/random.h>\n", []),
    ("#ifdef", "lib/sonde/run/a.cpp", "#ifdef __linux__\n#endif\n", ["os-if"]),
    ("#if defined", "app/cli.cpp", "#if defined(_WIN32)\n#endif\n", ["os-if"]),
    ("#if elsewhere", "lib/sonde/transport/a.cpp", "#ifdef __linux__\n#endif\n", []),
    ("now()", "lib/sonde/run/a.cpp", "auto t = std::chrono::steady_clock::now();\n", ["clock"]),
    ("system call", "lib/sonde/transport/a.cpp", "clock_gettime(CLOCK_REALTIME, &t);\n", ["clock"]),
    ("time(nullptr)", "app/a.cpp", "auto t = std::time(nullptr);\n", ["clock"]),
    ("a member now()", "lib/sonde/run/a.cpp", "auto t = clock.now();\n", []),
    ("its one file", "lib/sonde/base/system_clock.cpp", "steady_clock::now();\n", []),
    ("cast", "lib/sonde/wire/a.cpp", "auto* p = reinterpret_cast<char*>(q);\n", ["cast"]),
    ("cast in transport", "lib/sonde/transport/a.cpp", "reinterpret_cast<char*>(q);\n", []),
    ("cast in a string", "lib/sonde/wire/a.cpp", 'f("reinterpret_cast");\n', []),
    ("cout", "lib/sonde/report/a.cpp", "std::cout << 1;\n", ["effect"]),
    ("exit", "lib/sonde/run/a.cpp", "std::exit(1);\n", ["effect"]),
    ("getenv", "lib/sonde/base/a.cpp", 'getenv("X");\n', ["effect"]),
    ("a member exit", "lib/sonde/run/a.cpp", "state.exit(1);\n", []),
    ("cout in app", "app/a.cpp", "std::cout << 1;\n", []),
    ("todo", "lib/sonde/net/a.cpp", "// TODO: more\n", ["todo"]),
    ("fixme", "app/a.cpp", "// FIXME\n", ["todo"]),
    ("500 lines", "lib/sonde/net/a.cpp", "int a;\n" * 500, []),
    ("501 lines", "lib/sonde/net/a.cpp", "int a;\n" * 501, ["size"]),
    ("60 lines", "lib/sonde/net/a.cpp", "void f() {\n" + body(58) + "}\n", []),
    ("61 lines", "lib/sonde/net/a.cpp", "void f() {\n" + LONG + "}\n", ["size"]),
    ("const method", "app/a.cpp", "int A::f(int a) const noexcept {\n" + LONG + "}\n", ["size"]),
    ("trailing type", "app/a.cpp", "auto f(int a) -> std::optional<int> {\n" + LONG + "}\n", ["size"]),
    ("constructor", "app/a.cpp", "A::A(int a) : a_{a}, b_(f({1})) {\n" + LONG + "}\n", ["size"]),
    ("template", "app/a.cpp", "template <class T>\nvoid f(T t) {\n" + LONG + "}\n", ["size"]),
    ("default argument", "app/a.cpp", "void f(A a = {}) {\n" + LONG + "}\n", ["size"]),
    ("struct result", "app/a.cpp", "struct sockaddr f(int a) {\n" + LONG + "}\n", ["size"]),
    ("lambda", "app/a.cpp", "const auto f = [](int a) {\n" + LONG + "};\n", ["size"]),
    ("in a class", "app/a.cpp", "class A : B<int> {\n public:\n  int f() {\n" + LONG + "  }\n};\n", ["size"]),
    ("a long class", "app/a.hpp", "struct A final : B {\n" + "  int a = f();\n" * 70 + "};\n", []),
    ("a long namespace", "app/a.hpp", "namespace a::b {\n" + "int f();\n" * 70 + "}\n", []),
    ("a long table", "app/a.cpp", "constexpr A kA[] = {\n" + "  {1, f(2)},\n" * 70 + "};\n", []),
    ("a table by call", "app/a.cpp", "constexpr auto kA = f<A>({\n" + "  {1, 2},\n" * 70 + "});\n", []),
    ("a brace in a string", "app/a.cpp", "void f() { g(\"{\", '{', 1'000); }\nint a;\n" * 70, []),
    ("a macro's brace", "app/a.cpp", "#define A \\\n  {\nint a;\n" * 70, []),
]


def main():
    failures = 0
    for what, path, text, expected in SAMPLES:
        found = [rule for _, rule, _ in check_text(path, text)]
        if found != expected:
            print(f"{what}: expected {expected}, found {found}")
            failures += 1
    two = "int f() {\n  return 1;\n}\n\nint g() { return A{2}.b; }\n"
    sizes = [(start, lines) for start, lines, _ in function_sizes(strip(two))]
    if sizes != [(1, 3), (5, 1)]:
        print(f"two functions: {sizes}")
        failures += 1
    print(f"{len(SAMPLES) + 1} samples, {failures} wrong")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
