"""Names that a stranger chose: a name server and a hosts file that return them, sonde in all its modes
and formats, and what may not reach a sink. hostile_names.py of tests/cli takes the listed names and
some made at random, that of tests/prove thousands. Runs in a network and mount namespace of its own."""

import concurrent.futures
import json
import os
import random
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading

from _cli import SONDE, TIMEOUT, Checks, environment, plain_signals, skip

SERVER = "127.0.0.53"
WORKERS = 4  # they wait for most of their time
LISTED = [b"\x1b[2Jevil", b"\x1b]0;title\x07", b"new\nline", b"carriage\rreturn", b'quote"d', b"back\\slash",
          b"<b>html</b>", b"=1+1", b"+sum", b"@at", b"tab\there", b"\x7fdel", b"\x9b31mc1", "\u202elmth".encode(),
          "zero\u200bwidth".encode(), b"\xff\xfe\xfd", b"\xc0\xaf", b"\xed\xa0\x80", b"nul\x00byte", b"-rf",
          b"_x", b"sp ace", b"'apos`", b"%s%n%x", b"a" * 63, "\u00e9\u4e16\u754c".encode(), b"$(id)", b"${HOME}",
          b";id", b"|id", b"&amp;", b"{\"event\":\"end\"}"]
# In text: line ends and printable characters; of others only letters in a UTF-8 locale.
TEXT = re.compile(rb"[\n\x20-\x7e]*")
FORBIDDEN = re.compile("[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def made_names(count):
    """The same at every run: short strings of all bytes, of those that mean something more often."""
    dice = random.Random(20260917)
    special = b"\x00\x07\x1b\x9b\n\r\t\"\\<>&=+-@;|`$%\x7f\xe2\x80\xae\xff._ "
    for _ in range(count):
        yield bytes(dice.choice(special) if dice.random() < 0.5 else dice.randrange(256)
                    for _ in range(dice.randrange(1, 40)))


def address_of(index):
    return f"127.77.{index >> 8}.{index & 255}"


class NameServer(threading.Thread):
    """Answers every PTR question for 127.77.x.y with that name, as one label and as it stands."""

    def __init__(self, names):
        super().__init__(daemon=True)
        self.names = names
        self.asked = set()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((SERVER, 53))

    def run(self):
        while True:
            query, peer = self.socket.recvfrom(4096)
            if (answer := self.answer(query)) is not None:
                self.socket.sendto(answer, peer)

    def answer(self, query):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]])
            at += 1 + query[at]
        question = query[12:at + 5]
        header = query[:2] + b"\x84\x00\x00\x01"
        if question[-4:-2] != b"\x00\x0c" or labels[2:4] != [b"77", b"127"]:
            return query[:2] + b"\x84\x03\x00\x01" + bytes(6) + question
        index = int(labels[1]) << 8 | int(labels[0])
        if index >= len(self.names):
            return query[:2] + b"\x84\x03\x00\x01" + bytes(6) + question
        self.asked.add(index)
        label = self.names[index][:63]
        name = bytes([len(label)]) + label + b"\x04test\x00"
        record = b"\xc0\x0c\x00\x0c\x00\x01" + struct.pack(">IH", 60, len(name)) + name
        return header + b"\x00\x01" + bytes(4) + question + record


