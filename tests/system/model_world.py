# SPDX-License-Identifier: BSD-3-Clause
"""What the model is held against: answers for --preload as lib/link/msg.h has them, and datagrams."""
import os
import random
import re
import struct
from dataclasses import dataclass, field, replace

import model
from model import Entry, Record

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
A, CNAME, MX, AAAA, NSEC, DNSKEY, HINFO = 1, 5, 15, 28, 47, 48, 13
DAY = 86400
GENERATION = 7
SECRETS = (bytes(range(16)), bytes(range(100, 116)))
V4, V6 = bytes([192, 0, 2, 53]), bytes.fromhex("20010db8000000000000000000000053")
OUR_MAC, THEIR_MAC = bytes.fromhex("020000000053"), bytes.fromhex("020000000101")


def wire(text):
    labels = [x.encode("latin-1") for x in text.rstrip(".").split(".")] if text != "." else []
    return b"".join(bytes([len(x)]) + x for x in labels) + b"\0"


# --- answers


class Body:
    """Records as a message has them behind its question, owners and some RDATA compressed."""

    def __init__(self, name):
        self.records, self.at, self.seen = [], 12 + len(name) + 4, {}
        self.note(name, 12)

    def note(self, name, at):
        while name != b"\0" and at < 0x4000:
            self.seen.setdefault(name, at)
            at += name[0] + 1
            name = name[name[0] + 1:]

    def spell(self, name, at):
        out, rest = b"", name
        while rest != b"\0" and rest not in self.seen:
            out += rest[:rest[0] + 1]
            rest = rest[rest[0] + 1:]
        self.note(name, at)
        return out + (b"\0" if rest == b"\0" else struct.pack("!H", 0xc000 | self.seen[rest]))

    def add(self, section, owner, kind, rdata, ttl=DAY):
        spelled = self.spell(owner, self.at)
        self.at += len(spelled) + 10
        if callable(rdata):
            rdata = rdata(self)
        self.records.append(Record(section, owner, kind, ttl, rdata, spelled))
        self.at += len(rdata)

    def names(self, head, *names, tail=b""):
        """RDATA of octets, names and octets, for add()."""
        def make(_):
            at, out = self.at + len(head), b""
            for n in names:
                out += self.spell(n, at + len(out))
            return head + out + tail
        return make

    def sign(self, section, owner, kind, zone, ttl=DAY):
        head = struct.pack("!HBBIIIH", kind, 13, 2, ttl, 1769817600, 1767225600, 33834)
        self.add(section, owner, model.RRSIG, head + zone + bytes(64), ttl)

    def soa(self, zone, do):
        self.add(1, zone, model.SOA, self.names(b"", wire("ns." + "soa.example."), wire("host.soa.example."),
                                                tail=struct.pack("!5I", 1, 3600, 600, DAY, 300)))
        if do:
            self.sign(1, zone, model.SOA, zone)


def addresses(name, cnt, do, kind=A):
    b = Body(name)
    for i in range(cnt):
        b.add(0, name, kind, bytes([10, 0, i >> 8, i & 255]) if kind == A else bytes(15) + bytes([i & 255]),
              DAY + i)
    if do:
        b.sign(0, name, kind, wire("example."))
    return b.records


def texts(name, lengths):
    b = Body(name)
    for n in lengths:
        b.add(0, name, model.TXT, bytes([n]) + b"x" * n)
    return b.records


def denial(name, do):
    b = Body(name)
    b.soa(wire("example."), do)
    if do:
        for i in range(2):
            owner = wire(f"n{i}.example.")
            b.add(1, owner, NSEC, wire(f"o{i}.example.") + b"\0\6\x40\1\0\0\0\3")
            b.sign(1, owner, NSEC, wire("example."))
    return b.records


