#!/usr/bin/env python3
"""check_layers.py [ROOT]: the rules of the house that a compiler does not enforce.

Reads every C++ file below ROOT/lib and ROOT/app and reports, one a line as `file:line: rule: what`:
  include      a layer includes something that does not stand to its right, or a library not its own
  os-header    an operating system's header outside the places for it
  os-if        an #if on an operating system outside those places
  clock        a clock read outside base/system_clock.cpp
  cast         reinterpret_cast outside the places that talk to the system
  effect       output, exit or the environment below app/
  size         a file or a function over its hard stop
  todo         a TODO or FIXME
Exit code 0 when there is nothing to report. A new layer, file or library is named in the tables here.
"""

import os
import re
import sys
from pathlib import Path

MAX_FILE_LINES = 500
MAX_FUNCTION_LINES = 60

# What each layer may include besides itself.
LAYERS = {
    "base": set(),
    "net": {"base"},
    "wire": {"net", "base"},
    "probe": {"wire", "net", "base"},
    "engine": {"probe", "net", "base"},
    "stats": {"probe", "net", "base"},
    "transport": {"wire", "probe", "net", "base"},
    "resolve": {"net", "base"},
    "run": {"engine", "stats", "transport", "probe", "net", "base"},
    "report": {"stats", "probe", "net", "base"},
    "icmpapi": {"run", "engine", "transport", "probe", "net", "base"},
    "app": {"report", "run", "resolve", "transport", "stats", "engine", "probe", "net", "base"},
}

# Of transport/, the others see the interface, and who must open one also what opens and routes.
TRANSPORT_INTERFACE = {"transport.hpp", "capabilities.hpp", "error.hpp"}
MAY_OPEN_TRANSPORT = ("app/", "lib/icmpapi/", "lib/sonde/run/echo.")

# Third-party libraries by the first part of the include.
LIBRARIES = {
    "report": {"fmt", "rapidjson"},
    "app": {"fmt", "CLI", "spdlog", "toml++"},
}
ALL_LIBRARIES = {"fmt", "rapidjson", "CLI", "spdlog", "toml++", "nlohmann", "doctest", "benchmark"}

# Where an operating system's headers, and an #if on one, are at home.
OS_HOMES = ("lib/sonde/transport/", "lib/sonde/resolve/", "lib/icmpapi/")
OS_FILES = re.compile(
    r"lib/sonde/base/system_(clock|random)\w*\.(cpp|hpp)"
    r"|app/(terminal|signals|privileges|sandbox|log|main)\w*\.(cpp|hpp)"
)

# Of icmpapi those that only carry the name of a Windows function, and who allows the calls by name.
CLOCK_FILES = re.compile(
    r"lib/sonde/base/system_clock\w*\.cpp|lib/icmpapi/(include/windows\.h|api/time\.cpp)"
    r"|app/sandbox_filters_linux\.cpp"
)
CAST_HOMES = OS_HOMES

STD_HEADERS = set(
    """algorithm any array atomic barrier bit bitset cassert cctype cerrno cfenv cfloat charconv
    chrono cinttypes climits clocale cmath compare complex concepts condition_variable coroutine
    csetjmp csignal cstdarg cstddef cstdint cstdio cstdlib cstring ctime cuchar cwchar cwctype deque
    exception execution expected filesystem format forward_list fstream functional future
    generator initializer_list iomanip ios iosfwd iostream istream iterator latch limits list locale
    map mdspan memory memory_resource mutex new numbers numeric optional ostream print queue random
    ranges ratio regex scoped_allocator semaphore set shared_mutex source_location span spanstream
    sstream stack stacktrace stdexcept stdfloat stop_token streambuf string string_view strstream
    syncstream system_error thread tuple type_traits typeindex typeinfo unordered_map
    unordered_set utility valarray variant vector version""".split()
)
OS_MACRO = re.compile(
    r"\b(__linux__|__linux|_WIN32|_WIN64|WIN32|__APPLE__|__MACH__|__\w*BSD__|__unix__|__unix"
    r"|__ANDROID__|__CYGWIN__|__MINGW\w*__|_MSC_VER)\b"
)
CLOCK_READ = re.compile(
    r"\b(\w+_clock\s*::\s*now|clock_gettime|gettimeofday|timespec_get|QueryPerformanceCounter"
    r"|GetSystemTime\w*|(std::)?time\s*\(\s*(nullptr|NULL|0|&))"
)
EFFECT = re.compile(
    r"\bstd::(cout|cerr|clog)\b|(?<![\w.>])(std::|::)?(printf|fprintf|puts|fputs|putchar|exit|_exit"
    r"|quick_exit|abort|getenv|setenv|secure_getenv)\s*\("
)


