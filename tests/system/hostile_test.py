# SPDX-License-Identifier: BSD-3-Clause
"""The complete appliance, when what comes over the wire or from its other half is hostile. The
update ring's counterpart is in dataplane_test.py."""
import json
import os
import select
import socket
import subprocess
import threading
import time

import pytest

import world
from appliance.appliance import end_with_parent
from hostile import hostile_frames
from world import V4, V6

CNT = 100_000
SERVICE = (V4, V6)
BUILDS = {"plain": world.PROGRAMS, "asan": world.PROGRAMS_ASAN}
HELPER = "tests/system/helpers/hostile_dataplane"


def build(name):
    programs = BUILDS[name]
    if not os.path.exists(os.path.join(programs, HELPER)):
        pytest.skip(f"not built: {programs} (make programs system-programs, with SAN=asan)")
    return programs


def assert_clean(appliance, codes):
    for name, code in codes.items():
        log = appliance.log(name)
        assert code == 0, f"{name}: exit {code}\n{log[-3000:]}"
        assert "Sanitizer" not in log and "runtime error" not in log, log[-3000:]


def assert_good(client, where=V4, port=53):
    for name in ("www.signed.de", "www.signed.se"):
        reply = client.ask(name, server=where, port=port, timeout=8)
        assert world.rcode(reply) == "NOERROR" and world.authentic(reply) and reply.answer, reply


class Hijacked:
    """helpers/hostile_dataplane.c where the dataplane should be."""

    def __init__(self, appliance, programs, cnt, *more):
        self.process = subprocess.Popen(
            [os.path.join(programs, HELPER), appliance.link, str(cnt), "2", *more],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            preexec_fn=end_with_parent)

    def attached(self):
        assert self.process.stdout.readline() == "attached\n"

    def said(self):
        """Its last line is there, or its end."""
        return bool(select.select([self.process.stdout], [], [], 0)[0])

    def tally(self):
        line = self.process.stdout.readline()
        rest = self.process.stdout.read()
        assert self.process.wait(60) == 0 and not rest, line + rest
        return json.loads(line)

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Operator(threading.Thread):
    """Asks for everything there is while the other half lies; each command must end."""

    COMMANDS = (("status",), ("stats",), ("latency",), ("cache", "show", "www.signed.de", "A"), ("nta", "list"),
                ("cache", "show", "signed.se"), ("nta", "add", "drill.example", "--reason", "drill"),
                ("nta", "remove", "drill.example"))

    def __init__(self, appliance):
        super().__init__()
        self.appliance, self.ending, self.codes = appliance, threading.Event(), {}

    def run(self):
        while not self.ending.is_set():
            for words in self.COMMANDS:
                code = self.appliance.ctl("--json", *words, check=False).returncode
                self.codes.setdefault(words[:2], set()).add(code)

    def end(self):
        self.ending.set()
        self.join()
        return self.codes


@pytest.mark.parametrize("name", BUILDS)
def test_a_hijacked_dataplane_cannot_bring_the_control_plane_down(name, world_lab, tmp_path):
    programs = build(name)
    appliance = world.make_appliance(world_lab, "af_packet", tmp_path, programs=programs)
    appliance.write_config()
    hijacked = Hijacked(appliance, programs, CNT)
    local, client = world.Client(world_lab.res), world.Client(world_lab.cli)
    operator = Operator(appliance)
    try:
        appliance.start_controlplane()
        hijacked.attached()
        operator.start()
        while not hijacked.said():
            assert_good(local, "127.0.0.1", 5335)
        codes, tally = operator.end(), hijacked.tally()
        assert tally["misses"] == CNT and tally["says"] >= CNT, tally
        assert tally["wrong"] == 0 and tally["answers"] > 0 and tally["asks"] > 0, tally
        for words, seen in codes.items():
            assert seen <= ({0, 1, 4, 6} if words[0] == "nta" else {0, 4}), (words, seen)

        counters = appliance.ctl_json("stats")["controlplane"]
        assert counters["link_miss"] + counters["link_miss_bad"] >= CNT, counters
        for refused in ("link_miss_bad", "say_bad", "policy_refused"):
            assert counters[refused] > 0, f"nothing came to {refused}: {counters}"

        appliance.start_dataplane()
        attach(appliance)
        assert_good(client)
        assert_clean(appliance, appliance.stop())
    finally:
        if operator.is_alive():
            operator.end()
        hijacked.stop()
        local.close()
        client.close()
        appliance.stop()


def attach(appliance):
    deadline = time.monotonic() + 10
    while not (appliance.ctl_json("status", ok=(0, 4))["dataplane"].get("uptime_s")
               or time.monotonic() > deadline):
        time.sleep(0.1)


@pytest.mark.parametrize("claimed", [2**63 - 2, 2**63 - 1, 2**64 - 1, 2**40])
def test_a_generation_that_cannot_be_is_not_taken_over(claimed, world_lab, tmp_path):
    """A hijacked dataplane must not use up the generations of the store for ever."""
    programs = build("plain")
    appliance = world.make_appliance(world_lab, "af_packet", tmp_path, programs=programs)
    appliance.write_config()
    hijacked = Hijacked(appliance, programs, 0, str(claimed))
    client = world.Client(world_lab.cli)
    try:
        appliance.start_controlplane(ok=(0, 4))
        hijacked.attached()
        hijacked.tally()
        appliance.start_dataplane()
        attach(appliance)
        for _ in range(2):
            added = appliance.ctl_json("nta", "add", "signed.se", "--reason", "after the lie")
            assert added["acknowledged"] and added["generation"] < 2**32, added
            appliance.ctl("nta", "remove", "signed.se")
        assert_good(client)
        appliance.kill("controlplane")
        appliance.start_controlplane()
        assert appliance.ctl_json("status")["policy"]["generation"] < 2**32
    finally:
        hijacked.stop()
        client.close()
        appliance.stop()


@pytest.mark.parametrize("name", BUILDS)
def test_malformed_packets_at_the_port_of_a_whole_appliance_do_no_harm(name, world_lab, tmp_path):
    appliance = world.make_appliance(world_lab, "af_packet", tmp_path, programs=build(name), workers=2)
    client = world.Client(world_lab.cli)
    try:
        appliance.start()
        assert_good(client)
        before = appliance.counters()
        with world.inside(world_lab.cli):
            wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        with wire:
            wire.bind(("cli0", 0))
            for i, frame in enumerate(hostile_frames(mac(world_lab), SERVICE, CNT)):
                try:
                    wire.send(frame)
                except OSError:  # a card may refuse what is too short
                    pass
                if i % 200 == 0:
                    time.sleep(0.003)  # bounded: the point is what comes, not how much
                if i % 5000 == 0:
                    assert_good(client, SERVICE[i // 5000 % 2])
        unasked = client.ask("n1.signed.se")
        assert world.rcode(unasked) == "NOERROR" and world.authentic(unasked), unasked
        after = appliance.counters()
        assert after["rx"] - before["rx"] > 0.9 * CNT, "the frames did not arrive"
        for refused in ("bad_packet", "bad_length", "bad_checksum", "not_ours", "formerr", "drop_short"):
            assert after[refused] > before[refused], f"nothing reached {refused}"
        assert_clean(appliance, appliance.stop())
    finally:
        client.close()
        appliance.stop()


def mac(lab):
    for line in lab.ip(lab.cli, "neigh", "show", V4).stdout.splitlines():
        words = line.split()
        if "lladdr" in words:
            return bytes.fromhex(words[words.index("lladdr") + 1].replace(":", ""))
    raise AssertionError("no neighbour")
