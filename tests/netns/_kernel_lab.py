"""_kernel_lab.py: a network of kernels for tests that run `sonde ping` over real routers.

A Lab is four namespaces in a row: client - r1 - r2 - server. Each link N (1, 2, 3) is a veth pair
with 10.88.N.1 and fd88:N::1 on its left end, .2 and ::2 on its right end.
All namespaces are named sonde-net-<process>-<role> and deleted when the Lab is left.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys

from _stamps import keep_stamps

SKIPPED = 77
SONDE = str(pathlib.Path(os.environ.get("SONDE", "build/release/sonde")).resolve())
ROLES = ("client", "r1", "r2", "server")
SERVER = {"v4": "10.88.3.2", "v6": "fd88:3::2"}
FIRST_ROUTER = {"v4": "10.88.1.2", "v6": "fd88:1::2"}
SECOND_ROUTER = {"v4": "10.88.2.2", "v6": "fd88:2::2"}
NOBODY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--inh-caps", "-all",
          "--bounding-set", "-all"]


class Failure(Exception):
    pass


def skip(why):
    print(f"[skipped] {why}")
    sys.exit(SKIPPED)


def prepare(*tools):
    """Starts the script again as root of a user namespace where it is not root already."""
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    for tool in ("ip", "unshare", "setpriv", *tools):
        if not shutil.which(tool):
            skip(f"{tool} is not installed")
    if not os.access(SONDE, os.X_OK):
        skip(f"{SONDE} is not built")
    if os.geteuid() == 0:
        return
    if os.environ.get("SONDE_NET_NESTED"):
        skip("no root and no user namespaces")
    os.environ["SONDE_NET_NESTED"] = "1"
    # `ip netns` keeps its names in /run: a private one.
    inner = 'mount -t tmpfs none /run && exec "$@"'
    os.execvp("unshare", ["unshare", "-Urnm", "sh", "-c", inner, "sh", sys.executable, *sys.argv])


def in_own_network(nobody=False):
    """Runs the calling script once more, as `SCRIPT --inside`, in a network of its own, where loopback is
    up and root may open datagram ICMP sockets, whatever it is outside; with `nobody` others too."""
    prepare()
    if sys.argv[1:] != ["--inside"]:
        os.execvp("unshare", ["unshare", "-n", sys.executable, sys.argv[0], "--inside"])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with open("/proc/sys/net/ipv4/ping_group_range", "w", encoding="ascii") as file:
        file.write("0 2147483647" if nobody and may_become_nobody() else "0 0")


class LeftOut(Exception):
    """The rest of a case cannot be tried here."""


def end(failed, left_out=()):
    """A test of which a part could not be tried here is a skipped one, however well the rest went."""
    for part in left_out:
        print(f"[skipped] {part}")
    sys.exit(1 if failed else SKIPPED if left_out else 0)


def end_with(cases):
    """Tries each (function, argument...), tells, and ends the script."""
    failed = 0
    for case, *arguments in cases:
        name = f"{case.__name__} {' '.join(map(str, arguments))}"
        try:
            case(*arguments)
            print(f"ok      {name}", flush=True)
        except (Failure, subprocess.TimeoutExpired, AssertionError) as failure:
            failed += 1
            print(f"FAILED  {name}: {failure}", flush=True)
    sys.exit(1 if failed else 0)


def may_become_nobody():
    """A user namespace of one user has no 65534 to become. What is only asked as nobody to have the same
    kind of socket without any right is asked as root there."""
    return subprocess.run([*NOBODY, "true"], capture_output=True).returncode == 0


def sh(command, check=True):
    done = subprocess.run(command, shell=True, text=True, capture_output=True)
    if check and done.returncode != 0:
        raise Failure(f"{command}: {done.stderr.strip()}")
    return done.stdout


class Lab:
    def __init__(self):
        self.names = {role: f"sonde-net-{os.getpid()}-{role}" for role in ROLES}

    def __enter__(self):
        try:
            self.build()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for name in self.names.values():
            sh(f"ip netns del {name}", check=False)

    def build(self):
        for name in self.names.values():
            sh(f"ip netns add {name}")
            sh(f"ip -n {name} link set lo up")
            # Addresses are good at once, without a second of duplicate address detection.
            for scope in ("all", "default"):
                sh(f"ip netns exec {name} sysctl -qw net.ipv6.conf.{scope}.accept_dad=0")
        for number, (left, right) in enumerate(zip(ROLES, ROLES[1:]), start=1):
            sh(f"ip -n {self.names[left]} link add right type veth "
               f"peer name left netns {self.names[right]}")
            for role, device, host in ((left, "right", 1), (right, "left", 2)):
                self.ip(role, f"addr add 10.88.{number}.{host}/24 dev {device}")
                self.ip(role, f"addr add fd88:{number}::{host}/64 dev {device} nodad")
                self.ip(role, f"link set {device} up")
        for role, toward, device in (("client", "1", "2"), ("server", "3", "1")):
            self.ip(role, f"route add default via 10.88.{toward}.{device}")
            self.ip(role, f"route add ::/0 via fd88:{toward}::{device}")
        for router, ahead, behind in (("r1", ("3", "2", "2"), None), ("r2", None, ("1", "2", "1"))):
            net, link, host = ahead or behind
            self.ip(router, f"route add 10.88.{net}.0/24 via 10.88.{link}.{host}")
            self.ip(router, f"route add fd88:{net}::/64 via fd88:{link}::{host}")
            self.inside(router, "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 "
                                "net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0")
        # A user namespace of one user maps group 0 alone.
        groups = "0 2147483647" if may_become_nobody() else "0 0"
        self.inside("client", f"sysctl -qw net.ipv4.ping_group_range='{groups}'")
        self.stamps = keep_stamps()
        self.await_paths()

    def await_paths(self):
        """Neighbours take a moment to find each other: until the first reply."""
        for server in SERVER.values():
            done = subprocess.run(self.command(f"-q -o -i 50ms -W 5s -w 20s {server}"),
                                  text=True, capture_output=True, timeout=60)
            if done.returncode != 0:
                raise Failure(f"the lab has no path to {server}: {done.stdout}{done.stderr}")

    def ip(self, role, command):
        return sh(f"ip -n {self.names[role]} {command}")

    def inside(self, role, command, check=True):
        return sh(f"ip netns exec {self.names[role]} {command}", check)

    def nft(self, role, rules):
        """One table with these chains; no rules: none."""
        self.inside(role, "nft flush ruleset")
        if rules:
            self.inside(role, f"nft 'table inet t {{ {rules}; }}'")

    def command(self, arguments, nobody=False):
        return ["ip", "netns", "exec", self.names["client"], *(NOBODY if nobody else []), SONDE,
                "ping", *arguments.split()]

    def ping(self, arguments, nobody=False):
        """The finished run, with its JSON document as .document."""
        done = subprocess.run(self.command(f"--json {arguments}", nobody), text=True,
                              capture_output=True, timeout=60)
        try:
            done.document = json.loads(done.stdout)
        except ValueError:
            raise Failure(f"no JSON: exit code {done.returncode}: {done.stderr}") from None
        return done

    def text(self, arguments):
        return subprocess.run(self.command(arguments), text=True, capture_output=True, timeout=60)


def expect(condition, what):
    if not condition:
        raise Failure(what)


def expect_counts(done, **wanted):
    """Those that are not named are 0; the sum always fits."""
    for target in done.document["targets"]:
        counts = target["counts"]
        named = {name: wanted.get(name, 0) for name in counts}
        expect(counts == named, f"counts are {counts}, not {wanted}; {done.stderr.strip()}")
        for probe in target["probes"]:
            expect(probe["rtt_ms"] is None or probe["rtt_ms"] >= 0, "a negative RTT")


def run_cases(cases, kind=Lab):
    """Each case in a lab of its own, of this kind; all are run, then the exit code tells."""
    wanted = sys.argv[1:]
    failed, left_out = 0, []
    for case in cases:
        if wanted and case.__name__ not in wanted:
            continue
        try:
            with kind() as lab:
                case(lab)
            print(f"ok      {case.__name__}")
        except LeftOut as part:
            left_out.append(f"{case.__name__}: {part}")
        except (Failure, subprocess.TimeoutExpired) as failure:
            failed += 1
            print(f"FAILED  {case.__name__}: {failure}")
    end(failed, left_out)
