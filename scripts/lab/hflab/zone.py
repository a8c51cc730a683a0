# SPDX-License-Identifier: BSD-3-Clause
"""One zone as data: its records, its servers, how it is signed and what is wrong with it."""
from dataclasses import dataclass, field

TTL = 300
TIMERS = "7200 3600 1209600 300"  # refresh, retry, expire, negative TTL


def parents(name):
    """a.b.c. -> b.c., c., . (nearest first)."""
    while name != ".":
        name = name.split(".", 1)[1] or "."
        yield name


def below(name, zone):
    """Is name equal to zone or under it?"""
    return zone == "." or name == zone or name.endswith("." + zone)


@dataclass
class Nsec3:
    """How a zone proves that names do not exist, when not with NSEC."""
    iterations: int = 0
    salt: str = "-"
    optout: bool = False


@dataclass
class Zone:
    """name and every owner name are absolute and lower-case."""
    name: str
    group: str                  # which servers: root, de, tld, child
    servers: list               # [(host name, IPv4 or None, IPv6 or None)]
    algorithm: str = None       # None: unsigned
    split: bool = False         # a KSK and a ZSK instead of one key for both
    nsec3: Nsec3 = None
    ds: str = "sha256"          # what the parent holds: sha256 sha384 none wrong badalg baddigest
    window: str = "now"         # validity of the signatures: now past future
    defect: str = None          # done to the signed zone: badsig nosig nonsec
    note: str = ""
    serial: int = 0
    records: dict = field(default_factory=dict)  # (owner, type) -> (ttl, [rdata text])
    glue: dict = field(default_factory=dict)     # the same, below delegations
    delegations: list = field(default_factory=list)

    def name_of(self, label):
        """Owner name for a label sequence relative to the zone; "@" is the apex."""
        if label == "@":
            return self.name
        return label + "." + ("" if self.name == "." else self.name)

    def add(self, label, rtype, *rdata, ttl=TTL):
        """One RRset."""
        self.records[(self.name_of(label), rtype)] = (ttl, list(rdata))

    def add_apex(self, serial):
        first = self.servers[0][0]
        self.serial = serial
        contact = "hostmaster." + ("" if self.name == "." else self.name)
        self.add("@", "SOA", f"{first} {contact} {serial} {TIMERS}")
        self.add("@", "NS", *[s[0] for s in self.servers])

    def soa_with(self, serial):
        """SOA RDATA with another serial number."""
        words = self.records[(self.name, "SOA")][1][0].split()
        words[2] = str(serial)
        return " ".join(words)

    def add_hosts(self):
        """Addresses of the servers that are named inside this zone."""
        for host, v4, v6 in self.servers:
            if not below(host, self.name) or any(below(host, d) for d in self.delegations):
                continue
            if v4:
                self.records[(host, "A")] = (TTL, [v4])
            if v6:
                self.records[(host, "AAAA")] = (TTL, [v6])

    def delegate(self, child, ds):
        """Cut child off this zone: NS, glue where needed, DS where ds (RDATA text) is given."""
        self.records[(child.name, "NS")] = (TTL, [s[0] for s in child.servers])
        if ds:
            self.records[(child.name, "DS")] = (TTL, [ds])
        for host, v4, v6 in child.servers:
            if not below(host, child.name) and self.name != ".":
                continue
            if v4:
                self.glue[(host, "A")] = (TTL, [v4])
            if v6:
                self.glue[(host, "AAAA")] = (TTL, [v6])

    def text(self, keys=()):
        """The unsigned zone file, with the public keys in it."""
        lines = [k.record() for k in keys]
        for table in (self.records, self.glue):
            for (owner, rtype), (ttl, rdata) in table.items():
                lines += [f"{owner} {ttl} IN {rtype} {x}" for x in rdata]
        return "\n".join(lines) + "\n"
