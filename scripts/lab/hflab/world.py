# SPDX-License-Identifier: BSD-3-Clause
"""What the private internet holds: every server and every zone. Change names here and only here.

A zone served by group g is on all servers of that group. Parent and child are in different groups
(except where a grandchild on its parent's servers is the point), because a server that has both
never gives the referral."""
from dataclasses import dataclass

from .zone import Nsec3, Zone, below, parents

P256 = "ECDSAP256SHA256"
LOAD_NAMES = 200  # n0..n199
FRESH_NOTE = "for first asks"


@dataclass(frozen=True)
class Server:
    """One process with its own zone files."""
    name: str
    software: str       # nsd or knot
    group: str
    addresses: tuple


SERVERS = [
    Server("root-a", "nsd", "root", ("10.53.1.1", "fd53:1::1")),
    Server("root-b", "knot", "root", ("10.53.1.2", "fd53:1::2")),
    Server("de-a", "nsd", "de", ("10.53.2.1", "fd53:2::1")),
    Server("de-f", "nsd", "de", ("10.53.2.2", "fd53:2::2")),
    Server("de-z", "nsd", "de", ("10.53.2.3", "fd53:2::3")),
    Server("de-l", "nsd", "de", ("10.53.2.4", "fd53:2::4")),
    Server("de-n", "nsd", "de", ("10.53.2.5", "fd53:2::5")),
    Server("de-s", "nsd", "de", ("10.53.2.6", "fd53:2::6")),
    Server("tld-a", "nsd", "tld", ("10.53.3.1", "fd53:3::1", "10.53.4.1", "fd53:4::1",
                                   "10.53.5.1", "fd53:5::1")),
    Server("tld-b", "knot", "tld", ("10.53.3.2", "fd53:3::2", "10.53.4.2", "fd53:4::2",
                                    "10.53.5.2", "fd53:5::2")),
    Server("child-a", "nsd", "child", ("10.53.7.1", "fd53:7::1", "10.53.7.3", "fd53:7::3")),
    Server("child-b", "knot", "child", ("10.53.7.2", "fd53:7::2")),
]
DE_SERVERS = [s for s in SERVERS if s.group == "de"]


def addresses():
    return [a for s in SERVERS for a in s.addresses]


def pair(first, second, net):
    """The two servers of a TLD or of the root, on network number net."""
    return [(first, f"10.53.{net}.1", f"fd53:{net}::1"),
            (second, f"10.53.{net}.2", f"fd53:{net}::2")]


def root_zone():
    return Zone(".", "root", pair("a.root-servers.net.", "b.root-servers.net.", 1),
                algorithm="RSASHA256", split=True, note="KSK is the trust anchor; NSEC")


def tlds():
    hosts = ["a.nic.de.", "f.nic.de.", "z.nic.de.", "l.de.net.", "n.de.net.", "s.de.net."]
    six = [(h, f"10.53.2.{i}", f"fd53:2::{i}") for i, h in enumerate(hosts, 1)]
    de = Zone("de.", "de", six, algorithm="RSASHA256", split=True, nsec3=Nsec3(optout=True),
              note="NSEC3 1 0 0 -, opt-out; ZSK tag 33834; six instances")
    for i in range(20):  # data of the TLD itself
        de.add(f"direct{i}", "A", f"198.18.10.{i}")
        de.add(f"direct{i}", "TXT", f'"direct{i}.de"')
    se = Zone("se.", "tld", pair("a.ns.se.", "b.ns.se.", 3), algorithm=P256, split=True,
              note="NSEC")
    aq = Zone("aq.", "tld", pair("a.nic.aq.", "b.nic.aq.", 4), note="unsigned TLD")
    net = Zone("net.", "tld", pair("a.gtld-servers.net.", "b.gtld-servers.net.", 5),
               algorithm=P256, nsec3=Nsec3(), note="NSEC3 without opt-out")
    return [de, se, aq, net]


def own_servers(name):
    """ns1 (NSD) and ns2 (Knot) inside the zone."""
    return [(f"ns1.{name}", "10.53.7.1", "fd53:7::1"), (f"ns2.{name}", "10.53.7.2", "fd53:7::2")]


HOSTER = own_servers("hoster.net.")