def with_extras(name, answers, servers, each, do):
    """MX, the zone's name servers, and addresses of both that nobody asked for."""
    b = Body(name)
    hosts = [wire(f"Mx{i}.example.".lower()) for i in range(answers)]
    for i, h in enumerate(hosts):
        b.add(0, name, MX, b.names(struct.pack("!H", i), h))
    if do:
        b.sign(0, name, MX, wire("example."))
        b.add(1, wire("n.example."), NSEC, wire("o.example.") + b"\0\1\x40")
        b.sign(1, wire("n.example."), NSEC, wire("example."))
    zones = [wire(f"ns{i}.example.") for i in range(servers)]
    for h in zones:
        b.add(1, wire("example."), model.NS, b.names(b"", h))
    if do and zones:
        b.sign(1, wire("example."), model.NS, wire("example."))
    for h in hosts + zones:
        for i in range(each):
            b.add(2, h, A, bytes([10, 1, 1, i]))
        b.add(2, h, AAAA, bytes(16))
        if do:
            b.sign(2, h, A, wire("example."))
    return b.records


def alias(name, target, do):
    b = Body(name)
    b.add(0, name, CNAME, b.names(b"", target))
    if do:
        b.sign(0, name, CNAME, wire("example."))
    b.add(0, target, A, bytes([10, 2, 3, 4]))
    if do:
        b.sign(0, target, A, wire("example."))
    return b.records


def sized():
    """RRsets of every size around the limits of datagrams."""
    for cnt in (1, 2, 3, 4, 13, *range(26, 33), *range(70, 78), 185):
        n = wire(f"a{cnt}.example.")
        for do in (False, True):
            yield Entry(n, do=do, verdict=model.SECURE, records=addresses(n, cnt, do))
    for x in range(24):
        n = wire(f"t{x}.example.")
        yield Entry(n, model.TXT, records=texts(n, [200, 200, 30 + x, 1, 255, 255, 3 * x][:2 + x % 6]))
    for answers, servers, each in ((1, 0, 0), (1, 2, 1), (2, 4, 2), (3, 4, 3), (5, 5, 5), (9, 0, 2), (1, 13, 0)):
        n = wire(f"m{answers}-{servers}-{each}.example.")
        for do in (False, True):
            records = with_extras(n, answers, servers, each, do)
            if sum(len(r.wire(0)) for r in records) <= 3072:
                yield Entry(n, MX, do=do, verdict=model.SECURE, records=records)


def denials():
    for i, verdict in enumerate((model.SECURE, model.INSECURE)):
        for rcode in (model.NOERROR, model.NXDOMAIN):
            n = wire(f"nx{i}{rcode}.example.")
            for do in (False, True):
                yield Entry(n, do=do, verdict=verdict, rcode=rcode, records=denial(n, do))
    n = wire("over.example.")
    yield Entry(n, rcode=6, records=[])
    for do in (False, True):
        n = wire("any.example.")
        b = Body(n)
        b.add(0, n, HINFO, b"\x07RFC8482\0", 3600)
        yield Entry(n, model.ANY, do=do, records=b.records)


def failures():
    for i, n in enumerate((0, 1, 40, 159, 160)):
        name = wire(f"bogus{i}.example.")
        yield Entry(name, verdict=model.BOGUS, rcode=model.SERVFAIL, ede=6 + i, text=b"t" * n)
        yield Entry(name, do=True, verdict=model.BOGUS, rcode=model.SERVFAIL, ede=6 + i, text=b"u" * n,
                    stale=True)
    yield Entry(wire("down.example."), verdict=model.FAILURE, rcode=model.SERVFAIL, ede=22)
    yield Entry(wire("mute.example."), verdict=model.FAILURE, rcode=model.SERVFAIL)
    for under in (False, True):
        n = wire(f"bad{int(under)}.nta.example.")
        yield Entry(n, verdict=model.BOGUS, rcode=model.SERVFAIL, ede=7, under=under, text=b"why")
    n = wire("huge.example.")
    for do in (False, True):
        yield Entry(n, model.TXT, do=do, verdict=model.SECURE, truncated=True)


