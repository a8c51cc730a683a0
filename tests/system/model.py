# SPDX-License-Identifier: BSD-3-Clause
"""A reference front end: what must come back for a DNS message, octet for octet.

A second reading of the RFCs and of DESIGN 4, in the most obvious way there is: no code and no table
is shared with the programs. A Front knows the cached answers and the policy; reply() takes a
message as it came and gives the reply, or None where there must be none. There is no control plane behind it: a
miss is SERVFAIL. What time decides is an argument: how old the answers are, and the wall clock.
"""
import struct
from dataclasses import dataclass, field, replace

QR, TC, RD, RA, AD, CD = 0x8000, 0x0200, 0x0100, 0x0080, 0x0020, 0x0010
OPCODE = 0x7800
NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED, BADVERS, BADCOOKIE = 0, 1, 2, 3, 4, 5, 16, 23
NS, SOA, TXT, OPT, RRSIG, IXFR, AXFR, ANY = 2, 6, 16, 41, 46, 251, 252, 255
NSID, COOKIE, EDE = 3, 10, 15
SECURE, INSECURE, BOGUS, FAILURE, UNVALIDATED = range(5)
STALE, STALE_NXDOMAIN, NOT_AUTHORITATIVE, NO_REACHABLE, NTA = 3, 19, 20, 22, 33
OUR_BUFFER = 1232
PLAIN_LIMIT = 512
COOKIE_HOUR, COOKIE_HALF, COOKIE_AHEAD = 3600, 1800, 300


def u16(*values):
    return struct.pack(f"!{len(values)}H", *values)


# --- SipHash-2-4 (Aumasson, Bernstein 2012) and the server cookie of RFC 9018


def siphash(key, data):
    mask = 2**64 - 1
    k0, k1 = struct.unpack("<QQ", key)
    v = [k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573]

    def turn(times):
        a, b, c, d = v
        for _ in range(times):
            a = (a + b) & mask
            b = ((b << 13 | b >> 51) & mask) ^ a
            a = (a << 32 | a >> 32) & mask
            c = (c + d) & mask
            d = ((d << 16 | d >> 48) & mask) ^ c
            a = (a + d) & mask
            d = ((d << 21 | d >> 43) & mask) ^ a
            c = (c + b) & mask
            b = ((b << 17 | b >> 47) & mask) ^ c
            c = (c << 32 | c >> 32) & mask
        v[:] = a, b, c, d

    padded = data + bytes(7 - len(data) % 8) + bytes([len(data) & 255])
    for (word,) in struct.iter_unpack("<Q", padded):
        v[3] ^= word
        turn(2)
        v[0] ^= word
    v[2] ^= 0xff
    turn(4)
    return struct.pack("<Q", v[0] ^ v[1] ^ v[2] ^ v[3])


def cookie_hash(secret, head, address):
    return siphash(secret, head + address)


def cookie_make(secret, client, address, now):
    head = client + b"\1\0\0\0" + struct.pack("!I", now & 0xffffffff)
    return head + cookie_hash(secret, head, address)


def cookie_state(secrets, option, address, now):
    """'learning', 'bad', or the index of the secret that made it."""
    if len(option) == 8:
        return "learning"
    if len(option) != 24 or option[8] != 1:
        return "bad"
    age = (now - struct.unpack("!I", option[12:16])[0]) & 0xffffffff
    age -= 2**32 if age >= 2**31 else 0
    if not -COOKIE_AHEAD <= age <= COOKIE_HOUR:
        return "bad"
    for i, secret in enumerate(secrets):
        if cookie_hash(secret, option[:16], address) == option[16:]:
            return i
    return "bad"


def cookie_reply(secrets, option, address, now):
    state = cookie_state(secrets, option, address, now)
    if state == 0:
        age = (now - struct.unpack("!I", option[12:16])[0]) & 0xffffffff
        if age <= COOKIE_HALF or age >= 2**31:
            return option
    return cookie_make(secrets[0], option[:8], address, now)


# --- reading a query


class Malformed(Exception):
    pass


@dataclass
class Edns:
    version: int
    do: bool
    size: int
    nsid: bool = False
    cookie: bytes = None
    cookie_bad: bool = False


@dataclass
class Query:
    id: int
    flags: int
    question: bytes = b""  # as it came
    name: bytes = b""      # lower case
    type: int = 0
    klass: int = 0
    edns: Edns = None
    sound: bool = False
    answers: int = 0       # records outside the additional section


