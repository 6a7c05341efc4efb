#!/usr/bin/env python3
"""What is not understood: exit code 3, nothing on stdout, two lines on stderr, nothing sent.
Every numeric option against every value that people and scripts get wrong, in five locales."""

from _cli import Checks, sonde

NUMERIC = ["-c", "-s", "-i", "-W", "-w", "-l", "-t", "-Q", "-F", "-e", "-m", "--until-replies", "--dscp", "--ecn"]
NONSENSE = [
    "-1", "-0", "+1", "nan", "NaN", "inf", "-inf", "infinity", "1e308", "1e3", "1,5", "1.5.5", "10xyz",
    "xyz", " 1", "1 ", "1\n", "1\t", "0x", "0xg", "..", ".", "--", "-", "1s1", "1 s", "s", "ms", "1d",
    "1_000", "1'000", "²", "٣", "1\u00a0", "99999999999999999999999999", "18446744073709551616",
    "$(id)", "%s%n", "\x1b[31m1", "1;2",
]
LOCALES = ["C", "C.UTF-8", "de_DE.UTF-8", "ar_EG.UTF-8", "hi_IN.UTF-8"]

# Each with a part of the message, and of the hint.
MISTAKES = [
    ([], "no target given", "try sonde ping"),
    (["-q"], "no target given", ""),
    ([""], "empty", ""),
    (["-"], "'-'", ""),
    (["--cuont", "3", "127.0.0.1"], "--cuont", "did you mean --count?"),
    (["--intreval=3", "127.0.0.1"], "--intreval", "did you mean --interval?"),
    (["-z", "127.0.0.1"], "-z", "sonde ping --help"),
    (["127.0.0.1", "-c"], "-c, --count", "N"),
    (["--count=", "127.0.0.1"], "--count=", "--count=N"),
    (["--quiet=yes", "127.0.0.1"], "takes no value", ""),
    (["-t", "127.0.0.1"], "-t, --ttl", "for an endless ping leave out -c"),
    (["-t", "host.example"], "-t, --ttl", "for an endless ping leave out -c"),
    (["-t", "0", "127.0.0.1"], "1 to 255", ""),
    (["-t", "256", "127.0.0.1"], "1 to 255", ""),
    (["-c", "0", "127.0.0.1"], "-c, --count", "leave out"),
    (["-c", "9223372036854775808", "127.0.0.1"], "-c, --count", ""),
    (["-i", "0", "127.0.0.1"], "more than 0", "200ms"),
    (["-w", "0", "127.0.0.1"], "more than 0", ""),
    (["-s", "65508", "127.0.0.1"], "65508", "65507"),
    (["-s", "65528", "::1"], "65527", ""),
    (["-p", "", "127.0.0.1"], "pattern", "hexadecimal"),
    (["-p", "123", "127.0.0.1"], "pattern", "hexadecimal"),
    (["-p", "0" * 34, "127.0.0.1"], "pattern", ""),
    (["-4", "-6", "127.0.0.1"], "exclude each other", ""),
    (["-4", "::1"], "IPv6", "leave out -4"),
    (["-6", "127.0.0.1"], "IPv4", "leave out -6"),
    (["-S", "127.0.0.1", "::1"], "IPv4 only", ""),
    (["-S", "lo", "127.0.0.1"], "no address", "-I 'lo'"),
    (["-f", "-A", "127.0.0.1"], "exclude each other", ""),
    (["-R", "-T", "tsonly", "127.0.0.1"], "exclude each other", ""),
    (["-R", "::1"], "IPv4 only", ""),
    (["-j", "-J", "127.0.0.1"], "exclude each other", ""),
    (["-n", "-H", "127.0.0.1"], "exclude each other", ""),
    (["--output=x", "127.0.0.1"], "machine format", "-j"),
    (["--format=xml", "127.0.0.1"], "text, json, ndjson", ""),
    (["--color=blue", "127.0.0.1"], "auto, always, never", ""),
    (["--stats=mean", "127.0.0.1"], "percentiles, jitter", ""),
    (["-M", "maybe", "127.0.0.1"], "do, want, probe, dont", ""),
    (["-P", "udp", "127.0.0.1"], "not in this version", ""),
    (["--transport=pigeon", "127.0.0.1"], "auto, dgram, raw", ""),
    (["::ffff:127.0.0.1"], "v4-mapped", "IPv4 address itself"),
    (["255.255.255.255"], "broadcast", "-b"),
    (["0.0.0.0"], "unspecified", "127.0.0.1"),
    (["-c", "1", "ping", "127.0.0.1"], "first argument", ""),
    (["-c", "1", "ping", "A\x1b[31m"], "first argument", "\\x1b[31m"),
    (["-S", "A\x1b[31m", "127.0.0.1"], "no address", "\\x1b[31m"),
    (["-I", "A\x1b[31m", "127.0.0.1"], "'A\\x1b[31m' is no name of an interface", ""),
    (["mtu", "127.0.0.1"], "not in this version", "sonde ping mtu"),
    (["tracert", "127.0.0.1"], "no mode 'tracert'", "sonde trace"),
    (["Trace", "-n", "127.0.0.1"], "no mode 'Trace'", "sonde trace"),
    (["trace"], "no target", "sonde trace"),
    (["trace", "-I", "127.0.0.1"], "no target", "sonde trace 127.0.0.1"),
    (["sweep", "-d", "127.0.0.1"], "-d", "-H"),
    (["sweep", "-A", "127.0.0.1"], "-A", "-n"),
    (["sweep", "-R", "127.0.0.1"], "-R", "--random-payload"),
    (["trace", "-T", "127.0.0.1"], "-T", "-P tcp"),
    (["trace", "-H", "127.0.0.1"], "-H", "looked up anyway"),
    (["trace", "-U", "127.0.0.1"], "-U", "-P udp"),
    (["trace", "-t", "16", "127.0.0.1"], "-t", "-Q TOS"),
    (["trace", "--max-tll", "3", "127.0.0.1"], "--max-tll", "did you mean --max-ttl?"),
    (["trace", "-f", "9", "-m", "3", "127.0.0.1"], "above -m", ""),
    (["trace", "-m", "256", "127.0.0.1"], "-m, --max-ttl", ""),
    (["trace", "-q", "0", "127.0.0.1"], "from 1 to 100", ""),
    (["trace", "-p", "80", "127.0.0.1"], "ICMP has no ports", "-P tcp"),
    (["trace", "-P", "sctp", "127.0.0.1"], "icmp, udp, tcp", ""),
    (["trace", "-P", "tcp", "--mtu", "127.0.0.1"], "no payload", "-P udp"),
    (["trace", "-P", "tcp", "-s", "9", "127.0.0.1"], "no payload", "-P udp"),
    (["trace", "--classic", "--flows", "3", "127.0.0.1"], "exclude each other", ""),
    (["trace", "--flows", "0", "127.0.0.1"], "from 1 to 256", ""),
    (["trace", "--output", "x", "127.0.0.1"], "machine format", "-j"),
    (["trace", "-4", "::1"], "IPv6", "leave out -4"),
    (["trace", "255.255.255.255"], "many hosts", "one host"),
    (["trace", "224.0.0.1"], "many hosts", "one host"),
    (["trace", "-m", "127.0.0.1"], "-m, --max-ttl", "sonde trace -m N '127.0.0.1'"),
    (["trace", "-W", "host.example"], "-W, --timeout", "sonde trace -W DUR 'host.example'"),
    (["trace", "--gap", "A\x1b[31m"], "--gap", "sonde trace --gap N 'A\\x1b[31m'"),
    (["trace", "-m", "256"], "from 1 to 255", "sonde trace --help"),
    (["trace", "-f", "31", "127.0.0.1"], "-f, --first-ttl is above -m, --max-ttl", "-m 31"),
    (["trace", "-F", "5", "-S", "127.0.0.1", "localhost"],
     "-F, --flow-label and -S, --source exclude each other: 127.0.0.1 is an IPv4 address", ""),
    (["trace", "-4", "-I", "::1", "localhost"],
     "-4, --ipv4 and -I, --interface exclude each other: ::1 is an IPv6 address", ""),
    (["trace", "-F", "5", "127.0.0.1"], "IPv4 address", "leave out -F"),
    (["trace", "-S", "::1", "127.0.0.1"], "IPv4 address", "leave out -S, or give it an IPv4 address"),
    (["trace", "127.0.0.1", "60"], "no host's address", "-s BYTES"),
    (["help", "pong"], "no mode", ""),
    (["help", "ping", "trace"], "one mode", ""),
    (["--completions", "tcsh"], "bash, zsh, fish", ""),
]


def well_formed(run):
    lines = run.stderr.splitlines()
    return (
        run.returncode == 3
        and run.stdout == ""
        and len(lines) == 2
        and all(line.startswith("sonde: ") and len(line) > len("sonde: ") for line in lines)
        and not any(ord(c) < 32 or ord(c) == 127 for line in lines for c in line)
    )


def main():
    checks = Checks()
    for arguments, message, hint in MISTAKES:
        run = sonde(*arguments)
        checks.check(well_formed(run), f"form of the answer to {arguments}", run)
        first, _, second = run.stderr.partition("\n")
        checks.check(message in first, f"{message!r} in the answer to {arguments}", run)
        checks.check(hint in second, f"{hint!r} in the hint on {arguments}", run)
    for index, (option, value) in enumerate((o, v) for o in NUMERIC for v in NONSENSE):
        locale = LOCALES[index % len(LOCALES)]
        run = sonde(option, value, "127.0.0.1", env={"LC_ALL": locale})
        checks.check(well_formed(run), f"{option} {value!r} in {locale}", run)
    checks.finish()


if __name__ == "__main__":
    main()