def let_through():
    covered, not_covered, anchored = "in.nta.example.", "out.example.", "x.anchor.nta.example."
    for name in (covered, not_covered, anchored):
        for i, target in enumerate((None, "t.nta.example.", "t.example.")):
            for under in (False, True):
                n = wire(f"u{i}{int(under)}.{name}")
                chain = (wire(target),) if target else ()
                records = alias(n, chain[0], False) if chain else addresses(n, 2, False)
                yield Entry(n, verdict=model.UNVALIDATED, records=records, chain=chain, hidden_ede=6 + i,
                            ede=None if i else 5, text=b"RRSIG expired"[:5 * i], under=under)
                yield Entry(n, do=True, verdict=model.SECURE, chain=chain, under=under,
                            records=alias(n, chain[0], True) if chain else addresses(n, 1, True))
    for do in (False, True):
        n = wire("cd.example.")
        yield Entry(n, do=do, cd=True, verdict=model.UNVALIDATED, records=addresses(n, 1, do), ede=9,
                    hidden_ede=6, text=b"asked with CD")
        n = wire("cdsecure.example.")  # known to be secure, and AD stays clear all the same
        yield Entry(n, do=do, cd=True, verdict=model.SECURE, records=addresses(n, 1, do))
        n = wire("stalecd.example.")
        yield Entry(n, do=do, cd=True, verdict=model.UNVALIDATED, records=addresses(n, 1, do), fresh=False,
                    stale=True)


def aged():
    for i, verdict in enumerate((model.SECURE, model.INSECURE, model.UNVALIDATED, model.BOGUS)):
        for lasts in (False, True):
            for stale in (False, True):
                n = wire(f"old{i}{int(lasts)}{int(stale)}.example.")
                for rcode in (model.NOERROR, model.NXDOMAIN):
                    records = addresses(n, 3, False) if rcode == model.NOERROR else denial(n, False)
                    yield Entry(n, A if rcode == model.NOERROR else AAAA, verdict=verdict, rcode=rcode,
                                records=records, fresh=False, stale=stale, lasts=lasts and verdict == model.SECURE)


def odd_names():
    longest = b"".join(bytes([63]) + bytes([97 + i]) * 63 for i in range(3)) + bytes([61]) + b"z" * 61 + b"\0"
    for n in (b"\0", longest, wire("a" * 63 + ".example."), b"\4[\\]@\3\0\xff`\7example\0", b"\1a" * 127 + b"\0"):
        yield Entry(n, verdict=model.INSECURE, records=addresses(n, 2, False))
        yield Entry(n, do=True, verdict=model.SECURE, records=addresses(n, 2, True))
    for i, verdict in enumerate((model.INSECURE, model.SECURE)):  # without the DO variant
        n = wire(f"plain{i}.example.")
        yield Entry(n, verdict=verdict, records=addresses(n, 2, False), ede=27, text=b"iterations")
        n = wire(f"plainold{i}.example.")
        yield Entry(n, verdict=verdict, records=addresses(n, 2, False), fresh=False, stale=True)


def entries():
    return [e for make in (sized, denials, failures, let_through, aged, odd_names) for e in make()]


def front(require=False, udp_max=1232, rotate=False):
    return model.Front({e.key(): e for e in entries()}, ntas=frozenset([wire("nta.example.")]),
                       anchors=frozenset([wire("anchor.nta.example.")]), secrets=SECRETS, require=require,
                       nsid=b"node-7.example", server=b"fra3", udp_max=udp_max,
                       rotate=rotate)


# --- the preload file


def message_types():
    with open(f"{ROOT}/lib/link/msg.h", encoding="ascii") as f:
        names = re.search(r"enum hf_msg_type \{(.*?)\}", f.read(), re.S).group(1)
    return {n: i + 1 for i, n in enumerate(re.findall(r"HF_MSG_(\w+)", names))}


