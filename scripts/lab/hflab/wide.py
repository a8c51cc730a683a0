# SPDX-License-Identifier: BSD-3-Clause
"""A second world, for benches: 8 TLDs, five hundred zones below them, eighty names in each. What the
names hold follows from their numbers, so that every answer can be checked without reading a zone.

Seven sixteenths of the zones are signed and reached by a chain of trust. A third name their servers in
themselves and come with glue; the others' servers are named in a hoster's zone."""
import ipaddress
import random
from dataclasses import dataclass

from .world import P256, Server, pair, parent_of
from .zone import Nsec3, Zone

ZONES = 500
NAMES = 80
HOSTERS = 8

SERVERS = [
    Server("root-a", "nsd", "root", ("10.53.1.1", "fd53:1::1")),
    Server("root-b", "knot", "root", ("10.53.1.2", "fd53:1::2")),
    Server("tld-a", "nsd", "tld", tuple(a for n in range(8) for a in
                                        (f"10.53.{10 + n}.1", f"fd53:{10 + n}::1"))),
    Server("tld-b", "knot", "tld", tuple(a for n in range(8) for a in
                                         (f"10.53.{10 + n}.2", f"fd53:{10 + n}::2"))),
    Server("child-a", "nsd", "child", tuple(a for n in range(HOSTERS) for a in
                                            (f"10.53.7.{1 + n}", f"fd53:7::{1 + n}"))),
    Server("child-b", "knot", "child", tuple(a for n in range(HOSTERS) for a in
                                             (f"10.53.8.{1 + n}", f"fd53:8::{1 + n}"))),
]

NSEC3 = Nsec3()
OPTOUT = Nsec3(optout=True)
TLDS = [  # name, how it is signed
    ("com.", {"algorithm": P256, "nsec3": OPTOUT}),
    ("org.", {"algorithm": "RSASHA256", "split": True, "nsec3": OPTOUT}),
    ("net.", {"algorithm": P256, "nsec3": NSEC3}),
    ("nl.", {"algorithm": P256, "split": True}),
    ("cz.", {"algorithm": P256, "nsec3": NSEC3}),
    ("info.", {"algorithm": "RSASHA256", "split": True}),
    ("biz.", {}),
    ("xyz.", {"algorithm": P256, "nsec3": OPTOUT}),
]


@dataclass(frozen=True)
class Question:
    """answer: (owner, type, RDATA text) of each record, in the order of the chain."""
    qname: str
    qtype: str
    rcode: str
    secure: bool
    answer: tuple


def addresses():
    return [a for s in SERVERS for a in s.addresses]


def zone_name(k):
    return f"zone{k}.{TLDS[k % len(TLDS)][0]}"


def is_signed(k):
    return k // len(TLDS) % 2 == 0


def is_secure(k):
    return is_signed(k) and "algorithm" in TLDS[k % len(TLDS)][1]


def _hosts(k):
    """The two servers of zone k: in the zone itself, or a hoster's."""
    n = k // 3 % HOSTERS
    v4, v6 = (f"10.53.7.{1 + n}", f"10.53.8.{1 + n}"), (f"fd53:7::{1 + n}", f"fd53:8::{1 + n}")
    where = zone_name(k) if k % 3 == 0 else f"hoster{n}.net."
    return [(f"ns{i + 1}.{where}", v4[i], v6[i]) for i in (0, 1)]


def _how(k):
    if not is_signed(k):
        return {}
    denial = NSEC3 if k // 16 % 2 else None
    if k // 16 % 4 == 1:
        return {"algorithm": "RSASHA256", "split": True, "nsec3": denial}
    return {"algorithm": P256, "nsec3": denial}


def _v4(k, i):
    return f"198.{18 + k // 250}.{k % 250}.{i}"


def _v6(k, i):
    return str(ipaddress.IPv6Address(f"2001:db8:{k:x}::{i + 4096:x}"))


def question(k, i):
    """Name number i of zone k: of twenty, 14 have an A record, 2 an AAAA, one is an alias into
    another zone, one has no record of the type asked for, two do not exist."""
    zone, kind = zone_name(k), i % 20
    name, secure = f"host{i}.{zone}", is_secure(k)
    if kind < 14:
        return Question(name, "A", "NOERROR", secure, ((name, "A", _v4(k, i)),))
    if kind < 16:
        return Question(name, "AAAA", "NOERROR", secure, ((name, "AAAA", _v6(k, i)),))
    if kind == 16:
        other = (k + 1) % ZONES
        target = f"host0.{zone_name(other)}"
        return Question(name, "A", "NOERROR", secure and is_secure(other),
                        ((name, "CNAME", target), (target, "A", _v4(other, 0))))
    if kind == 17:
        return Question(name, "A", "NOERROR", secure, ())
    return Question(f"gone{i}.{zone}", "A", "NXDOMAIN", secure, ())


def questions(seed="wide"):
    """All of them, each once, in an order that has nothing to do with the zones."""
    numbers = [(k, i) for k in range(ZONES) for i in range(NAMES)]
    random.Random(seed).shuffle(numbers)
    return [question(k, i) for k, i in numbers]


def _leaf(k):
    z = Zone(zone_name(k), "child", _hosts(k), **_how(k))
    for i in range(NAMES):
        q = question(k, i)
        if q.answer:
            z.add(f"host{i}", q.answer[0][1], q.answer[0][2])
        elif q.rcode == "NOERROR":
            z.add(f"host{i}", "TXT", f'"host{i} of {z.name}"')
    return z


def _tlds():
    return [Zone(name, "tld", pair(f"a.nic.{name}", f"b.nic.{name}", 10 + n), **how)
            for n, (name, how) in enumerate(TLDS)]


def _hosters():
    out = []
    for n in range(HOSTERS):
        name = f"hoster{n}.net."
        servers = [(f"ns1.{name}", f"10.53.7.{1 + n}", f"fd53:7::{1 + n}"),
                   (f"ns2.{name}", f"10.53.8.{1 + n}", f"fd53:8::{1 + n}")]
        out.append(Zone(name, "child", servers, algorithm=P256))
    return out


def zones(serial):
    """As world.zones."""
    root = Zone(".", "root", pair("a.root-servers.net.", "b.root-servers.net.", 1),
                algorithm="RSASHA256", split=True)
    rs = Zone("root-servers.net.", "child", _hosters()[0].servers)
    for n, host in ((1, "a"), (2, "b")):
        rs.add(host, "A", f"10.53.1.{n}")
        rs.add(host, "AAAA", f"fd53:1::{n}")
    every = [root, *_tlds(), *_hosters(), rs, *[_leaf(k) for k in range(ZONES)]]
    by_name = {z.name: z for z in every}
    for z in every:
        if z.algorithm is None:
            z.ds = "none"
        parent = parent_of(z.name, by_name)
        if parent:
            parent.delegations.append(z.name)
    for z in every:
        z.add_apex(serial)
        z.add_hosts()
    return by_name
