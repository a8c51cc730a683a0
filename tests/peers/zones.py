# SPDX-License-Identifier: BSD-3-Clause
"""What is compared: zones signed in every way that three signers know, some with one thing wrong, and
the questions asked of each."""
from dataclasses import dataclass
from itertools import cycle

from hflab.world import Server
from hflab.zone import Nsec3, Zone

SERVERS = [
    Server("root-a", "nsd", "root", ("10.53.1.1",)),
    Server("tld-a", "knot", "tld", ("10.53.3.1",)),
    Server("leaf-a", "nsd", "leaf", ("10.53.7.1",)),
    Server("leaf-b", "knot", "leaf", ("10.53.7.2",)),
    Server("below-a", "nsd", "below", ("10.53.8.1",)),
]
TLDS = ("nsec.", "nsec3.", "optout.", "plain.")


@dataclass
class Leaf(Zone):
    """A zone as data and how it is signed. signer None: not at all."""
    signer: str = None
    algorithms: tuple = ()
    csk: bool = False
    ds: str = "SHA256"      # what the parent holds: digests; or none wrong badalg baddigest
    kind: str = "good"      # good, or the one thing that is wrong: damage.py, window, ds
    other: Zone = None      # the leaf that its aliases point to

    @property
    def optout(self):
        return self.nsec3 is not None and self.nsec3.optout


def _servers(zone, group):
    return [(f"ns{i}.{zone}", s.addresses[0], None)
            for i, s in enumerate((s for s in SERVERS if s.group == group), 1)]


def _zone(name, group, **how):
    return Leaf(name, group, _servers(name, group), **how)


# --- how zones are signed

def _every_algorithm():
    """Each signer with each algorithm, NSEC and NSEC3; one key and two, in turn."""
    csk = cycle((False, True))
    for signer in ("bind", "ldns", "knot"):
        for number in (5, 7, 8, 10, 13, 14, 15, 16):
            for nsec3 in (None, Nsec3(), Nsec3(salt="aabbccdd", optout=True)):
                if number == 5 and nsec3:  # RFC 5155 2: not under this number
                    continue
                if nsec3 and nsec3.optout and number not in (8, 13, 15):
                    continue
                yield {"signer": signer, "algorithms": (number,), "nsec3": nsec3, "csk": next(csk)}


def _nsec3_parameters():
    for iterations, salt in ((1, "-"), (10, "ab"), (50, "00112233445566778899aabbccddeeff"),
                             (50, "ab" * 40), (51, "-"), (100, "ab"), (150, "-"), (151, "-"),
                             (500, "ab")):
        yield {"signer": "ldns", "algorithms": (13,), "nsec3": Nsec3(iterations, salt)}
    yield {"signer": "ldns", "algorithms": (13,), "nsec3": Nsec3(20, "aa", optout=True)}
    yield {"signer": "ldns", "algorithms": (13,), "nsec3": Nsec3(100, "aa", optout=True)}
    yield {"signer": "knot", "algorithms": (13,), "nsec3": Nsec3(12, "aabbccdd", optout=True)}
    yield {"signer": "bind", "algorithms": (13,), "nsec3": Nsec3(50, "aabbccdd")}


def _many_algorithms():
    for signer, numbers, ds in (("bind", (8, 13), "SHA256"), ("bind", (13, 15), "SHA256"),
                                ("ldns", (14, 16), "SHA384"), ("ldns", (8, 13, 15), "SHA256"),
                                ("bind", (5, 13), "SHA256"), ("ldns", (7, 8), "SHA256")):
        yield {"signer": signer, "algorithms": numbers, "ds": ds,
               "nsec3": None if 5 in numbers else Nsec3()}


def _delegation_signers():
    for ds in ("SHA384", "SHA256 SHA384", "SHA1 SHA256", "SHA1"):
        yield {"signer": "bind", "algorithms": (13,), "ds": ds}
    yield {"signer": "ldns", "algorithms": (15,), "ds": "none", "kind": "island"}
    yield {"signer": "knot", "algorithms": (8,), "ds": "badalg", "kind": "badalg"}
    yield {"signer": "ldns", "algorithms": (13,), "ds": "baddigest", "kind": "baddigest"}


def _broken():
    signers = cycle(("bind", "ldns", "knot"))
    for kind in ("badsig", "badkeysig", "badproof", "nosig", "noproof", "nokey", "nokeysig", "onesig",
                 "onebad", "past", "future", "wrong"):
        for nsec3 in (None, Nsec3()):
            how = {"signer": next(signers), "algorithms": (8 if nsec3 else 13,), "nsec3": nsec3,
                   "kind": kind}
            if kind in ("past", "future"):
                how["window"] = kind
            if kind == "wrong":
                how["ds"] = kind
            yield how


def ways(sample=False):
    """Every way to sign a zone. sample: a few of them, for a test of seconds."""
    every = [*_every_algorithm(), *_nsec3_parameters(), *_many_algorithms(), *_delegation_signers(),
             *_broken()]
    return every[::12] if sample else every


def _label(number, how):
    n3 = how.get("nsec3")
    words = [f"z{number}", how["signer"], *map(str, how["algorithms"]),
             "nsec" if not n3 else f"opt{n3.iterations}" if n3.optout else f"nsec3i{n3.iterations}"]
    return "-".join(words + ([how["kind"]] if "kind" in how else []))


# --- what zones hold