def blank(match):
    """The same number of lines, without their text."""
    return "\n" * match.group(0).count("\n") or " "


TOKENS = re.compile(
    r'(?P<raw>R"(?P<tag>[^(\s]*)\(.*?\)(?P=tag)")'
    r'|(?P<string>"(?:\\.|[^"\\\n])*")'
    r"|(?P<char>(?<![0-9A-Za-z_])(?:u8|[uUL])?'(?:\\.|[^'\\\n])+')"
    r"|(?P<comment>//[^\n]*|/\*.*?\*/)",
    re.DOTALL,
)


def strip(text, keep_strings=False):
    """Code without comments, and without what stands in strings and character literals."""

    def replace(match):
        if match.lastgroup == "comment" or match.group("comment"):
            return blank(match)
        if keep_strings and match.group("string"):
            return match.group(0)
        return '""' + "\n" * match.group(0).count("\n")

    return TOKENS.sub(replace, text)


def strip_directives(code):
    """Code without preprocessor lines, their continuations included."""
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", blank, code, flags=re.MULTILINE)


# --- functions --------------------------------------------------------------------------------------

TYPE_HEADER = re.compile(
    r"^(?:export\s+|inline\s+|extern\s*\"\"\s*)*(?:(?:namespace\b)|"
    r"(?:typedef\s+)?(?:enum(?:\s+(?:class|struct))?|class|struct|union)\b"
    r"(?:\s+[\w:]+(?:<[^{}]*>)?)?(?:\s+final)?\s*(?::(?!:).*)?$|extern\s*\"\"\s*$)",
    re.DOTALL,
)
FUNCTION_TAIL = re.compile(
    r"(\)|\]|\}|\bconst|\bnoexcept|\boverride|\bfinal|\bmutable|\btry|\bconstexpr|&)\s*$"
)


def is_type(header):
    header = re.sub(r"\b(alignas\s*\([^()]*\)|\[\[[^\]]*\]\]|template\s*<[^{}]*?>(?=\s*\w))", " ", header)
    header = re.sub(r"^\s*(public|private|protected)\s*:", " ", header)
    return bool(TYPE_HEADER.match(" ".join(header.split())))


def is_function(header, open_parens):
    """Whether the brace after `header` opens a function's body (and not an initialiser)."""
    if open_parens > 0 or "(" not in header and not header.rstrip().endswith("]"):
        return False
    if FUNCTION_TAIL.search(header):
        return True
    tail = header[header.rfind(")") :]
    return "->" in tail or re.search(r"\brequires\b", header) is not None


def function_sizes(code):
    """Yields (first line, lines, header) for every outermost function body in stripped code."""
    code = strip_directives(code)
    stack = []  # (kind, saved header, saved parens)
    header, parens, line = "", 0, 1
    start = None
    for char in code:
        if char == "\n":
            line += 1
        if start is not None:  # inside a function only the braces count
            if char == "{":
                stack.append(("inner", "", 0))
            elif char == "}":
                kind, saved, _ = stack.pop()
                if kind == "function":
                    yield start, line - start + 1, " ".join(saved.split())
                    start, header, parens = None, "", 0
            continue
        if char == "{":
            if is_type(header):
                stack.append(("type", "", 0))
                header, parens = "", 0
            elif is_function(header, parens):
                stack.append(("function", header, 0))
                start = line
            else:
                stack.append(("init", header, parens))
        elif char == "}":
            kind, saved, parens_before = stack.pop() if stack else ("type", "", 0)
            header, parens = (saved + "{}", parens_before) if kind == "init" else ("", 0)
        elif char == ";" and parens == 0:
            header = ""
        else:
            parens += (char == "(") - (char == ")")
            header += char


# --- the rules ----------------------------------------------------------------------------------------


def layer_of(path):
    parts = path.split("/")
    if parts[0] == "app":
        return "app"
    if parts[:2] == ["lib", "sonde"] and len(parts) > 3:
        return parts[2]
    if parts[:2] == ["lib", "icmpapi"]:
        return "icmpapi"
    return None


def at_home(path):
    return path.startswith(OS_HOMES) or OS_FILES.fullmatch(path) is not None


