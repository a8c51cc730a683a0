# SPDX-License-Identifier: BSD-3-Clause
"""Recovery of a zone under an NTA: by quorum, not by luck (docs/adr/0024-recovery-by-quorum.md)."""
import time

import pytest

import world

# Three clean rounds over two seconds, as fast as they go.
FAST = {"probe": "yes", "probe-interval": "1s", "probe-rate": "1000", "recovery-rounds": "3",
        "recovery-time": "2s"}
NAMES = [f"www.fresh{i}.de" for i in range(8)] + [f"www.plain{i}.de" for i in range(20)]
AUTO = pytest.mark.parametrize("probed", [{"auto-remove": "yes"}], indirect=True)


@pytest.fixture
def probed(request, world_lab, tmp_path):
    """(lab, appliance, client) with probes each second; .de is good again afterwards."""
    policy = {**FAST, **getattr(request, "param", {})}
    appliance = world.make_appliance(world_lab, "af_packet", tmp_path, options={"policy": policy})
    client = world.Client(world_lab.cli)
    try:
        appliance.start()
        yield world_lab, appliance, client
    finally:
        client.close()
        appliance.stop()
        world_lab.run("fix", "de")


def ntas(appliance):
    return appliance.ctl_json("nta", "list")["ntas"]


def wait_for(what, seconds=60):
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def recovery(appliance):
    """Of the only NTA; there is some as soon as the cores have acknowledged it."""
    return ntas(appliance)[0]["recovery"]


def rounds(appliance):
    return recovery(appliance)["rounds"]


def let_pass(appliance, cnt):
    """So many whole rounds."""
    until = rounds(appliance) + cnt + 1
    wait_for(lambda: rounds(appliance) >= until)


@AUTO
def test_lucky_signatures_and_lucky_servers_lift_nothing_and_a_repair_does(probed):
    lab, appliance, client = probed
    lab.run("break", "de", "--servers", "4", "--mixed")
    appliance.ctl("nta", "add", "de", "--yes", "--reason", "test")
    for name in NAMES:
        client.ask(name)
    shadow = ntas(appliance)[0]["shadow"]
    assert shadow["secure"] + shadow["insecure"] + shadow["failed"] >= len(NAMES)
    let_pass(appliance, 4)  # BIND's recheck lifted its NTA at the first lucky one
    now = recovery(appliance)
    assert (now["address_count"], now["answering"], now["clean"]) == (12, 12, 4)
    assert now["clean_rounds"] == 0 and not now["proposed"]

    lab.run("fix", "de")
    wait_for(lambda: recovery(appliance)["clean_rounds"] > 0)
    lab.run("fix", "de")  # another serial: clean on both sides
    wait_for(lambda: not ntas(appliance))
    for name in NAMES[:8]:
        reply = client.ask(name)
        assert world.rcode(reply) == "NOERROR" and world.authentic(reply), name
    assert appliance.ctl_json("stats")["controlplane"]["nta_recovered"] == 1


@AUTO
def test_what_was_forced_is_proposed_and_left_to_the_operator(probed):
    _, appliance, _ = probed
    appliance.ctl("nta", "add", "se", "--yes", "--force", "--reason", "test")
    wait_for(lambda: recovery(appliance)["proposed"])
    let_pass(appliance, 2)
    now = recovery(appliance)
    assert now["proposed"] and not now["auto_remove"]
    assert "proposed" in appliance.ctl("nta", "list").stdout
    shown = appliance.ctl("nta", "show", "se").stdout
    assert "good again: removal is proposed" in shown and "10.53.3.1" in shown, shown
    assert now["zone"] == "se." and now["serial"] > 0
    assert appliance.ctl_json("stats")["controlplane"]["nta_recovery_proposed"] == 1