def fill(z, other):
    """The shapes that resolvers get wrong."""
    z.other = other
    z.add("@", "MX", "10 Mail." + z.name)
    z.add("www", "A", "192.0.2.2", "192.0.2.1")
    z.add("www", "AAAA", "2001:db8::2")
    z.add("www", "TXT", '"a" "b"', '"c"')
    z.add("mail", "AAAA", "2001:db8::1")
    z.add("srv", "SRV", "1 2 3 Mail." + z.name)
    z.add("odd", "TYPE65280", "\\# 3 AbCdEf")
    z.add("alias", "CNAME", "www." + z.name)
    z.add("aliasnx", "CNAME", "nothing." + z.name)
    z.add("aliasout", "CNAME", "www." + other.name)
    z.add("host.deep.ent", "A", "192.0.2.3")
    z.add("*.wild", "A", "192.0.2.4")
    z.add("*.wild", "TXT", '"wild"')
    z.add("real.wild", "A", "192.0.2.5")
    z.add("*.cname", "CNAME", "www." + z.name)
    z.add("*.w.empty", "A", "192.0.2.6")
    z.add("*.d", "A", "192.0.2.7")
    z.add("x.target", "A", "192.0.2.8")
    z.add("dn", "DNAME", "target." + z.name)
    z.add("dnout", "DNAME", other.name)


def small(z):
    z.add("www", "A", "192.0.2.9")
    z.add("*.wild", "A", "192.0.2.10")
    z.add("alias", "CNAME", "www." + z.name)


QUESTIONS = """www:A www:AAAA www:TXT www:MX WwW:A @:SOA @:NS @:MX @:DNSKEY @:DS @:A mail:AAAA mail:A
srv:SRV odd:TYPE65280 alias:A alias:CNAME alias:MX aliasnx:A aliasout:A ent:A deep.ent:TXT
host.deep.ent:A nx.deep.ent:A nx:A a.b.nx:AAAA x.wild:A a.b.wild:TXT x.wild:MX real.wild:A
real.wild:TXT x.real.wild:A *.wild:A x.cname:A x.cname:CNAME x.cname:MX q.w.empty:A q.w.empty:MX
empty:A dn:DNAME dn:A x.dn:A y.dn:A www.dnout:A x.d:A cut.d:DS www.cut.d:A x.cut.d:A u:DS www.u:A
nx.u:A""".split()
BELOW = "s:DS s:DNSKEY www.s:A www.s:MX nx.s:A x.wild.s:A alias.s:A".split()


ELSEWHERE = ("aliasout", "www.dnout")


@dataclass(frozen=True)
class Question:
    """zones: the leaves that the answer comes from."""
    qname: str
    qtype: str
    zones: tuple


def questions(leaf, every):
    """Of a leaf: its own names, and those of the signed zone below it if it has one."""
    out = []
    for words in QUESTIONS + (BELOW if leaf.name_of("s") in every else []):
        label, qtype = words.split(":")
        zones = (leaf, leaf.other) if label in ELSEWHERE else (leaf,)
        out.append(Question(leaf.name_of(label), qtype, zones))
    return out


def all_questions(every):
    return [q for z in every.values() if z.group == "leaf" for q in questions(z, every)]


# --- the whole net

def _tlds():
    how = {"nsec.": {"signer": "bind", "algorithms": (13,)},
           "nsec3.": {"signer": "knot", "algorithms": (8,), "nsec3": Nsec3(5, "aabb")},
           "optout.": {"signer": "ldns", "algorithms": (13,), "nsec3": Nsec3(0, "-", True)},
           "plain.": {"ds": "none"}}
    return [_zone(name, "tld", **how[name]) for name in TLDS]


def _leaves(sample):
    parents = cycle(TLDS[:3])
    out = []
    for number, how in enumerate(ways(sample)):
        out.append(_zone(f"{_label(number, how)}.{next(parents)}", "leaf", **how))
    out.append(_zone("signed.plain.", "leaf", signer="bind", algorithms=(13,), ds="none", kind="island"))
    return out


def _below(leaves):
    """Under each leaf an unsigned zone, and another beside a wildcard; under good ones a signed one."""
    signers = cycle(("knot", "bind", "ldns"))
    for leaf in leaves:
        for label in ("u", "cut.d"):
            yield _zone(leaf.name_of(label), "below", ds="none")
        if leaf.kind == "good" and not set(leaf.algorithms) & {14, 16}:
            signer = next(signers)
            yield _zone(leaf.name_of("s"), "below", signer=signer, algorithms=(13,), csk=True,
                        nsec3=Nsec3() if signer == "ldns" else None)


def parent_of(zone, every):
    name = zone.name
    while name != ".":
        name = name.split(".", 1)[1] or "."
        if name in every:
            return every[name]
    return None


def build(serial, sample=False):
    """{name: zone}, delegations not yet made: they need the keys."""
    root = _zone(".", "root", signer="bind", algorithms=(8,))
    root.servers = [("a.root-servers.example.", "10.53.1.1", None)]
    leaves = _leaves(sample)
    below = list(_below(leaves))
    every = {z.name: z for z in [root, *_tlds(), *leaves, *below]}
    for k, leaf in enumerate(leaves):
        fill(leaf, leaves[(k + 1) % len(leaves)])
    for z in below:
        small(z)
    for z in every.values():
        parent = parent_of(z, every)
        if parent:
            parent.delegations.append(z.name)
        z.add_apex(serial)
    for z in every.values():
        z.add_hosts()
    root.glue[("a.root-servers.example.", "A")] = (300, ["10.53.1.1"])
    return every