def framed(kind, body):
    length = 8 + len(body)
    return struct.pack("=IHHI", length, message_types_now[kind], length, 0) + body


message_types_now = message_types()
VALID_MAX, STALE_ALL = (1 << 20) - 1, 7  # HF_VALID_MAX_S, HF_STALE_ALL


def answer_message(e):
    body = b"".join(r.wire(r.ttl) for r in e.records)
    counts = [sum(r.section == s for r in e.records) for s in range(3)]
    chain = b"".join(e.chain)
    flags = (e.under and e.verdict != model.SECURE) | e.truncated << 1 | bool(e.stale) << 2
    none = 0xffff
    out = struct.pack("=QQHBBHHHHHHHHHHII", 0, GENERATION - (not e.under), 0, e.verdict, flags, e.rcode,
                      none if e.ede is None else e.ede, none if e.hidden_ede is None else e.hidden_ede,
                      *counts, len(chain), len(e.text), len(body), len(e.chain),
                      DAY if e.fresh else 0, VALID_MAX if e.lasts else DAY if e.fresh else 0)
    out += struct.pack("=HHBB255s3x", e.type, 1, e.do | e.cd << 1, len(e.name), e.name)
    return framed("ANSWER", out + chain + e.text + body)


def rule_message(kind, name):
    return framed("POLICY_RULE", struct.pack("=QBB255sB6x16x", GENERATION, kind, len(name), name, 0))


def preload(f):
    rules = [(1, n) for n in sorted(f.ntas)] + [(2, n) for n in sorted(f.anchors)]
    secrets = b"".join(f.secrets).ljust(48, b"\0")
    out = framed("COOKIES", struct.pack("=QBB6x", 1, len(f.secrets), f.require) + secrets)
    out += framed("POLICY_BEGIN", struct.pack("=QIIIIII", GENERATION, len(rules), 1800, f.stale_ttl, DAY, 30, STALE_ALL))
    out += b"".join(rule_message(*r) for r in rules)
    out += framed("POLICY_END", struct.pack("=QII", GENERATION, len(rules), 0))
    return out + b"".join(answer_message(e) for e in f.entries.values())


# --- datagrams


@dataclass(frozen=True)
class Datagram:
    """A query and what carries it. Every field has a plain value, to which it shrinks."""
    name: bytes = wire("a1.example.")
    type: int = A
    klass: int = 1
    id: int = 1
    flags: int = model.RD
    case: int = 0            # bit i: letter i of the name in upper case
    counts: tuple = None     # of the header, where they are not what they should be
    edns: tuple = None       # (size, extended RCODE and version, flags)
    options: tuple = ()      # octets of each, framing included
    before: tuple = ()       # records before OPT, as octets
    behind: tuple = ()
    opt_owner: bytes = b"\0"
    tail: bytes = b""
    cut: int = 65535         # octets of the message that are sent
    v6: bool = False
    vlan: bool = False
    address: bytes = bytes([198, 51, 100, 7])
    address6: bytes = bytes.fromhex("20010db8000100000000000000000007")
    port: int = 4000
    checksum: bool = True    # IPv4 can do without
    padding: int = 0         # of the frame

    def source(self):
        return self.address6 if self.v6 else self.address

    def message(self):
        spelled = bytes(o - 32 if 97 <= o <= 122 and self.case >> i & 1 else o for i, o in enumerate(self.name))
        records = list(self.before)
        if self.edns:
            data = b"".join(self.options)
            records.append(self.opt_owner + struct.pack("!HHHHH", model.OPT, *self.edns, len(data)) + data)
        records += self.behind
        counts = self.counts or (1, 0, 0, len(records))
        out = struct.pack("!6H", self.id, self.flags, *counts) + spelled
        out += struct.pack("!HH", self.type, self.klass) + b"".join(records) + self.tail
        return out[:self.cut]

    def frame(self):
        return frame(self, OUR_MAC, THEIR_MAC, self.source(), V6 if self.v6 else V4, (self.port, 53),
                     self.message(), b"\x45\x10" if not self.v6 else b"\x6a\xbc\xde\xf1", 57,
                     self.checksum or self.v6) + bytes(self.padding)

    def reply_frame(self, msg):
        """How a reply travels: headers turned round, plain ones."""
        return frame(self, THEIR_MAC, OUR_MAC, V6 if self.v6 else V4, self.source(), (53, self.port), msg,
                     b"\x45\0" if not self.v6 else b"\x60\0\0\0", 64, True)