def check_own_include(path, layer, target):
    """An include in quotes: one of ours."""
    parts = target.split("/")
    if parts[0] == "app" and layer == "app":
        return None
    if layer == "icmpapi" and parts[0] != "sonde":
        return None
    if parts[0] != "sonde" or len(parts) < 3:
        return f'"{target}": own headers are included as "sonde/<layer>/..." or "app/..."'
    other = parts[1]
    if other not in LAYERS:
        return f'"{target}": no such layer'
    if other == layer:
        return None
    if other not in LAYERS[layer]:
        return f'"{target}": {layer} must not include {other}'
    if other == "transport":
        allowed = set(TRANSPORT_INTERFACE)
        if path.startswith(MAY_OPEN_TRANSPORT):
            allowed |= {"open.hpp", "open_trace.hpp", "route.hpp"}
        if "/".join(parts[2:]) not in allowed:
            return f'"{target}": {layer} sees only the interface of transport'
    return None


def check_system_include(path, layer, target):
    """An include in angle brackets: (rule, message) or None."""
    if target in STD_HEADERS:
        return None
    library = target.split("/")[0]
    if library in ALL_LIBRARIES:
        if library in LIBRARIES.get(layer, set()):
            return None
        return "include", f"<{target}>: {layer} must not use {library}"
    if at_home(path):
        return None
    return "os-header", f"<{target}> outside the places for the operating system"


def check_includes(path, layer, lines):
    for number, line in enumerate(lines, 1):
        match = re.match(r'\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', line)
        if not match:
            continue
        if match.group(1):
            message = check_own_include(path, layer, match.group(1))
            if message:
                yield number, "include", message
        else:
            problem = check_system_include(path, layer, match.group(2))
            if problem:
                yield number, *problem


def check_patterns(path, layer, code):
    home = at_home(path)
    for number, line in enumerate(code.split("\n"), 1):
        if not home and re.match(r"\s*#\s*(if|ifdef|ifndef|elif|elifdef|elifndef)\b", line):
            macro = OS_MACRO.search(line)
            if macro:
                yield number, "os-if", f"{macro.group(0)}: make it a file per system"
        if not CLOCK_FILES.fullmatch(path) and (found := CLOCK_READ.search(line)):
            yield number, "clock", f"{found.group(0)}: time is an argument"
        if not path.startswith(CAST_HOMES) and "reinterpret_cast" in line:
            yield number, "cast", "reinterpret_cast: received bytes are read with Reader"
        if layer != "app" and (found := EFFECT.search(line)):
            yield number, "effect", f"{found.group(0).strip()}: only app/ does that"


def check_sizes(path, text, code):
    count = len(text.splitlines())
    if count > MAX_FILE_LINES:
        yield 1, "size", f"{count} lines; the hard stop is {MAX_FILE_LINES}: split it by what it does"
    for start, lines, header in function_sizes(code):
        if lines > MAX_FUNCTION_LINES:
            name = header.split("(")[0].split(" ")[-1]
            yield start, "size", f"{name}: {lines} lines; the hard stop is {MAX_FUNCTION_LINES}"


def check_text(path, text):
    """All findings of one file, as (line, rule, message); path is relative, with slashes."""
    layer = layer_of(path)
    if layer not in LAYERS:
        yield 1, "include", "this folder is no layer: name it in tests/layers/check_layers.py"
        return
    yield from check_includes(path, layer, strip(text, keep_strings=True).split("\n"))
    code = strip(text)
    yield from check_patterns(path, layer, code)
    yield from check_sizes(path, text, code)
    for number, line in enumerate(text.split("\n"), 1):
        if re.search(r"\b(TODO|FIXME|XXX)\b", line):
            yield number, "todo", "finish it, or write an issue"


def main(argv):
    default = os.environ.get("SONDE_SOURCE_DIR") or Path(__file__).resolve().parents[2]
    root = Path(argv[1] if len(argv) > 1 else default)
    files = sorted(
        file
        for folder in ("lib", "app")
        for file in (root / folder).rglob("*")
        if file.suffix in {".cpp", ".hpp", ".cc", ".c", ".h"}
    )
    if not files:
        print(f"{root}: no source files in lib/ or app/")
        return 1
    findings = 0
    for file in files:
        path = file.relative_to(root).as_posix()
        for number, rule, message in check_text(path, file.read_text(encoding="utf-8")):
            print(f"{path}:{number}: {rule}: {message}")
            findings += 1
    print(f"{len(files)} files, {findings} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
