# SPDX-License-Identifier: BSD-3-Clause
"""The .de outage, and the one command against it."""
import subprocess
import time

import pytest

import world
from world import V4, V6


ON_BOTH = pytest.mark.parametrize("outage", ["af_packet", "af_xdp"], indirect=True)


@pytest.fixture
def outage(request, world_lab, tmp_path):
    """(lab, appliance, client): a fresh appliance with two workers; .de is good again afterwards."""
    appliance = world.make_appliance(world_lab, getattr(request, "param", "af_packet"), tmp_path, workers=2)
    client = world.Client(world_lab.cli)
    try:
        appliance.start()
        yield world_lab, appliance, client
    finally:
        client.close()
        appliance.stop()
        world_lab.run("fix", "de")


FRESH = [f"www.fresh{i}.de" for i in range(8)] + [f"www.plain{i}.de" for i in range(20)] + \
        [f"direct{i}.de" for i in range(20)]


def ask_all(client, names, **how):
    return {n: client.ask(n, "A", V6 if i % 2 else V4, **how) for i, n in enumerate(names)}


@ON_BOTH
def test_an_nta_revives_the_names_that_failed_and_removal_validates_again(outage):
    lab, appliance, client = outage
    lab.run("break", "de")
    for name, reply in ask_all(client, FRESH).items():
        assert world.rcode(reply) == "SERVFAIL", name
        assert [c for c, _ in world.edes(reply)] == [6], (name, world.edes(reply))
        assert "33834" in world.edes(reply)[0][1], (name, world.edes(reply))

    added = appliance.ctl("nta", "add", "de", "--yes", "--for", "3h", "--reason", "bad signatures in .de")
    assert "generation" in added.stdout and "active on 2/2 cores in" in added.stdout
    for name, reply in ask_all(client, FRESH).items():
        assert world.rcode(reply) == "NOERROR" and reply.answer, (name, world.edes(reply))
        assert not world.authentic(reply), name
        assert [c for c, _ in world.edes(reply)][:1] == [33], (name, world.edes(reply))
    before = appliance.counters()["hit"]
    ask_all(client, FRESH)
    assert appliance.counters()["hit"] == before + len(FRESH), "what the NTA let in is cached"

    lab.run("fix", "de")
    removed = appliance.ctl("nta", "remove", "de")
    assert "active on 2/2 cores" in removed.stdout
    seen = lab.queries()
    oracle = lab.oracle()
    for name, reply in ask_all(client, FRESH).items():
        secure = oracle.case(name + ".", "A")["security"] == "secure"
        assert world.rcode(reply) == "NOERROR" and world.authentic(reply) == secure, name
        assert not world.edes(reply), name
    assert lab.queries() > seen, "what came in under the NTA was not used again"


@ON_BOTH
def test_nothing_fetched_under_the_nta_is_served_once_it_is_gone(outage):
    lab, appliance, client = outage
    lab.run("break", "de")
    appliance.ctl("nta", "add", "de", "--yes", "--for", "1h", "--reason", "test")
    ask_all(client, FRESH)
    appliance.ctl("nta", "remove", "de")
    for name, reply in ask_all(client, FRESH).items():
        assert world.rcode(reply) == "SERVFAIL", f"{name}: still served, and .de is still broken"
        assert [c for c, _ in world.edes(reply)] == [6]


def test_names_outside_the_nta_keep_ad_and_cached_secure_names_lose_it_only_meanwhile(outage):
    lab, appliance, client = outage
    assert world.authentic(client.ask("www.signed.de")) and world.authentic(client.ask("www.signed.se"))
    assert world.authentic(client.ask("alias.signed.de"))  # -> www.signed.se
    seen = lab.queries()
    appliance.ctl("nta", "add", "de", "--yes", "--reason", "test")
    assert not world.authentic(client.ask("www.signed.de"))
    assert not world.authentic(client.ask("alias.signed.de"))
    assert world.authentic(client.ask("www.signed.se"))
    appliance.ctl("nta", "remove", "de")
    assert world.authentic(client.ask("www.signed.de"))
    assert world.authentic(client.ask("alias.signed.de"))
    assert lab.queries() == seen, "all of it came from the cache"