def reply_to(octets):
    """(address, port, ID) that a frame goes to."""
    at = 18 if octets[12:14] == b"\x81\0" else 14
    v6 = octets[at - 2:at] == b"\x86\xdd"
    address = octets[at + 24:at + 40] if v6 else octets[at + 16:at + 20]
    at += 40 if v6 else 20
    return address, int.from_bytes(octets[at + 2:at + 4], "big"), octets[at + 8:at + 10]


def checksum(octets):
    """RFC 1071: the complement of the sum, which modulo 65535 is that of the whole number."""
    total = int.from_bytes(octets + b"\0" * (len(octets) % 2), "big")
    folded = total % 0xffff or (0xffff if total else 0)
    return folded ^ 0xffff


def frame(d, to, by, src, dst, ports, payload, first, hops, summed):
    udp = struct.pack("!4H", *ports, 8 + len(payload), 0) + payload
    length = struct.pack("!HH", 17, len(udp))
    if summed:
        right = checksum(src + dst + length + udp) or 0xffff
        udp = udp[:6] + struct.pack("!H", right) + payload
    if d.v6:
        kind, ip = b"\x86\xdd", first + struct.pack("!HBB", len(udp), 17, hops) + src + dst
    else:
        kind = b"\x08\0"
        ip = first + struct.pack("!HHHBBH", 20 + len(udp), 0, 0x4000, hops, 17, 0) + src + dst
        ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
    tag = b"\x81\0\0\x05" if d.vlan else b""
    return to + by + tag + kind + ip + udp


# --- random ones


def option(code, data):
    return struct.pack("!HH", code, len(data)) + data


def random_cookie(rng, address, now):
    """Of every kind there is, a minute away from where one kind ends."""
    client = rng.randbytes(8)
    kind = rng.randrange(9)
    if kind == 0:
        return client
    if kind == 1:
        return rng.randbytes(rng.choice((0, 1, 7, 9, 15, 16, 23, 24, 25, 32, 40, 41, 64)))
    age = rng.choice((0, 0, 60, 1700, 2000, 3500, 3700, 10**6, -200, -400, 2**31))
    secret = rng.choice((*SECRETS, SECRETS[0], SECRETS[0], bytes(16)))
    head = client + bytes([2 if kind == 2 else 1]) + (rng.randbytes(3) if kind == 3 else bytes(3))
    head += struct.pack("!I", (now - age) & 0xffffffff)
    whole = head + model.cookie_hash(secret, head, address)
    if kind == 4:
        at = rng.randrange(24)
        whole = whole[:at] + bytes([whole[at] ^ 1 << rng.randrange(8)]) + whole[at + 1:]
    return whole


def random_option(rng, address, now):
    kind = rng.random()
    if kind < 0.5:
        return option(model.COOKIE, random_cookie(rng, address, now))
    if kind < 0.65:
        return option(model.NSID, rng.choice((b"", b"x")))
    if kind < 0.97:
        return option(rng.choice((8, 11, 12, 15, 20, 65001)), rng.randbytes(rng.choice((0, 1, 4, 7, 30, 128))))
    return struct.pack("!HH", rng.choice((3, 10, 12)), rng.choice((1, 3, 9, 65535))) + rng.randbytes(rng.randrange(3))


