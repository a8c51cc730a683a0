# SPDX-License-Identifier: BSD-3-Clause
"""A parent of which nothing validates: what its servers are asked for, and what comes back."""
import socket
import struct
import time

import pytest

import world
from world import V4

ETH_P_ALL = 0x0003
FRESH = [f"www.fresh{i}.de" for i in range(8)] + [f"www.plain{i}.de" for i in range(20)] + \
        [f"direct{i}.de" for i in range(20)]


def de_addresses():
    from hflab.world import DE_SERVERS
    return {socket.inet_pton(socket.AF_INET6 if ":" in a else socket.AF_INET, a)
            for s in DE_SERVERS for a in s.addresses}


class Tap:
    """Counts the queries that reach some addresses, as the authorities' namespace sees them."""

    def __init__(self, netns, addresses):
        self.addresses = addresses
        with world.inside(netns):
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
            self.socket.bind(("net0", ETH_P_ALL))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.socket.setblocking(False)

    def close(self):
        self.socket.close()

    @staticmethod
    def _to(packet):
        """(address, port) that a UDP or TCP packet is for; None for others."""
        if packet[0] >> 4 == 4:
            address, rest = packet[16:20], packet[(packet[0] & 15) * 4:]
            proto = packet[9]
        else:
            address, rest, proto = packet[24:40], packet[40:], packet[6]
        if proto == 17:
            return address, struct.unpack("!HH", rest[:4])[1]
        if proto == 6 and rest[13] & 0x12 == 0x02:  # a connection begins
            return address, struct.unpack("!HH", rest[:4])[1]
        return None

    def count(self):
        """Queries since the last call."""
        cnt = 0
        while True:
            try:
                packet, where = self.socket.recvfrom(65536)
            except BlockingIOError:
                return cnt
            if where[2] == socket.PACKET_OUTGOING or len(packet) < 40:
                continue
            to = self._to(packet)
            cnt += to is not None and to[1] == 53 and to[0] in self.addresses


@pytest.fixture
def outage(world_lab, tmp_path):
    """(lab, appliance, client, tap at .de's servers); .de is good again afterwards."""
    appliance = world.make_appliance(world_lab, "af_packet", tmp_path, workers=1)
    client = world.Client(world_lab.cli)
    tap = Tap(world_lab.dir.rsplit("/", 1)[1] + "-net", de_addresses())
    try:
        appliance.start()
        yield world_lab, appliance, client, tap
    finally:
        tap.close()
        client.close()
        appliance.stop()
        world_lab.run("fix", "de")


def test_cold_names_cost_the_bogus_parent_next_to_nothing(outage):
    lab, appliance, client, tap = outage
    assert world.rcode(client.ask("www.signed.de")) == "NOERROR"
    lab.run("break", "de")
    tap.count()
    for name in FRESH:
        reply = client.ask(name, "A", V4)
        assert world.rcode(reply) == "SERVFAIL", name
        assert [c for c, _ in world.edes(reply)] == [6], (name, world.edes(reply))
        assert "33834" in world.edes(reply)[0][1], (name, world.edes(reply))
    asked = tap.count()
    print(f"{asked} queries to .de for {len(FRESH)} cold names")
    assert asked <= 0.2 * len(FRESH), f"{asked} queries for {len(FRESH)} cold names"
    stats = appliance.ctl("stats", "--all").stdout
    assert "trouble_began" in stats and "trouble_failed" in stats


def test_names_of_children_that_are_known_still_resolve(outage):
    lab, _, client, tap = outage
    assert world.authentic(client.ask("www.signed.de"))
    lab.run("break", "de")
    for name in FRESH[:12]:
        assert world.rcode(client.ask(name)) == "SERVFAIL"
    tap.count()
    for i in range(20):
        reply = client.ask(f"n{i}.signed.de")
        assert world.rcode(reply) == "NOERROR" and world.authentic(reply), i
    assert tap.count() <= 1


def test_when_the_parent_is_good_again_a_probe_finds_out(outage):
    lab, _, client, _ = outage
    lab.run("break", "de")
    for name in FRESH[:12]:
        assert world.rcode(client.ask(name)) == "SERVFAIL"
    lab.run("fix", "de")
    for _ in range(70):  # the longest pause is a minute; here it is a second or two
        if world.rcode(client.ask("direct19.de")) == "NOERROR":
            break
        time.sleep(1)
    for name in FRESH[12:]:
        assert world.rcode(client.ask(name)) == "NOERROR", name


def test_names_with_good_signatures_are_answered_among_bad_ones(outage):
    lab, _, client, tap = outage
    lab.run("break", "de", "--mixed")
    tap.count()
    codes = {}
    for _ in range(3):
        for name in FRESH:
            if codes.get(name) != "NOERROR":
                codes[name] = world.rcode(client.ask(name))
        time.sleep(4)
    good = [n for n, c in codes.items() if c == "NOERROR"]
    print(f"{len(good)} of {len(FRESH)} names good, {tap.count()} queries to .de")
    assert good, "a third of the signatures validates"