def by_tcp(client, name):
    return client.ask_tcp(world.question(name), V4, 53)


def test_a_soft_nta_leaves_ad_on_what_validates(outage):
    lab, appliance, client = outage
    names = ("www.signed.de", "alias.signed.de")  # the second leads to www.signed.se
    assert all(world.authentic(client.ask(n)) for n in names)
    lab.run("break", "de")
    assert world.rcode(client.ask(FRESH[0])) == "SERVFAIL"
    appliance.ctl("nta", "add", "de", "--yes", "--soft", "--reason", "test")
    assert all(world.authentic(client.ask(n)) and world.authentic(by_tcp(client, n)) for n in names)
    reply = client.ask(FRESH[0])
    assert world.rcode(reply) == "NOERROR" and not world.authentic(reply)
    assert [c for c, _ in world.edes(reply)][:1] == [33]
    appliance.ctl("nta", "add", "de", "--yes", "--replace", "--strict", "--reason", "test")
    assert not any(world.authentic(client.ask(n)) or world.authentic(by_tcp(client, n)) for n in names)


def test_a_chain_that_passes_through_the_nta_is_covered_too(outage):
    lab, appliance, client = outage
    lab.run("break", "de")
    reply = client.ask("alias.unsigned.aq", "A")  # -> www.signed.de
    assert world.rcode(reply) == "SERVFAIL"
    appliance.ctl("nta", "add", "de", "--yes", "--reason", "test")
    reply = client.ask("alias.unsigned.aq", "A")
    assert world.rcode(reply) == "NOERROR" and not world.authentic(reply)


def test_a_plan_counts_what_would_change_and_changes_nothing(outage):
    lab, appliance, client = outage
    assert world.authentic(client.ask("www.signed.de")) and world.authentic(client.ask("alias.signed.de"))
    lab.run("break", "de")
    for name, reply in ask_all(client, FRESH[:8]).items():
        assert world.rcode(reply) == "SERVFAIL", name
    before = appliance.ctl_json("status")
    found = appliance.ctl_json("nta", "plan", "de")
    cores = found["dataplane"]
    assert cores["now"]["failed"] == 8 and cores["under_nta"] == {
        **cores["now"], "failed": 0, "retried": 8, "authentic": 0, "restricted": cores["now"]["authentic"]}
    assert cores["now"]["authentic"] >= 2 and found["resolver"]["failures"] >= 8
    assert found["anchors_below"] == [] and found["covered_by"] is None
    assert cores["traffic"]["samples"] >= 5 and cores["traffic"]["queries_per_s"] > 0
    assert appliance.ctl_json("status")["dataplane"]["policy_generation"] == before["dataplane"]["policy_generation"]
    said = appliance.ctl("nta", "plan", "de").stdout
    assert "failures resolved anew     8 in the cores' cache" in said and "nothing was changed" in said
    assert world.rcode(client.ask(FRESH[0])) == "SERVFAIL"


def test_what_is_left_of_a_lifted_nta_can_be_looked_up(outage):
    lab, appliance, client = outage
    client.ask("www.signed.de")
    lab.run("break", "de")
    appliance.ctl("nta", "add", "de", "--yes", "--reason", "test")
    ask_all(client, FRESH[:8])
    standing = appliance.ctl("nta", "verify-clean", "de", check=False)
    assert standing.returncode == 5 and "still stands at de." in standing.stderr
    assert appliance.ctl_json("nta", "plan", "de")["dataplane"]["now"]["open"] == 8
    appliance.ctl("nta", "remove", "de")
    found = appliance.ctl_json("nta", "plan", "de")
    assert found["dataplane"]["now"]["open"] == 0 and found["dataplane"]["now"]["lifted"] == 8
    assert found["dataplane"]["now"]["authentic"] >= 1 and found["resolver"]["open"] == 0
    assert ": clean" in appliance.ctl("nta", "verify-clean", "de").stdout
    assert world.authentic(client.ask("www.signed.de"))