def random_edns(rng):
    if rng.random() < 0.25:
        return None
    size = rng.choice((0, 511, 512, 513, 1231, 1232, 1233, 1452, 4096, 65535, *[rng.randrange(512, 1300)] * 8))
    version = rng.choice((0,) * 30 + (1, 255, 0x100, 0xff00))
    return size, version, rng.choice((0, 0x8000, 0x8000, 0, rng.randrange(65536)))


def random_record(rng):
    owner = rng.choice((b"\0", b"\xc0\x0c", b"\1x\xc0\x0c", b"\xc0\xff", b"\x40", b"\3abc\0"))
    data = rng.randbytes(rng.choice((0, 4, 16)))
    kind = rng.choice((A, model.OPT, 250, model.TXT))
    return owner + struct.pack("!HHIH", kind, 1, rng.randrange(2**32), len(data)) + data


def spoiled(rng, d):
    """Wrong in one way or two."""
    kind = rng.randrange(8)
    if kind == 0:
        return replace(d, counts=tuple(rng.choice((0, 0, 1, 2, 65535)) for _ in range(4)))
    if kind == 1:
        return replace(d, tail=rng.randbytes(rng.randrange(1, 20)))
    if kind == 2:
        return replace(d, cut=rng.randrange(0, len(d.message()) + 1))
    if kind == 3:
        return replace(d, before=(random_record(rng),))
    if kind == 4:
        return replace(d, behind=(random_record(rng),))
    if kind == 5:
        return replace(d, opt_owner=rng.choice((b"\1x\0", b"\xc0\x0c", b"\xc0\x00")))
    if kind == 6:
        return replace(d, name=rng.choice((b"\xc0\x0c", b"\x41" + b"a" * 65 + b"\0", b"\1a" * 128 + b"\0", b"\x80\0")))
    return replace(d, before=(random_record(rng),), counts=(1, rng.randrange(2), rng.randrange(2), 1))


def random_datagram(rng, keys, now):
    name, kind, do, cd = rng.choice(keys)
    flags = model.RD if rng.random() < 0.7 else rng.randrange(65536) & ~model.QR & ~model.OPCODE
    flags |= model.CD if cd and rng.random() < 0.8 else 0
    edns = random_edns(rng)
    if do and edns and rng.random() < 0.6:
        edns = (edns[0], edns[1], edns[2] | 0x8000)
    klass = 1
    odd = rng.random()
    if odd < 0.02:
        kind = rng.choice((0, 28, 41, 127, 128, 249, 250, 251, 252, 253, 254, 255, 256, 65280))
    elif odd < 0.04:
        klass = rng.choice((0, 3, 4, 254, 255))
    elif odd < 0.05:
        name, kind, klass = rng.choice((b"\2id\6server\0", b"\x08hostname\4bind\0", b"\7version\4bind\0")), 16, 3
    elif odd < 0.06:
        name = rng.choice((b"\6absent", b"\0")) + wire("example.")
    elif odd < 0.07:
        flags |= rng.choice((model.QR, 0x0800, 0x2800, 0x7800))
    address, address6, v6 = bytes([198, 18]) + rng.randbytes(2), V6[:4] + rng.randbytes(12), rng.random() < 0.4
    options = ()
    if edns and rng.random() < 0.6:
        source = address6 if v6 else address
        options = tuple(random_option(rng, source, now) for _ in range(rng.choice((1, 1, 1, 2, 3))))
    d = Datagram(name=name, type=kind, klass=klass, id=rng.randrange(65536), flags=flags, edns=edns,
                 options=options, case=rng.getrandbits(256) if rng.random() < 0.5 else 0, v6=v6,
                 vlan=rng.random() < 0.1, address=address, address6=address6, port=rng.randrange(1024, 65536),
                 checksum=rng.random() < 0.9, padding=rng.choice((0, 0, 0, 1, 18)))
    while rng.random() < 0.06:
        d = spoiled(rng, d)
    return d


def datagrams(seed, cnt, f, now):
    rng = random.Random(seed)
    keys = list(f.entries)
    for _ in range(cnt):
        yield random_datagram(rng, keys, now)
