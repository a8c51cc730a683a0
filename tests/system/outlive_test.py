# SPDX-License-Identifier: BSD-3-Clause
"""The dataplane outlives the control plane."""
import os
import re
import signal
import subprocess
import time

import pytest

import world
from world import V4

CACHED = [f"n{i}.signed.se" for i in range(100)]
RATE, LENGTH = 2000, 12


@pytest.fixture(params=["af_packet", "af_xdp"])
def running(request, world_lab, tmp_path):
    appliance = world.make_appliance(world_lab, request.param, tmp_path, workers=2)
    client = world.Client(world_lab.cli)
    try:
        appliance.start()
        yield world_lab, appliance, client
    finally:
        client.close()
        appliance.stop()


def hit_load(lab, tmp_path):
    """dnsperf on names that are cached, in the background."""
    names = tmp_path / "cached.txt"
    names.write_text("".join(f"{n} A\n" for n in CACHED))
    return subprocess.Popen(
        ["ip", "netns", "exec", lab.cli, "dnsperf", "-s", V4, "-d", str(names), "-Q", str(RATE),
         "-l", str(LENGTH), "-t", "2", "-c", "4", "-D"], stdout=subprocess.PIPE, text=True)


def figure(out, label):
    return int(re.search(rf"{label}:\s+(\d+)", out).group(1))


def test_killed_under_load_no_hit_is_lost_and_misses_say_so(running, tmp_path):
    lab, appliance, client = running
    appliance.ctl("nta", "add", "badsig.de", "--for", "1h", "--reason", "before the kill")
    for name in CACHED:
        assert world.rcode(client.ask(name)) == "NOERROR"
    load = hit_load(lab, tmp_path)
    time.sleep(2)
    generation = appliance.ctl_json("status")["policy"]["generation"]
    appliance.kill("controlplane", signal.SIGKILL)

    for i in range(10):  # at once: the client waits less than the 6 s of a pending question
        reply = client.ask(f"n{i}.unsigned.de", timeout=2)
        assert world.rcode(reply) == "SERVFAIL"
        assert [c for c, _ in world.edes(reply)] == [22]
    assert world.authentic(client.ask(CACHED[0]))

    appliance.start_controlplane()
    status = appliance.ctl_json("status")
    assert status["dataplane"]["attached"]
    assert status["policy"]["acknowledged_generation"] == status["policy"]["generation"] >= generation
    assert [n["name"] for n in appliance.ctl_json("nta", "list")["ntas"]] == ["badsig.de."]
    assert world.rcode(client.ask("n1.unsigned.de")) == "NOERROR"
    assert world.rcode(client.ask("www.badsig.de")) == "NOERROR", "the NTA is in force"
    assert world.authentic(client.ask("mail.signed.de"))

    out = load.communicate(timeout=LENGTH + 30)[0]
    assert figure(out, "Queries sent") > RATE * LENGTH * 0.5
    assert figure(out, "Queries lost") == 0, out
    assert re.search(r"Response codes:\s+NOERROR \d+ \(100.00%\)", out), out


def test_stopped_not_killed_it_is_found_silent_within_a_second_or_two(running):
    _, appliance, client = running
    client.ask("www.signed.se")
    os.kill(controlplane_pid(appliance), signal.SIGSTOP)
    try:
        time.sleep(1.6)
        reply = client.ask("n5.unsigned.de", timeout=4)
        assert world.rcode(reply) == "SERVFAIL" and [c for c, _ in world.edes(reply)] == [22]
        assert world.authentic(client.ask("www.signed.se"))
    finally:
        os.kill(controlplane_pid(appliance), signal.SIGCONT)
    appliance.wait_for(lambda: appliance.ctl_json("status", ok=(0, 4))["dataplane"]["attached"],
                       "controlplane", 10)
    assert world.rcode(client.ask("n6.unsigned.de")) == "NOERROR"


def controlplane_pid(appliance):
    """The program itself: `ip netns exec` becomes it by exec."""
    return appliance.pid("controlplane")


def test_expired_entries_are_served_stale_while_it_is_gone(running):
    _, appliance, client = running
    client.ask("short.signed.de", "A")
    appliance.kill("controlplane", signal.SIGKILL)
    time.sleep(3)
    reply = client.ask("short.signed.de", "A", timeout=2)
    assert world.rcode(reply) == "NOERROR" and reply.answer[0].ttl == 30
    assert [c for c, _ in world.edes(reply)][:1] == [3]


def test_the_dataplane_can_be_restarted_too(running):
    _, appliance, client = running
    appliance.ctl("nta", "add", "badsig.se", "--for", "1h", "--reason", "stays")
    assert world.rcode(client.ask("www.signed.de")) == "NOERROR"
    appliance.kill("dataplane", signal.SIGKILL)
    appliance.start_dataplane()
    appliance.wait_for(lambda: appliance.ctl_json("status", ok=(0, 4))["dataplane"]["attached"],
                       "controlplane", 10)
    assert world.authentic(client.ask("www.signed.de"))
    assert world.rcode(client.ask("www.badsig.se")) == "NOERROR", "the NTA is in force again"


def test_a_store_that_is_not_ours_is_not_overwritten(running):
    _, appliance, _ = running
    appliance.kill("controlplane", signal.SIGTERM)
    store = os.path.join(appliance.state, "policy.db")
    for suffix in ("-wal", "-shm"):
        if os.path.exists(store + suffix):
            os.unlink(store + suffix)
    junk = b"this is not a database" * 100
    with open(store, "wb") as f:
        f.write(junk)
    appliance.spawn("controlplane", "--config", appliance.config)
    assert appliance.processes["controlplane"].wait(timeout=10) != 0
    appliance.processes.pop("controlplane")
    assert "policy.db" in appliance.log("controlplane")
    with open(store, "rb") as f:
        assert f.read() == junk
