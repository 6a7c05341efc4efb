"""_transport_lab.py: namespaces for the transport tests, and the driver program run inside them.

A Lab is three namespaces in a row, client - router - server, made of two veth pairs:
    client 10.77.1.1, fd77:1::1  -  10.77.1.2, fd77:1::2 router 10.77.2.2, fd77:2::2  -  server .1
All names begin with sonde-tx- and the process number; everything is deleted when the Lab is left.
"""

import json
import os
import shutil
import subprocess
import sys

from _stamps import keep_stamps

SKIPPED = 77
NESTED = "SONDE_TX_NESTED" in os.environ
DRIVER = os.path.join(os.environ.get("SONDE_BUILD_DIR", "build/release"), "tests",
                      "netns_transport_probe")


def skip(why):
    print(f"[skipped] {why}")
    sys.exit(SKIPPED)


def require_root_and_tools(*tools):
    """Runs the calling script again as root of a user namespace when it is not root."""
    for tool in ("ip", "unshare", "setpriv", *tools):
        if shutil.which(tool) is None and not os.path.exists(f"/usr/sbin/{tool}"):
            skip(f"{tool} is not installed")
    if not os.access(DRIVER, os.X_OK):
        skip(f"{DRIVER} is not built")
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    if os.geteuid() == 0:
        return
    if NESTED:
        skip("no root, and no user namespaces")
    os.environ["SONDE_TX_NESTED"] = "1"
    # /run is where `ip netns` keeps its names: a private one.
    inner = 'mount -t tmpfs none /run 2>/dev/null; exec "$@"'
    os.execvp("unshare", ["unshare", "-Urnm", "sh", "-c", inner, "sh", sys.executable, *sys.argv])


def sh(command, check=True):
    return subprocess.run(command, shell=True, check=check, text=True, capture_output=True).stdout


class Lab:
    def __init__(self):
        self.names = {role: f"sonde-tx-{role}-{os.getpid()}" for role in ("c", "r", "s")}

    def __enter__(self):
        try:
            return self.build()
        except BaseException:
            self.__exit__()
            raise

    def build(self):
        for name in self.names.values():
            sh(f"ip netns add {name}")
            # Addresses are good at once, without a second of duplicate address detection.
            for scope in ("all", "default"):
                sh(f"ip netns exec {name} sysctl -qw net.ipv6.conf.{scope}.accept_dad=0")
        c, r, s = self.names["c"], self.names["r"], self.names["s"]
        sh(f"ip -n {c} link add cr type veth peer name rc netns {r}")
        sh(f"ip -n {r} link add rs type veth peer name sr netns {s}")
        for space, dev, number, host in ((c, "cr", 1, 1), (r, "rc", 1, 2), (r, "rs", 2, 2),
                                         (s, "sr", 2, 1)):
            sh(f"ip -n {space} addr add 10.77.{number}.{host}/24 dev {dev}")
            sh(f"ip -n {space} addr add fd77:{number}::{host}/64 dev {dev} nodad")
            sh(f"ip -n {space} link set {dev} up")
        for space in (c, r, s):
            sh(f"ip -n {space} link set lo up")
        for space, number in ((c, 1), (s, 2)):
            sh(f"ip -n {space} route add default via 10.77.{number}.2")
            sh(f"ip -n {space} -6 route add default via fd77:{number}::2")
        self.run("r", "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 "
                      "net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0")
        # In a user namespace only group 0 exists.
        groups = "0 0" if NESTED else "0 2147483647"
        self.run("c", f"sysctl -qw net.ipv4.ping_group_range='{groups}'")
        self.stamps = keep_stamps()
        self.wait_for_paths()
        return self

    def wait_for_paths(self):
        for target in ("10.77.2.1", "fd77:2::1"):
            for _ in range(50):
                if of(self.probe(f"--backend raw --timeout 100 {target}"), "reply"):
                    break
            else:
                raise AssertionError(f"the lab has no path to {target}")

    def __exit__(self, *_):
        for name in self.names.values():
            sh(f"ip netns del {name}", check=False)

    def run(self, role, command, check=True):
        return sh(f"ip netns exec {self.names[role]} {command}", check)

    def nft(self, role, rules):
        self.run(role, "nft flush ruleset")
        if rules:
            self.run(role, f"nft '{rules}'")

    def command(self, arguments, unprivileged=False, role="c"):
        words = ["ip", "netns", "exec", self.names[role]]
        if unprivileged:
            words += ["setpriv", "--inh-caps=-all"]
            # In a user namespace there is no other user: root without any capability then.
            words += ["--bounding-set=-all"] if NESTED else ["--reuid=65534", "--regid=65534",
                                                            "--clear-groups"]
        return [*words, os.path.abspath(DRIVER), *arguments.split()]

    def probe(self, arguments, unprivileged=False, role="c"):
        """Runs the driver, in the client unless told otherwise; the events it printed."""
        done = subprocess.run(self.command(arguments, unprivileged, role), text=True,
                              capture_output=True, timeout=60)
        assert done.returncode in (0, 4), f"driver: {done.returncode}: {done.stderr}"
        return [json.loads(line) for line in done.stdout.splitlines()]


def of(events, kind):
    return [event for event in events if event["event"] == kind]


def expect(condition, what, events=()):
    if condition:
        return
    for event in events:
        print("   ", event)
    raise AssertionError(what)


def run_cases(cases):
    """Each case is a function of a Lab, with a fresh one; all are run, then failures are told."""
    failed = 0
    wanted = sys.argv[1:]
    for case in cases:
        if wanted and case.__name__ not in wanted:
            continue
        try:
            with Lab() as lab:
                case(lab)
            print(f"ok      {case.__name__}")
        except (AssertionError, subprocess.SubprocessError) as error:
            failed += 1
            print(f"FAILED  {case.__name__}: {error}")
            if isinstance(error, subprocess.CalledProcessError):
                print("   ", error.stderr)
    sys.exit(1 if failed else 0)