def lower(octets):
    return bytes(o + 32 if 65 <= o <= 90 else o for o in octets)


def name_end(msg, at, may_point):
    """One past the name at `at`; each pointer leads before the part it ends (RFC 1035 4.1.4)."""
    end, total, part = None, 0, at
    while True:
        if at >= len(msg):
            raise Malformed("name")
        n = msg[at]
        if n >= 0xc0:
            if not may_point or at + 1 >= len(msg):
                raise Malformed("pointer")
            to = (n & 0x3f) << 8 | msg[at + 1]
            end = at + 2 if end is None else end
            if to >= part:
                raise Malformed("forward pointer")
            at = part = to
            continue
        if n > 63:
            raise Malformed("label type")
        total += n + 1
        if total > 255:
            raise Malformed("long name")
        at += n + 1
        if at > len(msg):
            raise Malformed("label")
        if n == 0:
            return at if end is None else end


def read_options(data):
    options, at = [], 0
    while at < len(data):
        if at + 4 > len(data):
            raise Malformed("option")
        code, n = struct.unpack_from("!HH", data, at)
        if at + 4 + n > len(data):
            raise Malformed("option")
        options.append((code, data[at + 4:at + 4 + n]))
        at += 4 + n
    return options


def read_edns(klass, ttl, rdata):
    e = Edns(version=ttl >> 16 & 255, do=bool(ttl & 0x8000), size=max(klass, PLAIN_LIMIT))
    seen = False
    for code, data in read_options(rdata):
        if code == NSID:
            e.nsid = True
        if code == COOKIE and not seen:  # the first counts (RFC 7873 5.2)
            seen = True
            e.cookie_bad = len(data) != 8 and not 16 <= len(data) <= 40
            e.cookie = None if e.cookie_bad else data
    return e


def read_question(msg, q):
    end = name_end(msg, 12, may_point=False)
    if end + 4 > len(msg):
        raise Malformed("question")
    q.type, q.klass = struct.unpack_from("!HH", msg, end)
    q.name = lower(msg[12:end])
    q.question = msg[12:end + 4]
    if q.klass == 255:
        q.klass = 1
    return end + 4


def read_records(msg, at, counts, q):
    for i in range(sum(counts)):
        owner = at
        at = name_end(msg, at, may_point=True)
        if at + 10 > len(msg):
            raise Malformed("record")
        kind, klass, ttl, n = struct.unpack_from("!HHIH", msg, at)
        at += 10
        if at + n > len(msg):
            raise Malformed("RDATA")
        if kind == OPT:
            if q.edns or i < counts[0] + counts[1] or msg[owner] != 0:
                raise Malformed("OPT")
            q.edns = read_edns(klass, ttl, msg[at:at + n])
        at += n
    if at != len(msg):
        raise Malformed("octets behind the last record")


def read_query(msg):
    """A Query as far as it can be read; None: not even a header."""
    if len(msg) < 12:
        return None
    ident, flags, qd, an, ns, ar = struct.unpack_from("!6H", msg)
    q = Query(ident, flags, answers=an + ns)
    if qd != 1:  # RFC 9619
        return q
    try:
        at = read_question(msg, q)
        read_records(msg, at, (an, ns, ar), q)
        q.sound = True
    except Malformed:
        pass
    return q


# --- what is cached


@dataclass
class Record:
    section: int    # 0 answer, 1 authority, 2 additional
    owner: bytes    # lower case, whole
    type: int
    ttl: int
    rdata: bytes    # as rendered
    spelled: bytes  # the owner as rendered

    def wire(self, ttl):
        return self.spelled + struct.pack("!HHIH", self.type, 1, ttl, len(self.rdata)) + self.rdata

    def signs(self):
        return struct.unpack("!H", self.rdata[:2])[0] if self.type == RRSIG else self.type

    def needed(self):
        return self.section == 0 or (self.section == 1 and self.signs() != NS)

    def rrset(self):
        return self.section, self.owner, self.signs()


@dataclass
class Entry:
    name: bytes
    type: int = 1
    do: bool = False
    cd: bool = False
    verdict: int = INSECURE
    rcode: int = NOERROR
    records: list = field(default_factory=list)
    chain: tuple = ()
    ede: int = None
    hidden_ede: int = None
    text: bytes = b""
    fresh: bool = True       # or its TTL was over when it came
    stale: bool = False      # may be served after that
    lasts: bool = False      # its signatures outlive that
    truncated: bool = False  # too large for any datagram
    under: bool = True       # resolved under the policy in force

    def key(self):
        return self.name, self.type, self.do, self.cd