def child(name, servers=None, **how):
    """A zone below a TLD, with the usual records."""
    z = Zone(name, "child", servers or own_servers(name), **how)
    z.add("www", "A", "198.18.0.80")
    z.add("www", "AAAA", "2001:db8:0:80::80")
    z.add("www", "TXT", f'"www of {name}"')
    z.add("mail", "A", "198.18.0.25")
    z.add("mail", "AAAA", "2001:db8:0:25::25")
    z.add("@", "A", "198.18.0.1")
    z.add("@", "AAAA", "2001:db8::1")
    z.add("@", "MX", f"10 mail.{name}", f"20 www.{name}")
    z.add("@", "TXT", '"v=spf1 mx -all"', f'"zone {name}"')
    return z


def signed(name, **how):
    how.setdefault("algorithm", P256)
    return child(name, **how)


def add_shapes(z):
    """Wildcard, empty non-terminal, odd TTLs, sizes that need TCP, other types."""
    z.add("*.wild", "A", "198.18.0.42")
    z.add("*.wild", "TXT", '"from the wildcard"')
    z.add("here.wild", "A", "198.18.0.43")
    z.add("leaf.of.ent", "A", "198.18.0.44")
    z.add("short", "A", "198.18.0.2", ttl=2)
    z.add("ttl5", "A", "198.18.0.5", ttl=5)
    z.add("ttl20", "A", "198.18.0.20", ttl=20)
    z.add("zero", "A", "198.18.0.6", ttl=0)
    z.add("big", "TXT", *[f'"{i:02d} {"b" * 190}"' for i in range(8)])
    z.add("huge", "TXT", *[f'"{i:02d} {"h" * 190}"' for i in range(24)])
    z.add("_sip._udp", "SRV", f"1 2 5060 www.{z.name}")
    z.add("caa", "CAA", '0 issue "ca.example"')
    z.add("nxalias", "CNAME", f"nothere.{z.name}")


def add_load(z, number):
    """n0..n199: data that can be checked from the name (number is the zone's own)."""
    for i in range(LOAD_NAMES):
        z.add(f"n{i}", "A", f"198.18.{number}.{i}")
        z.add(f"n{i}", "AAAA", f"2001:db8:{number:x}::{i + 4096:x}")
        z.add(f"n{i}", "TXT", f'"n{i}.{z.name}"')


LOAD_ZONES = {"signed.de.": 1, "unsigned.de.": 2, "signed.se.": 3}


def good_de():
    nic = Zone("nic.de.", "child", own_servers("nic.de."), algorithm=P256, note="hosts a, f, z")
    for i, host in ((1, "a"), (2, "f"), (3, "z")):
        nic.add(host, "A", f"10.53.2.{i}")
        nic.add(host, "AAAA", f"fd53:2::{i}")
    z = signed("signed.de.", note="NSEC, one key for both")
    add_shapes(z)
    z.add("alias", "CNAME", "www.signed.se.")
    z.add("bogusalias", "CNAME", "www.badsig.de.")
    z.add("insecurealias", "CNAME", "www.unsigned.de.")
    z.add("chain", "CNAME", "chain.signed.se.")
    z.add("loop1", "CNAME", "loop2.signed.de.")
    z.add("loop2", "CNAME", "loop1.signed.de.")
    nsec3 = signed("nsec3.de.", nsec3=Nsec3(iterations=1, salt="5A17"), split=True,
                   note="NSEC3, salt 5A17, 1 iteration, wildcard")
    add_shapes(nsec3)
    plain = child("unsigned.de.", note="insecure, inside the opt-out span")
    add_shapes(plain)
    plain.add("alias", "CNAME", "www.signed.de.")
    return [nic, z, nsec3, plain,
            signed("oob.de.", servers=[("ns1.signed.se.", None, None),
                                       ("ns2.signed.se.", None, None)],
                   note="servers named in another TLD"),
            signed("v4only.de.", servers=[("ns1.v4only.de.", "10.53.7.3", None)],
                   note="IPv4-only server"),
            signed("v6only.de.", servers=[("ns1.v6only.de.", None, "fd53:7::3")],
                   note="IPv6-only server")]


def fresh_de():
    """Zones nobody asks about until a test needs a delegation that is in no cache."""
    return ([signed(f"fresh{i}.de.", note=FRESH_NOTE) for i in range(8)]
            + [child(f"plain{i}.de.", note=FRESH_NOTE) for i in range(20)])


