#!/usr/bin/env python3
"""What a running sonde may still do, by the way it was installed: called by root, setuid root, with
`cap_net_raw+p` on the file, without anything, and in a container that has no NET_RAW. Needs root to
set that up; without it only the present user's case is looked at."""

import os
import re
import shutil
import subprocess
import tempfile

from _cli import SANITIZED, SONDE, TIMEOUT, Checks, environment, masked, need_icmp, own_network, plain_signals

NOBODY = 65534
LO = "127.0.0.1"
FILTERED = not SANITIZED and "LLVM_PROFILE_FILE" not in os.environ  # what is instrumented has no filter
AS_NOBODY = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]


# What a caller may want to choose for a program that can do more.
CHOSEN = {"SONDE_SANDBOX": "off", "SONDE_COLOR": "always", "LC_ALL": "C.UTF-8", "LC_CTYPE": "C.UTF-8",
          "LANG": "C.UTF-8", "LANGUAGE": "de", "TZ": ":/etc/shadow", "RES_OPTIONS": "attempts:5 timeout:9",
          "LOCALDOMAIN": "caller.example", "HOSTALIASES": "/etc/shadow"}


def run(command, **chosen):
    return subprocess.run(command, env=environment(**chosen), capture_output=True, text=True, timeout=TIMEOUT,
                          preexec_fn=plain_signals, check=False)


def status_while_running(command, chosen):
    """The fields of /proc/PID/status after the first line of output."""
    process = subprocess.Popen([*command, "-i", "0.1", LO], env=environment(**chosen), stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, preexec_fn=plain_signals)
    process.stdout.readline()
    with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
        fields = dict(re.findall(r"^(\w+):\s*(.*)$", file.read(), re.MULTILINE))
    process.terminate()
    process.communicate(timeout=TIMEOUT)
    return fields


def check_nothing_left(checks, what, command, user, **chosen):
    fields = status_while_running(command, chosen)
    for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
        checks.check(int(fields[name], 16) == 0, f"{what}: {name} is {fields[name]}")
    checks.check(fields["NoNewPrivs"] == "1", f"{what}: NoNewPrivs is {fields['NoNewPrivs']}")
    if FILTERED:
        checks.check(fields["Seccomp"] == "2", f"{what}: Seccomp is {fields['Seccomp']}")
    for name in ("Uid", "Gid"):
        checks.check(set(fields[name].split()) == {str(user)}, f"{what}: {name} is {fields[name]}")


def check_environment(checks, what, command):
    """Whoever calls a program with more rights chooses nothing of it by the environment."""
    check_nothing_left(checks, f"{what}, chosen environment", command, NOBODY, **CHOSEN)
    told = run([*command, "-v", "-c1", LO], **CHOSEN)
    checks.check(told.returncode == 0 and "by SONDE_SANDBOX" not in told.stderr, f"{what}: the sandbox stays", told)
    checks.check("no core dumps" in told.stderr, f"{what}: -v tells that no core is dumped", told)
    name = "b\u00fc/c"  # no host's; told as bytes unless the terminal is said to show UTF-8
    for arguments in (["-H", "-n", "-c1", LO], ["-c1", name], ["-c1", "localhost"]):
        plain = run([*command, *arguments], LC_ALL="C")
        chosen = run([*command, *arguments], **CHOSEN)
        checks.check((plain.returncode, masked(plain.stdout), plain.stderr)
                     == (chosen.returncode, masked(chosen.stdout), chosen.stderr),
                     f"{what}: {arguments}: as without the environment, {plain.stderr!r}", chosen)
    escaped = run([*command, "-c1", name], **CHOSEN)
    checks.check(r"b\xc3\xbc/c" in escaped.stderr, f"{what}: the locale is not looked at", escaped)


