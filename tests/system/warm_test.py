# SPDX-License-Identifier: BSD-3-Clause
"""Names that are in the cache before anybody has to wait for them."""
import time

import pytest

import world


@pytest.fixture
def warm(world_lab, tmp_path):
    """(appliance, client): one that keeps two names warm."""
    appliance = world.make_appliance(
        world_lab, "af_packet", tmp_path,
        options={"resolver": {"keepwarm": ["www.signed.de. A", "www.signed.se. AAAA"]}})
    with world.serving(world_lab, appliance) as client:
        yield appliance, client


def wait_for(what, seconds=20):
    for _ in range(seconds * 5):
        if what():
            return True
        time.sleep(0.2)
    return False


def test_a_name_on_the_list_is_cached_before_it_is_asked_for(warm):
    appliance, client = warm
    # With and without DNSSEC records: two entries a name.
    assert wait_for(lambda: appliance.counters()["inserted"] >= 4), appliance.counters()
    before = appliance.counters()
    for name, rtype in (("www.signed.de", "A"), ("www.signed.se", "AAAA")):
        for dnssec in (False, True):
            reply = client.ask(name, rtype, dnssec=dnssec)
            assert world.rcode(reply) == "NOERROR" and reply.answer, (name, dnssec)
    after = appliance.counters()
    assert after["hit"] == before["hit"] + 4 and after["miss"] == before["miss"]


def test_a_popular_name_is_fetched_anew_before_it_expires(warm):
    appliance, client = warm
    name = "ttl20.signed.de"
    assert client.ask(name).answer
    begin = time.monotonic()
    for _ in range(3):
        assert client.ask(name).answer
    misses = appliance.counters()["miss"]
    while time.monotonic() < begin + 30:  # past the end of the first life
        assert client.ask(name).answer
        time.sleep(0.2)
    counters = appliance.counters()
    assert counters["refresh"] >= 1
    assert counters["miss"] == misses, "nobody had to wait"
