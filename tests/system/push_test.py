# SPDX-License-Identifier: BSD-3-Clause
"""The control plane is killed at random points of a push: the policy is the old one or the new one, on
the disk, in the cores and after a restart, and the audit log is whole. HF_KILLS: how often (`make kills`)."""
import json
import os
import random
import signal
import socket
import subprocess
import time

import pytest

import world
from world import V4, V6

KILLS = int(os.environ.get("HF_KILLS", "10"))
SEED = int(os.environ.get("HF_SEED", "20261128"))
ZONE = "signed.de"
NAMES = [f"www.{ZONE}", f"mail.{ZONE}"] + [f"n{i}.{ZONE}" for i in range(4)]


@pytest.fixture
def running(world_lab, tmp_path):
    appliance = world.make_appliance(world_lab, "af_packet", tmp_path, workers=2)
    with world.serving(world_lab, appliance) as client:
        yield appliance, client


def request(command):
    return json.dumps({"version": 1, "command": command, "arguments": {"name": ZONE, "reason": "killed"}}).encode() + b"\n"


def push_time(appliance):
    """How long a push takes when nothing is in its way; the kills are to hit every part: seconds."""
    took = []
    for command in ("nta.add", "nta.remove") * 3:
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(appliance.control)
            began = time.monotonic()
            s.sendall(request(command))
            assert b'"acknowledged":true' in s.recv(65536).replace(b" ", b"")
            took.append(time.monotonic() - began)
    return min(took)


def push_and_kill(appliance, command, after_s):
    """The reply that had come when the control plane died so long after it was asked, or None."""
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(appliance.control)
        pid = appliance.pid("controlplane")
        s.sendall(request(command))
        time.sleep(after_s)
        os.kill(pid, signal.SIGKILL)
        appliance.kill("controlplane", signal.SIGKILL)
        s.settimeout(2)
        try:
            reply = s.makefile().readline()
        except OSError:
            reply = ""
    return json.loads(reply)["result"] if reply.endswith("\n") else None


def in_the_cores(client):
    """Whether the cores have the NTA: all cached names lost AD, or none. No control plane runs."""
    bits = {world.authentic(client.ask(n, "A", server, timeout=2)) for n in NAMES for server in (V4, V6)}
    assert len(bits) == 1, "half a policy"
    return bits == {False}


def verify(appliance, *more):
    out = subprocess.run([appliance.program("holdfastctl"), "--json", "audit", "verify",
                          os.path.join(appliance.state, "policy.db"), *more], capture_output=True, text=True)
    assert out.returncode == 0, out.stdout + out.stderr
    return json.loads(out.stdout)["result"]


def test_killed_at_any_point_of_a_push_all_of_the_policy_is_the_old_one_or_the_new_one(running):
    appliance, client = running
    rng = random.Random(SEED)
    for name in NAMES:
        assert world.authentic(client.ask(name)), name
    span = 4 * push_time(appliance)
    there, head, seen = False, verify(appliance)["head"], {}
    for i in range(KILLS):
        where = f"kill {i} of seed {SEED}"
        reply = push_and_kill(appliance, "nta.remove" if there else "nta.add", rng.uniform(0, span))
        cores = in_the_cores(client)
        if reply is not None and reply["acknowledged"]:
            assert cores != there, f"{where}: acknowledged and not in force"
        log = verify(appliance, "--head", head)  # nothing of before the kill is gone
        appliance.start_controlplane()
        listed = [n["name"] for n in appliance.ctl_json("nta", "list")["ntas"]]
        assert listed in ([], [f"{ZONE}."]), where
        now = listed != []
        if reply is not None or cores != there:
            assert now != there, f"{where}: it was in force, and not on the disk"
        status = appliance.ctl_json("status")["policy"]
        assert status["acknowledged_generation"] == status["generation"] >= log["generation"], where
        assert in_the_cores(client) == now, where
        head = verify(appliance, "--head", log["head"])["head"]
        outcome = (now != there, cores != there, reply is not None)
        seen[outcome] = seen.get(outcome, 0) + 1
        there = now
    print(f"stored, in the cores, replied to, within {span * 1e3:.1f} ms: {seen}")
    if KILLS >= 100:
        assert {k[0] for k in seen} == {True, False}, f"every kill came too early, or too late: {seen}"
