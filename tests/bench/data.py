# SPDX-License-Identifier: BSD-3-Clause
"""What is in the cache, as preload_main.c makes it, and so what each question must be answered
with. The two share no code: replies are held against something that the cache's filler did not write."""
from dataclasses import dataclass

from dns.rdatatype import A, AAAA, CNAME, RRSIG, SOA

TTL_S = 86400
NOERROR, SERVFAIL, NXDOMAIN = 0, 2, 3
EDE_NO_CONTROL = 22
EDE_RATE_LIMITED = 32      # over this resolver's own limits
UNKNOWN_FROM = 20_000_000  # hosts from here on are in no cache
UNKNOWN_CNT = 10_000_000   # so many of them are asked for
COOKIE_SECRET = bytes(range(16))

FIRST = (b"www", b"a", b"cdn", b"ns")                      # names of at most 22 octets
FIRST_MIXED = (b"www", b"a", b"static-content", b"mail")
SIGNER_HEAD = bytes.fromhex("697d4600" "6955b900" "842a")  # until, from, key tag 33834


@dataclass(frozen=True)
class Shape:
    """One answer."""
    a: int = 0
    aaaa: int = 0
    alias: bool = False   # CNAME to host.example first
    soa: bool = False     # in the authority section
    rcode: int = NOERROR
    sig: int = 0          # octets of the RRSIG's signature
    alg: int = 0
    do: bool = False      # kept for clients that set DO
    qtype: int = A


A1 = Shape(a=1)
A4 = Shape(a=4)
AAAA1 = Shape(aaaa=1, qtype=AAAA)
ALIAS = Shape(a=1, alias=True)
NODATA = Shape(soa=True, qtype=AAAA)
NO_NAME = Shape(soa=True, rcode=NXDOMAIN)
P256 = Shape(a=1, sig=64, alg=13, do=True)
RSA3072 = Shape(a=1, sig=384, alg=8, do=True)  # a reply of some 500 octets

# Answers of a kind, one after another, host by host.
KINDS = {
    "a1": (A1,),
    "a4": (A4,),
    "signed": (RSA3072,),
    "nxdomain": (NO_NAME,),
    "typical": (A1, A1, AAAA1, A4, NO_NAME, A1, ALIAS, A1, AAAA1, A1,
                A1, NODATA, A1, A4, P256, A1, AAAA1, ALIAS, A1, NO_NAME),
}
MIXED = "mixed"  # two answers a name, the second for DO; every other name is signed (P-256)


def name_wire(labels):
    return b"".join(bytes([len(x)]) + x for x in labels) + b"\0"


@dataclass(frozen=True)
class Content:
    """What one file of preload_main.c holds."""
    kind: str
    entries: int
    ntas: int = 0

    def hosts(self):
        return self.entries // 2 if self.kind == MIXED else self.entries

    def labels(self, host):
        first = FIRST_MIXED if self.kind == MIXED else FIRST
        return [first[host % 4], b"z%d" % host, b"example"]

    def shape(self, host, do):
        if self.kind == MIXED:
            return P256 if do and host % 2 == 0 else A1
        shapes = KINDS[self.kind]
        return shapes[host % len(shapes)]

    def secure(self, host):
        return self.kind != MIXED or host % 2 == 0

    def covered(self, host):
        """By an NTA: they stand at the zones of hosts at equal distances."""
        if self.ntas == 0 or host >= self.entries:
            return False
        step = self.entries // self.ntas
        return host % step == 0 and host // step < self.ntas


def rrsig(host, labels, shape):
    head = A.to_bytes(2, "big") + bytes([shape.alg, 3]) + TTL_S.to_bytes(4, "big") + SIGNER_HEAD
    signature = bytes((host + i * 37) & 255 for i in range(shape.sig))
    return head + name_wire(labels[1:]) + signature


def soa(host, labels):
    zone = labels[1:]
    numbers = (host, 7200, 3600, 1209600, TTL_S)
    return (name_wire([b"ns1", *zone]) + name_wire([b"hostmaster", *zone]) +
            b"".join(n.to_bytes(4, "big") for n in numbers))


def records(host, labels, shape):
    """(answer, authority): lists of (owner's labels, type, rdata, names uncompressed)."""
    answer, authority = [], []
    owner = labels
    if shape.alias:
        target = [b"host", b"example"]
        answer.append((owner, CNAME, name_wire(target)))
        owner = target
    for i in range(shape.a):
        answer.append((owner, A, bytes([10 + i]) + host.to_bytes(4, "big")[1:]))
    for i in range(shape.aaaa):
        answer.append((owner, AAAA, bytes.fromhex("20010db8") + host.to_bytes(12, "big")))
    if shape.sig:
        answer.append((owner, RRSIG, rrsig(host, labels, shape)))
    if shape.soa:
        authority.append((labels[1:], SOA, soa(host, labels)))
    return answer, authority
