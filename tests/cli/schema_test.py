#!/usr/bin/env python3
"""Everything machine-readable that sonde writes is valid under the schema that it prints.

SONDE: the program. Every run is to loopback or to nobody. The strict schema is the printed one with
additionalProperties false in every object: a member that the schema lacks is an error here.
"""
import json
import os
import sys
import unittest

try:
    from jsonschema import Draft202012Validator
except ImportError:
    print("skipped: python3-jsonschema is not installed")
    sys.exit(77)
if not os.access(os.environ.get("SONDE", ""), os.X_OK):
    print("skipped: SONDE names no program")
    sys.exit(77)

from _cli import SILENT, need_icmp, own_network, sonde  # noqa: E402

LO = "127.0.0.1"
# Whoever runs this may send ICMP there.
OWN_PING = "sysctl -qw net.ipv4.ping_group_range='0 0'"
FAST = ("-c2", "-i20ms", "-W", "1s")


def strict(schema):
    """The schema, with no unknown members allowed."""
    closed = json.loads(json.dumps(schema))
    for definition in closed["$defs"].values():
        definition["additionalProperties"] = False
    return closed


class Schema(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        need_icmp()
        printed = sonde("--print-schema")
        assert printed.returncode == 0, printed.stderr
        cls.schema = json.loads(printed.stdout)
        cls.validator = Draft202012Validator(strict(cls.schema))

    def validate(self, value):
        # Against its own definition: an error in a oneOf of fifteen says nothing.
        name = value.get("event", "document")
        self.assertIn(name, self.schema["$defs"])
        definition = {**strict(self.schema), "$ref": f"#/$defs/{name}"}
        definition.pop("oneOf")
        errors = [
            f"{'/'.join(map(str, e.absolute_path))}: {e.message}"
            for e in Draft202012Validator(definition).iter_errors(value)
        ]
        self.assertEqual(errors, [])
        self.assertTrue(self.validator.is_valid(value))

    def document(self, *arguments, exit_code, before=(), mode="ping"):
        run = sonde(mode, "--json", *arguments, before=before)
        self.assertEqual(run.returncode, exit_code, run.stderr)
        self.assertEqual(run.stdout.count("\n"), 1, "one document, one line")
        value = json.loads(run.stdout)
        self.validate(value)
        self.assertEqual(value["verdict"]["exit_code"], exit_code)
        return value

    def events(self, *arguments, exit_code, before=(), mode="ping"):
        run = sonde(mode, "--ndjson", *arguments, before=before)
        self.assertEqual(run.returncode, exit_code, run.stderr)
        values = [json.loads(line) for line in run.stdout.splitlines()]
        for value in values:
            self.validate(value)
        self.assertEqual(values[0]["event"], "start")
        self.assertEqual(values[-1]["event"], "end")
        self.assertEqual(values[-1]["verdict"]["exit_code"], exit_code)
        return values

    def test_the_schema_is_a_schema(self):
        Draft202012Validator.check_schema(self.schema)
        Draft202012Validator.check_schema(strict(self.schema))
        self.assertEqual(self.schema["$schema"], "https://json-schema.org/draft/2020-12/schema")

    def test_the_schema_refuses_what_is_no_output(self):
        for value in ({}, [], None, {"event": "reply"}, {"event": "nonsense", "v": 1}):
            self.assertFalse(self.validator.is_valid(value), value)

    def test_two_replies(self):
        target = self.document(*FAST, LO, exit_code=0)["targets"][0]
        self.assertEqual(target["state"], "up")
        self.assertEqual(target["counts"]["sent"], 2)
        self.assertEqual([p["outcome"] for p in target["probes"]], ["reply", "reply"])
        self.assertGreater(target["rtt_ms"]["min"], 0)
        self.assertEqual(target["probes"][0]["icmp"]["name"], "echo-reply")

    def test_two_replies_as_events(self):
        names = [e["event"] for e in self.events(*FAST, LO, exit_code=0)]
        self.assertEqual(names, ["start", "resolve", "reply", "reply", "summary", "end"])

    def test_ipv6(self):
        if not os.path.exists("/proc/net/if_inet6"):
            self.skipTest("no IPv6 here")
        target = self.document(*FAST, "::1", exit_code=0)["targets"][0]
        self.assertEqual(target["family"], 6)

    def test_nobody_answers(self):
        run = {"exit_code": 1, "before": own_network(SILENT)}
        target = self.document(*FAST, "192.0.2.1", **run)["targets"][0]
        self.assertEqual(target["state"], "down")
        self.assertEqual(target["loss_ratio"], 1)
        self.assertIsNone(target["rtt_ms"])
        names = [e["event"] for e in self.events(*FAST, "192.0.2.1", **run)]
        self.assertEqual(names[2:], ["timeout", "timeout", "state", "summary", "end"])

    def test_this_computer_cannot_send(self):
        run = {"exit_code": 1, "before": own_network("ip link set lo mtu 1500")}
        arguments = (*FAST, "-M", "do", "-s", "4000", LO)
        target = self.document(*arguments, **run)["targets"][0]
        self.assertEqual(target["counts"]["send_failures"], 2)
        self.assertEqual(target["probes"][0]["send_error"]["failure"], "too_big")
        names = [e["event"] for e in self.events(*arguments, **run)]
        self.assertIn("send_failed", names)

    def test_a_name_that_does_not_resolve(self):
        target = self.document(*FAST, "nosuch.invalid", exit_code=2)["targets"][0]
        self.assertEqual(target["state"], "error")
        self.assertIsNone(target["address"])
        self.assertEqual(target["error"]["kind"], "resolve")
        names = [e["event"] for e in self.events(*FAST, "nosuch.invalid", exit_code=2)]
        self.assertEqual(names, ["start", "resolve", "summary", "end"])

    def test_two_targets(self):
        targets = self.document(*FAST, LO, "127.0.0.2", exit_code=0)["targets"]
        self.assertEqual([t["address"] for t in targets], [LO, "127.0.0.2"])
        self.assertEqual([t["id"] for t in targets], [0, 1])
        events = self.events(*FAST, LO, "127.0.0.2", exit_code=0)
        self.assertEqual({e["target"] for e in events if e["event"] == "reply"}, {0, 1})

    def test_a_short_payload_is_not_verified(self):
        target = self.document(*FAST, "-s", "0", LO, exit_code=0)["targets"][0]
        self.assertFalse(target["probes"][0]["verified"])
        self.assertEqual(target["probes"][0]["bytes"], 8)

    def test_each_probe_is_in_one_bucket(self):
        counts = self.document("-c5", "-i10ms", LO, exit_code=0)["targets"][0]["counts"]
        buckets = ("received", "late", "lost", "errors", "send_failures", "in_flight")
        self.assertEqual(counts["sent"], sum(counts[b] for b in buckets))

    def test_traces_of_every_protocol(self):
        # The ports are nobody's in a network of its own.
        run = {"exit_code": 0, "before": own_network(OWN_PING), "mode": "trace"}
        for protocol in ("icmp", "udp", "tcp"):
            for address in (LO, "::1"):
                with self.subTest(protocol=protocol, address=address):
                    arguments = ("-n", "-P", protocol, address)
                    document = self.document(*arguments, **run)
                    self.assertEqual(document["mode"], "trace")
                    self.assertEqual(document["options"]["protocol"], protocol)
                    target = document["targets"][0]
                    self.assertTrue(target["reached"])
                    self.assertEqual(target["distance"], 1)
                    hop = target["hops"][0]
                    self.assertEqual([p["from"] for p in hop["probes"]], [address] * 3)
                    names = [e["event"] for e in self.events(*arguments, **run)]
                    self.assertEqual(names[:2] + names[-2:], ["start", "resolve", "summary", "end"])
                    self.assertIn("hop", names)

    def test_traces_with_all_that_can_be_asked_for(self):
        run = {"exit_code": 0, "before": own_network(OWN_PING), "mode": "trace"}
        everything = ("--mtu", "--flows=4", "-e", "--back", "-Q", "ef", LO)
        for protocol in ("icmp", "udp"):
            target = self.document("-P", protocol, *everything, **run)["targets"][0]
            self.assertEqual(len(target["paths"]), 4)
            self.assertEqual(target["pmtu"]["evidence"], "passed")
            self.events("-P", protocol, *everything, **run)

    def test_traces_that_do_not_arrive(self):
        # lo keeps what is sent to nobody.
        run = {"exit_code": 1, "before": own_network(f"{OWN_PING} && {SILENT}"), "mode": "trace"}
        for protocol in ("icmp", "udp", "tcp"):
            arguments = ("-n", "-P", protocol, "-W", "100ms", "-q1", "192.0.2.1")
            target = self.document(*arguments, **run)["targets"][0]
            self.assertFalse(target["reached"])
            self.assertEqual(target["end_reason"], "gap")
            self.assertIsNone(target["hops"][0]["rtt_ms"])
            self.events(*arguments, **run)

    def test_traces_that_cannot_be_sent(self):
        run = {"exit_code": 4, "before": own_network(OWN_PING), "mode": "trace"}
        target = self.document("-n", "-q1", "192.0.2.1", **run)["targets"][0]
        self.assertFalse(target["reached"])
        self.assertEqual(target["hops"][0]["probes"][0]["outcome"], "send_failed")
        self.events("-n", "-q1", "192.0.2.1", **run)
        run["exit_code"] = 2
        target = self.document("nosuch.invalid", **run)["targets"][0]
        self.assertEqual(target["error"]["kind"], "resolve")
        self.events("nosuch.invalid", **run)


if __name__ == "__main__":
    result = unittest.main(exit=False).result
    sys.exit(1 if not result.wasSuccessful() else 77 if result.skipped else 0)
