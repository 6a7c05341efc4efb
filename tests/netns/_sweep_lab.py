"""_sweep_lab.py: the network of _kernel_lab.py for sweeps, and what they put on its wire.

10.88.64.0/20 and fd88:64::/112 live on the server, all but 10.88.65.0/24, which is swallowed.
"""
import json
import signal
import subprocess
import threading

from _kernel_lab import NOBODY, SONDE, Lab, expect


class SweepLab(Lab):
    def build(self):
        super().build()
        for role, gateway in (("r1", 2), ("r2", 3)):
            self.ip(role, f"route add 10.88.64.0/20 via 10.88.{gateway}.2")
            self.ip(role, f"route add fd88:64::/112 via fd88:{gateway}::2")
        self.ip("server", "route add local 10.88.64.0/20 dev lo")
        self.ip("server", "route add local fd88:64::/112 dev lo")
        self.ip("r2", "route add blackhole 10.88.65.0/24")

    def sweep_command(self, arguments, nobody=False):
        return ["ip", "netns", "exec", self.names["client"], *(NOBODY if nobody else []), SONDE,
                "sweep", *arguments.split()]

    def sweep(self, arguments, nobody=False):
        return subprocess.run(self.sweep_command(arguments, nobody), text=True, input="",
                              capture_output=True, timeout=60)

    def document(self, arguments, nobody=False):
        """The JSON document, and the finished run."""
        done = self.sweep(f"--json {arguments}", nobody)
        try:
            document = json.loads(done.stdout)
        except ValueError:
            expect(False, f"no JSON: exit code {done.returncode}: {done.stderr}")
        return document, done

    def lines(self, arguments):
        return self.sweep(arguments).stdout.splitlines()


LAST = "10.88.79.255"  # of no sweep


class Wire:
    """The echo requests that leave the client, each with its time, until `finish`."""

    def __init__(self, lab):
        self.rows = []
        self.client = lab.names["client"]
        self.grown = threading.Condition()
        # Without -s a packet's place in the buffer has 256 KiB, and there are 32.
        self.watch = subprocess.Popen(
            ["ip", "netns", "exec", lab.names["client"], "tcpdump", "-i", "right", "-n", "-tt",
             "-l", "-B", "8192", "-s", "128", "--immediate-mode", "icmp[0] == 8"],
            text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        while "listening on" not in (line := self.watch.stderr.readline()):
            expect(line or self.watch.poll() is None, "tcpdump did not start")
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.watch.stdout:
            if "ICMP echo request" not in line:
                continue
            words = line.split()
            with self.grown:
                self.rows.append((float(words[0]), words[4].rstrip(":")))
                self.grown.notify()

    def wait_for(self, count):
        with self.grown:
            expect(self.grown.wait_for(lambda: len(self.rows) >= count, timeout=20),
                   f"{len(self.rows)} probes on the wire, not {count}")

    def finish(self):
        """Times and destinations; what tcpdump did not see is a failure of the lab."""
        # tcpdump may be behind, and would leave unread what it has when it is told to end.
        subprocess.run(["ip", "netns", "exec", self.client, SONDE, "ping", "-q", "-c1", "-W1", LAST],
                       capture_output=True, timeout=20)
        with self.grown:
            seen = self.grown.wait_for(lambda: self.rows and self.rows[-1][1] == LAST, timeout=20)
            expect(seen, "tcpdump did not see the last request")
            self.rows.pop()
        self.watch.send_signal(signal.SIGINT)
        self.reader.join()
        err = self.watch.stderr.read()
        self.watch.wait()
        expect("0 packets dropped by kernel" in err, f"tcpdump: {err}")
        return self.rows
