# SPDX-License-Identifier: BSD-3-Clause
"""Access lists and limits of the dataplane alone, beside floods from forged senders. The control
plane is the one of dataplane_test.py."""
import socket
import time

import dns.edns
import dns.message
import dns.rcode

from dataplane_test import SERVICE, V6, Control, Dataplane, Wire, pytestmark  # noqa: F401
from hostile import frame
from world import inside

FLOOD, SENDERS = 6000, 200
PLAIN_PAGES = ("--hugepages", "no")



def run_with(options, body):
    with Wire("af_packet") as wire, Dataplane(wire, options=(*PLAIN_PAGES, *options)) as dataplane:
        wire.dress()
        with Control(dataplane) as control:
            body(dataplane, control)


def ede(reply):
    return [int(o.code) for o in reply.options if o.otype == dns.edns.OptionType.EDE]


def flood(dataplane, names, senders):
    """Frames as any host on the way could send them."""
    mac = dataplane.mac()
    with inside(dataplane.wire.client):
        wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    with wire:
        wire.bind((dataplane.wire.far, 0))
        for i, name in enumerate(names):
            wire.send(frame(mac, SERVICE, dns.message.make_query(name, "A").to_wire(), source=senders[i % len(senders)]))
            if i % 100 == 0:
                time.sleep(0.002)  # bounded: all of it is to arrive


def test_a_network_that_floods_leaves_room_for_others():
    def body(dataplane, control):
        flood(dataplane, [f"hold.x.d{i}.e{i}." for i in range(FLOOD)],
              [f"203.0.113.{i + 1}" for i in range(SENDERS)])
        for i in range(20):
            reply = dataplane.ask(f"www.benign{i}.example.")
            assert reply is not None and reply.rcode() == dns.rcode.NOERROR and reply.answer, reply
        stats = control.stats()
        assert stats["share_full"] + stats["share_drop"] > FLOOD / 4, stats
        assert stats["pending_full"] == stats["ring_full"] == stats["client_full"] == 0, stats

    run_with((), body)


def test_who_is_listed_is_refused_or_gets_nothing_and_others_are_answered():
    def body(dataplane, control):
        reply = dataplane.ask("www.a.example.")
        assert reply.rcode() == dns.rcode.REFUSED and ede(reply) == [18] and not reply.answer
        assert dataplane.ask("www.a.example.", V6).answer
        flood(dataplane, ["www.a.example."] * 50, ["198.51.100.7"])
        stats = control.stats()
        assert stats["access_drop"] == 50 and stats["access_refused"] == 1, stats

    run_with(("--access", "192.0.2.0/24,refuse", "--access", "198.51.100.0/24,drop"), body)


def test_a_client_over_its_rate_is_told_to_use_tcp_or_nothing_and_others_are_answered():
    def body(dataplane, control):
        assert dataplane.ask("www.a.example.").answer  # cached from here on
        flood(dataplane, ["www.a.example."] * 1000, ["203.0.113.5"])
        for _ in range(5):
            assert dataplane.ask("www.a.example.").answer
        stats = control.stats()
        limited, slipped = stats["client_limited"], stats["client_slipped"]
        assert 800 < limited + slipped < 1000 and limited > 300 and slipped > 300, stats
        assert stats["truncated"] == slipped, stats

    run_with(("--client-rate", "20"), body)


def test_replies_to_one_network_are_limited_by_kind():
    def body(dataplane, control):
        assert dataplane.ask("www.a.example.").answer
        dataplane.ask("nx.a.example.")
        flood(dataplane, ["nx.a.example."] * 500, [f"203.0.113.{i}" for i in range(1, 100)])
        flood(dataplane, ["www.a.example."] * 500, ["203.0.113.5"])
        stats = control.stats()
        assert 400 < stats["reply_limited"] + stats["reply_slipped"] < 500, stats
        assert dataplane.ask("nx.a.example.").rcode() == dns.rcode.NXDOMAIN

    run_with(("--rrl-nxdomain", "10", "--rrl-window", "2s"), body)
