# SPDX-License-Identifier: BSD-3-Clause
"""Serve-stale of zones, set at run time."""
import signal
import time

import pytest

import world


@pytest.fixture
def running(world_lab, tmp_path):
    appliance = world.make_appliance(world_lab, "af_packet", tmp_path, workers=2)
    with world.serving(world_lab, appliance) as client:
        yield appliance, client


def codes(reply):
    return [c for c, _ in world.edes(reply)]


def test_a_zone_is_stale_as_the_operator_said_for_it_and_others_as_configured(running):
    appliance, client = running
    names = ["short.signed.se", "short.signed.de"]  # TTL 2
    said = appliance.ctl("stale", "set", "signed.se", "--triggers", "servfail,bogus", "--ttl", "7s").stdout
    assert "active on 2/2 cores" in said
    for wrong in ("", "bogus,", b"\xff"):
        assert appliance.ctl("stale", "set", "signed.se", "--triggers", wrong, check=False).returncode == 2, wrong
    for name in names:
        assert world.authentic(client.ask(name))
    appliance.kill("controlplane", signal.SIGKILL)
    time.sleep(3.5)
    reply = client.ask(names[0])
    assert world.rcode(reply) == "SERVFAIL" and codes(reply) == [22], "no trigger there"
    reply = client.ask(names[1])
    assert world.rcode(reply) == "NOERROR" and codes(reply) == [3] and world.authentic(reply)
    assert reply.answer[0].ttl == 30

    appliance.start_controlplane()
    shown = appliance.ctl_json("stale", "show", "www.signed.se")
    assert shown["zone"] == "signed.se." and shown["triggers"] == ["servfail", "bogus"], "it was stored"
    assert "signed.se" in appliance.ctl("stale", "list").stdout
    appliance.ctl("stale", "set", "signed.se", "--triggers", "timeout")
    for name in names:
        assert world.authentic(client.ask(name))
    appliance.kill("controlplane", signal.SIGKILL)
    time.sleep(3.5)
    reply = client.ask(names[0])
    assert world.rcode(reply) == "NOERROR" and codes(reply) == [3] and reply.answer[0].ttl == 7
    appliance.start_controlplane()
    appliance.ctl("stale", "unset", "signed.se")
    assert appliance.ctl_json("stale", "show", "signed.se")["zone"] is None
    lines = [line["action"] for line in appliance.ctl_json("audit", "list")["lines"]]
    assert lines.count("stale-set") == 2 and lines.count("stale-unset") == 1
