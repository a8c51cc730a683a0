#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""keytrap.py DIR: an authority for signed zones that are made to be costly to validate (KeyTrap,
CVE-2023-50387, and NSEC3, CVE-2023-50868), and for one that is not. Their keys and tags are real.

  .               signed; its DS is written to DIR/root.ds, the hints to DIR/root.hints
  trap.           signed; its children, each with P-256, and with P-384 where the name ends in 384:
  good.           all names exist, with one good signature
  many.           (a) 60 keys of one tag, and 60 signatures that name it, none of them good
  sigs.           (b) one key, as many such signatures as a message holds, 500 at most; 100 where a
                  name begins with "few"
  keys.           (c) as many keys of one tag as a message holds, 500 at most: its DNSKEY RRset
  fewkeys.        99 of them, all read, and one signature
  ds.             (d) 60 DS at the parent for 60 keys of one tag, which all signed, badly
  odd.            (e) 40 keys that cannot be read, of the tag that signatures name
  nsec3.          (f) no name exists, by 40 NSEC3 of 50 iterations that are signed and deny nothing
  any.            (g) ANY has 60 RRsets, all signed
  seven.          names are secure, by a signature behind seven that are not good
"""
import hashlib
import os
import socket
import struct
import sys
import threading
import time

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

NET = "10.64.0."
CURVES = {13: (ec.SECP256R1, hashes.SHA256, 32), 14: (ec.SECP384R1, hashes.SHA384, 48)}
A, NS, SOA, DS, RRSIG, DNSKEY, NSEC3, ANY = 1, 2, 6, 43, 46, 48, 50, 255
TTL, ZONE, SEP = 300, 0x100, 1
MESSAGE_MAX = 65000
KINDS = ["many", "sigs", "keys", "fewkeys", "ds", "odd", "nsec3", "any", "seven"]
CHILDREN = [k + bits for k in ["good"] + KINDS for bits in ("", "384")]


def wire(name):
    labels = [l for l in name.rstrip(".").split(".") if l]
    return b"".join(bytes([len(l)]) + l.encode() for l in labels) + b"\0"


def rr(owner, rdtype, rdata):
    return owner + struct.pack("!HHIH", rdtype, 1, TTL, len(rdata)) + rdata


def tag_sum(rdata):
    even = rdata + b"\0" * (len(rdata) % 2)
    return sum(struct.unpack(f"!{len(even) // 2}H", even))


def tag_of(rdata):
    s = tag_sum(rdata)
    return (s + (s >> 16)) & 0xffff


def steer(rdata, tag):
    """The DNSKEY with flags that nobody has assigned such that it has this tag; None: there are none.
    The flags enter the sum of RFC 4034 B like all else."""
    flags = (tag - tag_sum(b"\0\0" + rdata[2:])) % 65535
    made = struct.pack("!H", flags) + rdata[2:]
    fits = flags & ZONE and not flags & 0x80 and tag_of(made) == tag
    return made if fits else None


class Key:
    def __init__(self, algorithm, flags=ZONE | SEP):
        curve, self.hash, self.size = CURVES[algorithm]
        self.private = ec.generate_private_key(curve())
        n = self.private.public_key().public_numbers()
        self.algorithm = algorithm
        self.rdata = (struct.pack("!HBB", flags, 3, algorithm) + n.x.to_bytes(self.size, "big")
                      + n.y.to_bytes(self.size, "big"))
        self.tag = tag_of(self.rdata)

    def ds(self, zone):
        return digest_of(zone, self.rdata)

    def head(self, zone, owner, rdtype):
        now, labels = int(time.time()), len([l for l in owner.split(".") if l])
        return struct.pack("!HBBIIIH", rdtype, self.algorithm, labels, TTL, now + 86400, now - 3600,
                           self.tag) + wire(zone)

    def sign(self, zone, owner, rdtype, rdatas):
        head = self.head(zone, owner, rdtype)
        name = wire(owner)
        data = head + b"".join(rr(name, rdtype, d) for d in sorted(rdatas))
        r, s = decode_dss_signature(self.private.sign(data, ec.ECDSA(self.hash())))
        return head + r.to_bytes(self.size, "big") + s.to_bytes(self.size, "big")

    def forge(self, zone, owner, rdtype):
        """Of the right form, and wrong: below the order of the curve, so that it has to be checked."""
        half = lambda: b"\x7f" + os.urandom(self.size - 1)
        return self.head(zone, owner, rdtype) + half() + half()


def digest_of(zone, dnskey):
    return struct.pack("!HBB", tag_of(dnskey), dnskey[3], 2) + hashlib.sha256(
        wire(zone) + dnskey).digest()


def colliding(algorithm, tag, cnt):
    out = []
    while len(out) < cnt:
        made = steer(Key(algorithm).rdata, tag)
        if made:
            out.append(made)
    return out


def unreadable(algorithm, tag, cnt):
    """Points that are too short or too long."""
    out = []
    while len(out) < cnt:
        made = steer(struct.pack("!HBB", ZONE, 3, algorithm)
                     + os.urandom((31, 63, 65, 97, 130)[len(out) % 5]), tag)
        if made:
            out.append(made)
    return out


class Zone:
    """sets[(owner, type)]: (records, signatures); what is not there is made by kind."""

    def __init__(self, name, algorithm, address):
        self.name, self.kind = name, name.split(".")[0].removesuffix("384")
        self.address, self.algorithm = address, algorithm
        self.key = Key(algorithm)
        self.sets, self.children, self.forged = {}, {}, {}
        self.dnskeys = [self.key.rdata]
        self.ds = [self.key.ds(name)]
        soa = wire("ns." + name) * 2 + struct.pack("!IIIII", 1, 3600, 600, 86400, 300)
        self.put(name, SOA, [soa])
        ns = "ns." + name.lstrip(".")
        self.put(name, NS, [wire(ns)])
        self.put(ns, A, [socket.inet_aton(address)])

    def put(self, owner, rdtype, records, signatures=None):
        made = signatures or [self.key.sign(self.name, owner, rdtype, records)]
        self.sets[(owner, rdtype)] = (records, made)

    def delegate(self, child):
        self.children[child.name] = child
        self.put(child.name, DS, child.ds)

    def finish(self):
        getattr(self, "_" + self.kind, lambda: None)()
        if (self.name, DNSKEY) not in self.sets:
            self.put(self.name, DNSKEY, self.dnskeys)

    def _fit(self, each):
        return min(500, MESSAGE_MAX // each)

    def _many(self):
        self.dnskeys += colliding(self.algorithm, self.key.tag, 59)

    def _keys(self):
        self.dnskeys += colliding(self.algorithm, self.key.tag, self._fit(16 + len(self.key.rdata)))

    def _fewkeys(self):
        self.dnskeys += colliding(self.algorithm, self.key.tag, 98)

    def _ds(self):
        self.dnskeys = colliding(self.algorithm, self.key.tag, 60)
        self.ds = [digest_of(self.name, k) for k in self.dnskeys]
        self.put(self.name, DNSKEY, self.dnskeys,
                 [self.key.forge(self.name, self.name, DNSKEY) for _ in range(60)])

    def _odd(self):
        """Its key set is in order, but for what the signatures of all else name."""
        self.signer = Key(self.algorithm, ZONE)
        self.dnskeys += unreadable(self.algorithm, self.signer.tag, 40)

    def _nsec3(self):
        salt = os.urandom(8)
        self.proofs = []
        for i in range(40):
            owner = base32hex(bytes([6 * i + 1]) * 20) + "." + self.name
            rdata = (struct.pack("!BBHB", 1, 0, 50, 8) + salt + b"\x14" + bytes([6 * i + 2]) * 20
                     + b"\0\1\x40")
            made = self.key.sign(self.name, owner, NSEC3, [rdata])
            self.proofs += [rr(wire(owner), NSEC3, rdata), rr(wire(owner), RRSIG, made)]

    # --- answers: (flags of the header, records of the answer, of the authority, of the additional section)

    def signatures(self, qname):
        """Of the address of a name."""
        own, address = self.key, socket.inet_aton("192.0.2.1")
        if self.kind in ("good", "any"):
            return [own.sign(self.name, qname, A, [address])]
        if self.kind == "seven":
            forged = self.forged.setdefault(7, [own.forge(self.name, qname, A) for _ in range(7)])
            return forged + [own.sign(self.name, qname, A, [address])]
        if self.kind == "odd":
            return [self.signer.sign(self.name, qname, A, [address])]
        cnt = 60 if self.kind == "many" else 1
        if self.kind == "sigs":
            one = 12 + len(own.forge(self.name, qname, A))
            cnt = 100 if qname.startswith("few") else self._fit(one)
        if cnt not in self.forged:  # no owner is in them
            self.forged[cnt] = [own.forge(self.name, qname, A) for _ in range(cnt)]
        return self.forged[cnt]

    def child_of(self, qname, qtype):
        for name, child in self.children.items():
            if (qname == name and qtype != DS) or qname.endswith("." + name):
                return child
        return None

    def answer(self, qname, qtype):
        here = b"\xc0\x0c"
        child = self.child_of(qname, qtype)
        if child:
            owner, ns = wire(child.name), wire("ns." + child.name)
            records, made = self.sets[(child.name, DS)]
            authority = [rr(owner, NS, ns)] + [rr(owner, DS, d) for d in records] + [
                rr(owner, RRSIG, s) for s in made]
            return 0, [], authority, [rr(ns, A, socket.inet_aton(child.address))]
        if self.kind == "any" and qtype == ANY:
            out = []
            for t in [A] + list(range(65280, 65339)):
                rdata = socket.inet_aton("192.0.2.1")
                out += [rr(here, t, rdata),
                        rr(here, RRSIG, self.key.sign(self.name, qname, t, [rdata]))]
            return 0x0400, out, [], []
        if (qname, qtype) in self.sets:
            records, made = self.sets[(qname, qtype)]
        elif self.kind == "nsec3":
            return 0x0403, [], self.sets_wire(self.name, SOA) + self.proofs, []
        elif qtype == A and self.name not in (".", "trap."):
            records, made = [socket.inet_aton("192.0.2.1")], self.signatures(qname)
        else:
            return 0x0400, [], self.sets_wire(self.name, SOA), []
        return 0x0400, [rr(here, qtype, d) for d in records] + [rr(here, RRSIG, s) for s in made], [], []

    def sets_wire(self, owner, rdtype):
        records, made = self.sets[(owner, rdtype)]
        name = wire(owner)
        return [rr(name, rdtype, d) for d in records] + [rr(name, RRSIG, s) for s in made]


def base32hex(octets):
    digits, v = "0123456789abcdefghijklmnopqrstuv", int.from_bytes(octets, "big")
    return "".join(digits[v >> shift & 31] for shift in range(155, -1, -5))


def world():
    root, trap = Zone(".", 13, NET + "1"), Zone("trap.", 13, NET + "2")
    zones = [root, trap]
    for i, name in enumerate(CHILDREN):
        z = Zone(name + ".trap.", 14 if name.endswith("384") else 13, NET + str(10 + i))
        z.finish()
        trap.delegate(z)
        zones.append(z)
    trap.finish()
    root.delegate(trap)
    root.finish()
    return zones


def reply(zone, query, udp):
    end, labels = 12, []
    while query[end]:
        labels.append(query[end + 1:end + 1 + query[end]].decode("ascii", "replace").lower())
        end += 1 + query[end]
    question = query[12:end + 5]
    qname, qtype = ".".join(labels) + ".", struct.unpack("!H", query[end + 1:end + 3])[0]
    flags, *sections = zone.answer(qname, qtype)
    opt = b"\0" + struct.pack("!HHIH", 41, 1232, 0x8000, 0)
    body = b"".join(b"".join(s) for s in sections)
    if udp and 12 + len(question) + len(body) + len(opt) > 1232:
        flags, sections, body = 0x0600, ([], [], []), b""
    counts = [len(s) for s in sections]
    return (query[:2] + struct.pack("!HHHHH", 0x8000 | flags, 1, counts[0], counts[1], counts[2] + 1)
            + question + body + opt)


def serve_udp(zone, s):
    while True:
        query, who = s.recvfrom(4096)
        if len(query) > 16:
            s.sendto(reply(zone, query, True), who)


def read_exactly(conn, n):
    data = b""
    while len(data) < n:
        more = conn.recv(n - len(data))
        if not more:
            return None
        data += more
    return data


def serve_connection(zone, conn):
    with conn:
        while True:
            head = read_exactly(conn, 2)
            query = head and read_exactly(conn, struct.unpack("!H", head)[0])
            if not query:
                return
            made = reply(zone, query, False)
            conn.sendall(struct.pack("!H", len(made)) + made)


def serve_tcp(zone, s):
    while True:
        conn, _ = s.accept()
        threading.Thread(target=serve_connection, args=(zone, conn), daemon=True).start()


def main(folder):
    zones = world()
    with open(os.path.join(folder, "root.ds"), "w", encoding="ascii") as f:
        tag, algorithm, kind = struct.unpack("!HBB", zones[0].ds[0][:4])
        f.write(f". IN DS {tag} {algorithm} {kind} {zones[0].ds[0][4:].hex()}\n")
    with open(os.path.join(folder, "root.hints"), "w", encoding="ascii") as f:
        f.write(f". 3600 IN NS ns.\nns. 3600 IN A {zones[0].address}\n")
    mine = os.fork() == 0  # so that who asks good zones does not wait for the others
    for z in zones:
        if (z.kind in KINDS) != mine:
            continue
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind((z.address, 53))
        tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        tcp.bind((z.address, 53))
        tcp.listen(64)
        for serve, s in ((serve_udp, udp), (serve_tcp, tcp)):
            threading.Thread(target=serve, args=(z, s), daemon=True).start()
    if not mine:
        print("ready", flush=True)
    sys.stdin.read()  # until whoever started this ends it


if __name__ == "__main__":
    main(sys.argv[1])