@dataclass
class Says:
    """What is to be said, before it is known what fits."""
    rcode: int
    records: list = field(default_factory=list)
    stale: bool = False
    authentic: bool = False
    recursion: bool = True
    truncated: bool = False
    edes: tuple = ()
    text: bytes = b""


def parents(name):
    while True:
        yield name
        if name == b"\0":
            return
        name = name[name[0] + 1:]


@dataclass
class Front:
    entries: dict
    ntas: frozenset = frozenset()
    anchors: frozenset = frozenset()
    secrets: tuple = ()
    require: bool = False
    nsid: bytes = b""
    server: bytes = b""   # id.server
    version: bytes = b""  # version.server
    udp_max: int = 1232
    stale_ttl: int = 30
    rotate: bool = False

    # --- DESIGN 4

    def covered(self, name):
        for parent in parents(name):
            if parent in self.ntas:
                return True
            if parent in self.anchors:
                return False
        return False

    def mask(self, e):
        return [self.covered(n) for n in (e.name, *e.chain)]

    def forbidden(self, e):
        now = self.mask(e)
        if e.cd:
            return False
        if e.verdict in (BOGUS, FAILURE):
            return not e.under and any(now)
        if e.verdict == UNVALIDATED:
            return not any(now) or (not e.under and not all(now))
        return False

    def fresh(self, e):
        covered = any(self.mask(e))
        says = Says(e.rcode, e.records, truncated=e.truncated)
        if e.verdict == SECURE:
            says.authentic = not covered
        if e.verdict in (BOGUS, FAILURE):
            says.rcode = SERVFAIL
        edes = [e.ede]
        if e.verdict == UNVALIDATED and not e.cd:
            edes = [NTA, e.hidden_ede]
        says.edes = tuple(x for x in edes if x is not None)
        says.text = e.text if says.edes else b""
        return says

    def stale(self, e):
        lie = STALE_NXDOMAIN if e.rcode == NXDOMAIN else STALE
        return Says(e.rcode, e.records, stale=True, truncated=e.truncated, edes=(lie,),
                    authentic=e.verdict == SECURE and e.lasts and not any(self.mask(e)))

    def look_up(self, q):
        do = bool(q.edns and q.edns.do)
        cd = bool(q.flags & CD)
        e = self.entries.get((q.name, q.type, do, cd))
        if e and e.fresh and not self.forbidden(e):
            return self.fresh(e)
        if not q.flags & RD:
            return Says(REFUSED, edes=(NOT_AUTHORITATIVE,))
        return self.without_control_plane(q, e, do, cd)

    def without_control_plane(self, q, e, do, cd):
        if e is None and do:
            plain = self.entries.get((q.name, q.type, False, cd))
            e = plain if plain and plain.verdict == INSECURE else None
            if e and e.fresh:
                return self.fresh(e)
        good = e and (e.verdict in (SECURE, INSECURE) or (e.verdict == UNVALIDATED and e.cd))
        if good and e.stale and not e.fresh:
            return self.stale(e)
        return Says(SERVFAIL, edes=(NO_REACHABLE,))

    # --- before any look-up

    def judge(self, q, address, now):
        if q.flags & OPCODE:
            return Says(NOTIMP, recursion=False)
        if not q.sound or q.answers:
            return Says(FORMERR, recursion=False)
        if q.edns and q.edns.version > 0:
            return Says(BADVERS, recursion=False)
        if q.edns and q.edns.cookie_bad:
            return Says(FORMERR, recursion=False)
        if q.klass != 1:
            return self.identity(q)
        if q.type in (AXFR, IXFR):
            return Says(REFUSED, recursion=False)
        if q.type in (0, OPT) or (128 <= q.type < 255):
            return Says(NOTIMP, recursion=False)
        if self.require and self.cookie(q) is not None and not isinstance(
                cookie_state(self.secrets, q.edns.cookie, address, now), int):
            return Says(BADCOOKIE)
        return self.look_up(q)

    def identity(self, q):
        texts = {b"\2id\6server\0": self.server, b"\x08hostname\4bind\0": self.server,
                 b"\7version\6server\0": self.version, b"\7version\4bind\0": self.version}
        text = texts.get(q.name) if q.klass == 3 and q.type in (TXT, ANY) else None
        if not text:
            return Says(REFUSED, recursion=False)
        says = Says(NOERROR)
        record = Record(0, q.name, TXT, 0, bytes([len(text)]) + text, b"\xc0\x0c")
        record.wire = lambda ttl: b"\xc0\x0c" + struct.pack("!HHIH", TXT, 3, 0, len(text) + 1) + record.rdata
        says.records = [record]
        return says

    # --- the reply

    def cookie(self, q):
        return q.edns.cookie if q.edns and q.edns.version == 0 and self.secrets else None

    def reply(self, msg, address, age=0, now=0, turn=0):
        q = read_query(msg)
        if q is None or q.flags & QR:
            return None
        return self.write(q, self.judge(q, address, now), address, age, now, turn)

    def shapes(self, says):
        """(records, EDE, text, NSID, TC) from all to nothing."""
        whole = [] if says.truncated else says.records
        n, tc = len(whole), says.truncated
        needed = max((i + 1 for i, r in enumerate(whole) if r.needed()), default=0)
        begins = [i for i in range(n + 1) if i in (0, n) or whole[i].rrset() != whole[i - 1].rrset()]
        yield n, True, True, True, tc
        yield n, True, False, True, tc
        yield n, True, False, False, tc
        optional = [i for i in reversed(begins) if i >= needed]
        for i in optional:
            yield i, True, False, False, tc
        for i in optional if n else ():
            yield i, False, False, False, True
        for i in range(n, -1, -1):
            yield i, True, False, False, True
        yield 0, False, False, False, True

    def turned(self, records, turn):
        """The first addresses of one owner in a row, spelled alike and in an even number of octets, give
        theirs to one another."""
        first = 0
        while first < len(records) and records[first].section == 0:
            head = records[first]
            last = first
            while (last < len(records) and records[last].section == 0 and records[last].type == head.type
                   and records[last].spelled == head.spelled and last - first < 64):
                last += 1
            if head.type in (1, 28) and last - first > 1 and len(head.spelled) % 2 == 0:
                n = last - first
                moved = [replace(records[first + i], rdata=records[first + (i + turn) % n].rdata)
                         for i in range(n)]
                return records[:first] + moved + records[last:]
            first = last
        return records

    def write(self, q, says, address, age, now, turn=0):
        size = q.edns.size if q.edns else PLAIN_LIMIT
        limit = min(max(size, PLAIN_LIMIT), self.udp_max)
        cookie = b""
        if self.cookie(q) is not None:
            cookie = cookie_reply(self.secrets, q.edns.cookie, address, now)
        def wires(records):
            return [r.wire(self.stale_ttl if says.stale else max(r.ttl - age, 0)) for r in records]

        if not q.question:
            says.records = []
        whole = wires(says.records)
        for records, edes, text, nsid, tc in self.shapes(says):
            kept = whole[:records]
            if self.rotate and turn:
                kept = wires(self.turned(says.records[:records], turn))
            msg = self.render(q, says, kept, cookie, (edes, text, nsid, tc))
            if len(msg) <= limit:
                return msg
        raise AssertionError("nothing fits")

    def render(self, q, says, wires, cookie, shape):
        edes, text, nsid, tc = shape
        flags = QR | q.flags & (OPCODE | RD | CD) | (RA if says.recursion else 0) | (TC if tc else 0)
        do = bool(q.edns and q.edns.do)
        if says.authentic and not q.flags & CD and (q.flags & AD or do):
            flags |= AD
        rcode = says.rcode
        if rcode > 15 and not q.edns:
            rcode = SERVFAIL
        counts = [0, 0, 0]
        for r in says.records[:len(wires)]:
            counts[r.section] += 1
        head = u16(q.id, flags | rcode & 15, 1 if q.question else 0, counts[0], counts[1],
                   counts[2] + (1 if q.edns else 0))
        return head + q.question + b"".join(wires) + self.opt(q, says, cookie, edes, text, nsid)

    def opt(self, q, says, cookie, edes, text, nsid):
        if not q.edns:
            return b""
        options = []
        if edes:
            for i, code in enumerate(says.edes):
                last = i + 1 == len(says.edes)
                options.append((EDE, u16(code) + (says.text if text and last else b"")))
        if nsid and q.edns.nsid and self.nsid:
            options.append((NSID, self.nsid))
        if cookie:
            options.append((COOKIE, cookie))
        rdata = b"".join(u16(code, len(data)) + data for code, data in options)
        ttl = (says.rcode >> 4) << 24 | (0x8000 if q.edns.do else 0)
        return b"\0" + struct.pack("!HHIH", OPT, OUR_BUFFER, ttl, len(rdata)) + rdata