def enter_namespaces():
    """Starts the script again where it may mount over /etc/resolv.conf and has a network of its own."""
    if os.environ.get("SONDE_HOSTILE_NESTED"):
        return
    if shutil.which("unshare") is None or shutil.which("mount") is None:
        skip("unshare or mount is not here")
    os.environ["SONDE_HOSTILE_NESTED"] = "1"
    user = [] if os.geteuid() == 0 else ["-Ur"]
    prefix = ["unshare", *user, "-nm", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
    if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode != 0:
        skip("no namespaces here")
    os.execvp("unshare", [*prefix, sys.executable, *sys.argv])


def mount_over(folder, path, content):
    source = os.path.join(folder, os.path.basename(path))
    with open(source, "wb") as file:
        file.write(content)
    if not os.path.exists(path):
        skip(f"there is no {path}")
    subprocess.run(["mount", "--bind", source, path], check=True)


def run_sonde(arguments, locale):
    return subprocess.run([SONDE, *arguments], env=environment(LC_ALL=locale), capture_output=True,
                          timeout=3 * TIMEOUT, stdin=subprocess.DEVNULL, preexec_fn=plain_signals, check=False)


def check_text(checks, what, locale, output):
    if locale == "C":
        checks.check(TEXT.fullmatch(output), f"{what}: only printable ASCII: {output[:300]!r}")
        return
    try:
        text = output.decode("utf-8")
        found = FORBIDDEN.search(text)
        checks.check(found is None, f"{what}: {found and found.group()!r} in {text[:300]!r}")
    except UnicodeDecodeError as error:
        checks.check(False, f"{what}: no UTF-8: {error}")


def names_in(value):
    """Every address with a name in a JSON value, and that name."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "name" and "address" in value and isinstance(inner, str):
                yield value["address"], inner
            yield from names_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from names_in(inner)


def check_json(checks, what, output, lines):
    """Parses as a whole, without a raw control byte. The names it holds, by address."""
    try:
        text = output.decode("utf-8")
        values = [json.loads(line) for line in text.split("\n") if line] if lines else [json.loads(text)]
    except ValueError as error:
        checks.check(False, f"{what}: {error}: {output[:300]!r}")
        return {}
    found = re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u200b]", text)
    checks.check(found is None, f"{what}: a raw control character: {found and found.group()!r}")
    return dict(pair for value in values for pair in names_in(value))


def check_sweep(checks, source, count):
    """The names that reached the document, by address."""
    last = address_of(count - 1)
    arguments = ["sweep", "-H", f"{address_of(0)}-{last}", "--allow", "many", "--rate", "5000", "-r1"]
    for locale in ("C", "C.UTF-8"):
        run = run_sonde(arguments, locale)
        what = f"{source}: sweep, {locale}"
        checks.check(run.returncode == 0, f"{what}: exit code {run.returncode}: {run.stderr[:2000]!r}")
        check_text(checks, what, locale, run.stdout + run.stderr)
        checks.check(run.stdout.count(b"\n") == count, f"{what}: one line a host: {run.stdout.count(10)}")
    names = {}
    for option in ("--json", "--ndjson"):
        run = run_sonde([*arguments, option], "C.UTF-8")
        names |= check_json(checks, f"{source}: sweep {option}", run.stdout, option == "--ndjson")
    print(f"{source}: {count} names given, {len(names)} came through the system's resolver")
    return names


# A name is shown from the first reply on that comes when it is known: the last of these, as a rule.
PING = ["ping", "-H", "-c3", "-i100ms", "-W1"]
TRACE = ["trace", "-q1", "-m1"]
SINKS = ((["-v"], "C"), (["-v"], "C.UTF-8"), (["--json"], "C.UTF-8"), (["--ndjson"], "C.UTF-8"))
SHOWN = re.compile(rb"^\d+ bytes from (.+) \(127\.77\.\d+\.\d+\):|^ *1 +(.+) \(127\.77\.\d+\.\d+\)", re.MULTILINE)


def check_single(checks, source, names, index, mode, sink):
    """Whether the name of that address was seen in one run of `ping` or `trace`."""
    options, locale = sink
    address = address_of(index)
    run = run_sonde([*mode, *options, address], locale)
    what = f"{source}: {mode[0]} {options} {address}, {locale}"
    checks.check(run.returncode == 0, f"{what}: exit code {run.returncode}: {run.stderr[:300]!r}")
    if options == ["-v"]:
        check_text(checks, what, locale, run.stdout + run.stderr)
        return any({*found} - {b"", address.encode()} for found in SHOWN.findall(run.stdout))
    told = check_json(checks, what, run.stdout, options == ["--ndjson"])
    checks.check(told.get(address, names.get(address)) == names.get(address), f"{what}: another name: {told}")
    return address in told


def check_singles(checks, source, names, count):
    """Runs that show names, each with one: half of them at least show it in time."""
    wanted = [index for index in range(count) if address_of(index) in names]
    checks.check(wanted, f"{source}: no name to be shown")
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        for mode in (PING, TRACE):
            for sink in SINKS:
                shown = list(pool.map(lambda index: check_single(checks, source, names, index, mode, sink), range(count)))
                seen = sum(shown[index] for index in wanted)
                what = f"{source}: {mode[0]} {sink[0][0]}, {sink[1]}: {seen} of {len(wanted)} names"
                checks.check(sum(shown) == seen and 2 * seen >= len(wanted), what)
                print(what)


def hosts_file(names):
    """One name a line: what ends a name in that file cannot be in one."""
    for index, name in enumerate(names):
        word = bytes(byte for byte in name if byte not in b" \t\n\r\x00#") or b"x"
        yield address_of(index).encode() + b" " + word + b"\n"


def prove(made, singles):
    enter_namespaces()
    checks = Checks()
    names = [*LISTED, *made_names(made)]
    with tempfile.TemporaryDirectory() as folder:
        mount_over(folder, "/etc/resolv.conf", f"nameserver {SERVER}\noptions timeout:1\n".encode())
        mount_over(folder, "/etc/nsswitch.conf", b"hosts: files dns\n")
        mount_over(folder, "/etc/hosts", b"127.0.0.1 localhost\n")
        server = NameServer(names)
        server.start()
        through = check_sweep(checks, "name server", len(names))
        checks.check(len(server.asked) == len(names), f"{len(server.asked)} names were asked for")
        check_singles(checks, "name server", through, singles)
        few = names[:1000]
        with open("/etc/hosts", "wb") as file:
            file.write(b"".join(hosts_file(few)))
        check_singles(checks, "hosts file", check_sweep(checks, "hosts file", len(few)), singles)
    checks.finish()