def test_four_of_six_bad_servers_are_survived_without_an_nta(outage):
    lab, _, client = outage
    lab.run("break", "de", "--servers", "4")
    replies = ask_all(client, FRESH[:12])
    good = [n for n, r in replies.items() if world.rcode(r) == "NOERROR"]
    assert len(good) == 12, {n: world.edes(r) for n, r in replies.items() if n not in good}


def test_the_list_tells_and_wrong_commands_are_refused(outage):
    _, appliance, _ = outage
    assert appliance.ctl_json("nta", "list")["ntas"] == []
    appliance.ctl("nta", "add", "de", "--yes", "--for", "3h", "--reason", "why not")
    nta = appliance.ctl_json("nta", "list")["ntas"][0]
    assert nta["name"] == "de." and nta["reason"] == "why not" and nta["author"]
    assert 10700 < nta["left_s"] <= 10800
    assert appliance.ctl("nta", "add", "de", "--yes", "--reason", "again", check=False).returncode == 6
    assert appliance.ctl("nta", "add", ".", "--reason", "all", check=False).returncode == 5
    assert appliance.ctl("nta", "add", "se", "--yes", "--for", "8d", "--reason", "x", check=False).returncode == 5
    assert appliance.ctl("nta", "add", "se", "--yes", check=False).returncode == 2
    assert appliance.ctl("nta", "remove", "se", check=False).returncode == 1
    assert appliance.ctl("nta", "add", "a..b", "--reason", "x", check=False).returncode == 2


def test_an_nta_ends_by_itself(outage):
    lab, appliance, client = outage
    lab.run("break", "de")
    appliance.ctl("nta", "add", "de", "--yes", "--for", "3s", "--reason", "short")
    assert world.rcode(client.ask("www.fresh1.de")) == "NOERROR"
    time.sleep(4.5)
    assert appliance.ctl_json("nta", "list")["ntas"] == []
    assert world.rcode(client.ask("www.fresh1.de")) == "SERVFAIL"


def test_status_and_cache_show_tell_what_is_there(outage):
    lab, appliance, client = outage
    client.ask("www.signed.de")
    status = appliance.ctl_json("status")
    assert status["dataplane"]["attached"] and status["dataplane"]["workers"] == 2
    assert status["policy"]["generation"] == status["policy"]["acknowledged_generation"]
    shown = appliance.ctl("cache", "show", "www.signed.de", "A").stdout
    assert "secure" in shown and "198.18." in shown
    entry = appliance.ctl_json("cache", "show", "www.signed.de", "A")
    assert [e["verdict"] for e in entry["dataplane"]["entries"]] == ["secure"]
    text = appliance.ctl("status").stdout
    assert "attached" in text and "2/2 cores" in text
    client.ask("www.signed.de")
    appliance.wait_for(lambda: appliance.ctl_json("latency")["total"]["hit"]["replies"] > 0, "dataplane", 10)
    timed = appliance.ctl_json("latency")["total"]["hit"]
    assert 0 < timed["p50_ns"] <= timed["p99_ns"] <= timed["max_ns"]
    assert sum(b["replies"] for b in timed["buckets"]) == timed["replies"]
    lines = appliance.ctl("latency", "--cores").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["core", *["worker", "stale", "miss"] * 2], lines
    out = subprocess.run([appliance.program("holdfastctl"), "--socket", "/nonexistent", "status"],
                         capture_output=True, text=True)
    assert out.returncode == 3 and "not reachable" in out.stderr