def check_setuid(checks, command, folder):
    """The caller's limits and the caller's files, although the program starts as root."""
    # The commands are refused before anything is sent; 192.0.2.0/24 leads nowhere all the same.
    for arguments in (["-f"], ["-i", "1ms"], ["-l", "4"]):
        refused = run([*command, *arguments, "-c1", "192.0.2.1"])
        checks.check(refused.returncode == 3 and "for root" in refused.stderr, f"setuid: {arguments}", refused)
    path = os.path.join(folder, "own", "result.json")
    written = run([*command, "-q", "-j", "-c1", "--output", path, LO])
    checks.check(written.returncode == 0, "setuid: a file of the caller's", written)
    checks.check(os.stat(path).st_uid == NOBODY, "setuid: the file belongs to the caller")
    forbidden = run([*command, "-j", "-c1", "--output", os.path.join(folder, "x"), LO])
    checks.check(forbidden.returncode == 4 and "Permission denied" in forbidden.stderr,
                 "setuid: no file with root's rights", forbidden)


def check_installed(checks, network, folder):
    os.chmod(folder, 0o755)
    own = os.path.join(folder, "own")
    os.mkdir(own)
    os.chown(own, NOBODY, NOBODY)

    setuid = shutil.copy(SONDE, os.path.join(folder, "setuid"))
    os.chmod(setuid, 0o4755)
    check_nothing_left(checks, "setuid root", [*network, *AS_NOBODY, setuid], NOBODY)
    check_environment(checks, "setuid root", [*network, *AS_NOBODY, setuid])
    check_setuid(checks, [*network, *AS_NOBODY, setuid], folder)

    capable = shutil.copy(SONDE, os.path.join(folder, "capable"))
    if run(["setcap", "cap_net_raw+p", capable]).returncode == 0:
        check_nothing_left(checks, "cap_net_raw+p", [*network, *AS_NOBODY, capable], NOBODY)
        check_environment(checks, "cap_net_raw+p", [*network, *AS_NOBODY, capable])
        # Permitted alone, and out of the bounding set, as in a container: it starts, and says why not.
        bare = run([*network, *AS_NOBODY, "--bounding-set=-net_raw", capable, "-c1", LO])
        checks.check(bare.returncode == 4 and "CAP_NET_RAW" in bare.stderr, "+p without the bounding set", bare)
    else:
        checks.leave_out("cap_net_raw+p", "no file capabilities here")
    open_group = own_network(f'echo "{NOBODY} {NOBODY}" > /proc/sys/net/ipv4/ping_group_range')
    plain = shutil.copy(SONDE, os.path.join(folder, "plain"))
    check_nothing_left(checks, "ping_group_range", [*open_group, *AS_NOBODY, plain], NOBODY)
    # The same variables do something where nothing is gained.
    off = run([*open_group, *AS_NOBODY, plain, "-v", "-c1", LO], **CHOSEN)
    checks.check("by SONDE_SANDBOX" in off.stderr, "no privilege: the environment is looked at", off)
    check_container(checks, folder)


def check_container(checks, folder):
    """Root of a container without NET_RAW: no capability can be had, whatever the file says."""
    contained = ["setpriv", "--inh-caps=-all", "--bounding-set=-all"]
    capable = os.path.join(folder, "capable")
    for group, code in (("0 0", 0), ("1 0", 4)):
        network = own_network(f'echo "{group}" > /proc/sys/net/ipv4/ping_group_range')
        ended = run([*network, *contained, capable, "-c1", LO])
        checks.check(ended.returncode == code, f"container, ping_group_range {group}", ended)
        checks.check(code == 0 or "ping_group_range" in ended.stderr, "container: the way out is named", ended)
        if code == 0:
            check_nothing_left(checks, "container", [*network, *contained, capable], 0)


def main():
    need_icmp()
    checks = Checks()
    check_nothing_left(checks, "as we are", [SONDE], os.geteuid())
    with tempfile.TemporaryDirectory() as folder:
        network = own_network()
        probe = run([*network, *AS_NOBODY, "true"])
        if SANITIZED:
            print("not in a sanitizer build: setuid and file capabilities")
        elif probe.returncode != 0:
            checks.leave_out("setuid and file capabilities", probe.stderr.strip())
        else:
            check_installed(checks, network, folder)
    checks.finish()


if __name__ == "__main__":
    main()