def bogus():
    return [
        signed("badsig.de.", defect="badsig", note="signature bytes corrupted"),
        signed("expired.de.", window="past", note="all signatures expired"),
        signed("notyet.de.", window="future", note="no signature valid yet"),
        signed("badds.de.", ds="wrong", note="DS matches no DNSKEY"),
        signed("nosig.de.", defect="nosig", note="RRSIGs missing from positive answers"),
        signed("badsig.se.", defect="badsig", algorithm="RSASHA256",
               note="signature bytes corrupted"),
        signed("expired.se.", window="past", note="all signatures expired"),
        signed("nonsec.se.", defect="nonsec", note="NSEC missing from denials"),
        signed("badds.se.", ds="wrong", note="DS matches no DNSKEY"),
    ]


def good_se():
    z = signed("signed.se.", split=True, note="NSEC, KSK and ZSK")
    add_shapes(z)
    z.add("chain", "CNAME", "chain.unsigned.se.")
    z.add("chain2", "CNAME", "chain3.signed.se.")
    z.add("chain3", "CNAME", "chain4.signed.se.")
    z.add("chain4", "CNAME", "www.signed.se.")
    plain = child("unsigned.se.", note="insecure, proven by NSEC")
    add_shapes(plain)
    plain.add("chain", "CNAME", "www.signed.de.")
    dname = signed("dname.se.", note="DNAME old.dname.se -> signed.se")
    dname.add("old", "DNAME", "signed.se.")
    dname.add("older", "DNAME", "unsigned.de.")
    lame = signed("lame.se.", servers=[("ns1.lame.se.", "10.53.2.6", "fd53:2::6"),
                                       ("ns2.lame.se.", "10.53.7.2", "fd53:7::2")],
                  note="ns1 refuses: it serves de only")
    dead = signed("dead.se.", servers=[("ns1.dead.se.", "10.53.99.1", "fd53:99::1")],
                  note="its only server is silent")
    return [z, plain, dname, lame, dead,
            signed("sub.signed.se.", note="grandchild on its parent's servers"),
            child("insub.signed.se.", note="insecure grandchild on its parent's servers"),
            signed("rsasha256.se.", algorithm="RSASHA256"),
            signed("rsasha512.se.", algorithm="RSASHA512"),
            signed("p384.se.", algorithm="ECDSAP384SHA384", ds="sha384", note="DS is SHA-384"),
            signed("ed25519.se.", algorithm="ED25519"),
            signed("ed448.se.", algorithm="ED448"),
            signed("iter.se.", nsec3=Nsec3(iterations=150), note="150 NSEC3 iterations"),
            signed("badalg.se.", ds="badalg", note="DS with an unknown algorithm: insecure"),
            signed("baddigest.se.", ds="baddigest", note="DS with an unknown digest: insecure")]


def others():
    rs = Zone("root-servers.net.", "child", HOSTER, note="names of the root servers")
    for i, host in ((1, "a"), (2, "b")):
        rs.add(host, "A", f"10.53.1.{i}")
        rs.add(host, "AAAA", f"fd53:1::{i}")
    de_net = Zone("de.net.", "child", HOSTER, note="names of three servers of de")
    for i, host in ((4, "l"), (5, "n"), (6, "s")):
        de_net.add(host, "A", f"10.53.2.{i}")
        de_net.add(host, "AAAA", f"fd53:2::{i}")
    plain = child("unsigned.aq.", note="unsigned below an unsigned TLD")
    add_shapes(plain)
    plain.add("alias", "CNAME", "www.signed.de.")
    return [rs, de_net, signed("hoster.net.", note="servers of other zones"), plain,
            signed("island.aq.", ds="none", note="signed, but no chain leads there: insecure")]


def zones(serial):
    """{name: Zone}, apex records included, delegations not yet (they need the keys)."""
    every = [root_zone()] + tlds() + good_de() + fresh_de() + bogus() + good_se() + others()
    by_name = {z.name: z for z in every}
    for z in every:
        if z.algorithm is None:
            z.ds = "none"
        if z.name in LOAD_ZONES:
            add_load(z, LOAD_ZONES[z.name])
        parent = parent_of(z.name, by_name)
        if parent:
            parent.delegations.append(z.name)
    for z in every:
        z.add_apex(serial)
        z.add_hosts()
    return by_name


def parent_of(name, by_name):
    """The zone that delegates zone `name`; None for the root."""
    return next((by_name[p] for p in parents(name) if p in by_name), None)


def zone_of(name, by_name):
    """The deepest zone that holds `name`."""
    return max((z for z in by_name.values() if below(name, z.name)), key=lambda z: len(z.name))
