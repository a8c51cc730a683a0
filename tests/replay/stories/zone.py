# SPDX-License-Identifier: BSD-3-Clause
"""A signed or unsigned zone, and what an authoritative server says of it (RFC 1034, 4035, 5155).

Keys come from names and Ed25519 signs deterministically, so that a scenario is made the same way
every time.
"""
import calendar
import copy
import hashlib
import time

import dns.dnssec
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

IN = dns.rdataclass.IN
NOW = "20260601120000"
SINCE, UNTIL = "20260525000000", "20260615000000"


def seconds(stamp):
    return calendar.timegm(time.strptime(stamp, "%Y%m%d%H%M%S"))


def name(text):
    return dns.name.from_text(text)


class Key:
    """flags: 257 signs keys and everything else here (a CSK)."""

    def __init__(self, seed, flags=257, algorithm=15, protocol=3):
        self.private = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(seed.encode()).digest())
        public = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        wire = flags.to_bytes(2, "big") + bytes([protocol, algorithm]) + public
        self.rdata = dns.rdata.from_wire(IN, dns.rdatatype.DNSKEY, wire, 0, len(wire))

    @property
    def tag(self):
        return dns.dnssec.key_id(self.rdata)


class Signature:
    """One RRSIG, with any field other than it should be."""

    def __init__(self, key, signer, since=SINCE, until=UNTIL, **wrong):
        self.key, self.signer, self.since, self.until, self.wrong = key, signer, since, until, wrong

    def over(self, rrset, labels=None):
        """Signs what the fields say, wrong ones included: only "spoil" makes it not verify."""
        owner = rrset.name
        if labels is None:
            labels = len(owner) - 1 - (owner.labels[0] == b"*")
        if labels < len(owner) - 1 and owner.labels[0] != b"*":
            owner = dns.name.Name((b"*",) + owner.labels[len(owner) - 1 - labels:])
        fields = {"type": rrset.rdtype, "algorithm": self.key.rdata.algorithm, "labels": labels, "ttl": rrset.ttl,
                  "until": self.until, "since": self.since, "tag": self.key.tag, "signer": self.signer}
        fields.update({k: v for k, v in self.wrong.items() if k != "spoil"})
        head = (int(fields["type"]).to_bytes(2, "big") + bytes([fields["algorithm"], fields["labels"]]) +
                fields["ttl"].to_bytes(4, "big") + seconds(fields["until"]).to_bytes(4, "big") +
                seconds(fields["since"]).to_bytes(4, "big") + fields["tag"].to_bytes(2, "big") +
                fields["signer"].canonicalize().to_wire())
        data = head
        for wire in sorted(rd.to_digestable() for rd in rrset):
            data += (owner.canonicalize().to_wire() + int(rrset.rdtype).to_bytes(2, "big") + b"\0\1" +
                     fields["ttl"].to_bytes(4, "big") + len(wire).to_bytes(2, "big") + wire)
        signature = bytearray(self.key.private.sign(data))
        if self.wrong.get("spoil"):
            signature[7] ^= 1
        wire = head + bytes(signature)
        return dns.rdata.from_wire(IN, dns.rdatatype.RRSIG, wire, 0, len(wire))


class Reply:
    def __init__(self, rcode="NOERROR", aa=True):
        self.rcode, self.aa = rcode, aa
        self.answer, self.authority, self.additional = [], [], []


def sections(reply):
    return (("ANSWER", reply.answer), ("AUTHORITY", reply.authority), ("ADDITIONAL", reply.additional))


class Zone:
    """nsec: "nsec", "nsec3" or None (unsigned). optout: NSEC3 opt-out spans leave unsigned cuts out."""

    def __init__(self, origin, nsec="nsec", optout=False, iterations=0, salt="", keys=None):
        self.origin, self.nsec, self.optout, self.iterations, self.salt = name(origin), nsec, optout, iterations, salt
        self.keys = keys or [Key(origin)]
        self.sets = {}
        self.signatures = {}  # (owner, type) -> Signature for one set; None: not signed
        self.signature = Signature(self.keys[0], self.origin)
        self.unproven = set()  # owners whose NSEC or NSEC3 the server leaves out
        label = origin.rstrip(".").split(".")[0] or "root"
        self.add("@", "SOA", f"ns.{label}.test. host.{label}.test. 1 3600 600 86400 300", ttl=3600)
        if nsec:
            for key in self.keys:
                self.add("@", "DNSKEY", key.rdata.to_text(), ttl=3600)

    # --- content

    def owner(self, label):
        return self.origin if label == "@" else name(label) if label.endswith(".") else \
            dns.name.from_text(label, self.origin)

    def add(self, label, rtype, *texts, ttl=300):
        owner = self.owner(label)
        rrset = dns.rrset.from_text_list(owner, ttl, "IN", rtype, texts)
        have = self.sets.get((owner, rrset.rdtype))
        if have is not None:
            have.update(rrset)
        else:
            self.sets[owner, rrset.rdtype] = rrset
        return self

    def delegate(self, child, *servers, secure=None, ds=None):
        """servers: (name, address). secure: the child Zone whose key gets a DS; ds: texts of DS."""
        owner = self.owner(child)
        self.add(child, "NS", *[n for n, _ in servers])
        for host, address in servers:
            if name(host).is_subdomain(self.origin):
                self.add(host, "AAAA" if ":" in address else "A", address)
        if secure is not None:
            ds = [dns.dnssec.make_ds(owner, secure.keys[0].rdata, "SHA256").to_text()]
        if ds:
            self.add(child, "DS", *ds)
        return self

    def ds_text(self, digest="SHA256", key=None):
        made = dns.dnssec.make_ds(self.origin, (key or self.keys[0]).rdata, digest, policy=dns.dnssec.allow_all_policy)
        return made.to_text()

    # --- structure

    def names(self):
        """All owners and the empty non-terminals above them."""
        every = {owner for owner, _ in self.sets}
        for owner in list(every):
            while owner != self.origin:
                owner = owner.parent()
                every.add(owner)
        return every

    def cut_above(self, qname):
        """The highest delegation at or above qname, or None."""
        found = None
        while qname != self.origin:
            if (qname, dns.rdatatype.NS) in self.sets:
                found = qname
            qname = qname.parent()
        return found

    def is_glue(self, owner):
        cut = self.cut_above(owner)
        return cut is not None and cut != owner

    def types_at(self, owner):
        types = {t for o, t in self.sets if o == owner}
        if self.cut_above(owner) == owner:
            types &= {dns.rdatatype.NS, dns.rdatatype.DS}
        return types

    # --- signed sets

    def signed(self, rrset, labels=None, source=None):
        """[rrset] or [rrset, its RRSIG]. source: the wildcard that it was made from, with its labels."""
        rrset = copy.copy(rrset)
        signature = self.signatures.get((source or rrset.name, rrset.rdtype), self.signature)
        if self.nsec is None or signature is None:
            return [rrset]
        made = [one.over(rrset, labels) for one in (signature if isinstance(signature, list) else [signature])]
        sig = dns.rrset.RRset(rrset.name, IN, dns.rdatatype.RRSIG, made[0].type_covered)
        for one in made:
            sig.add(one, rrset.ttl)
        return [rrset, sig]

    def get(self, label, rtype):
        return self.signed(self.sets[self.owner(label), dns.rdatatype.from_text(rtype)])

    def soa(self):
        return self.signed(self.sets[self.origin, dns.rdatatype.SOA])

    # --- proofs

    def chain(self):
        """Owners that have an NSEC, or hashes that have an NSEC3, in order, with their types."""
        entries = []
        for owner in self.names():
            if self.is_glue(owner):
                continue
            types = self.types_at(owner)
            insecure = dns.rdatatype.NS in types and dns.rdatatype.DS not in types and owner != self.origin
            if self.nsec == "nsec" and types:
                entries.append((owner, types | {dns.rdatatype.NSEC, dns.rdatatype.RRSIG}))
            elif self.nsec == "nsec3" and not (self.optout and insecure):
                extra = set() if insecure or not types else {dns.rdatatype.RRSIG}
                if owner == self.origin:
                    extra |= {dns.rdatatype.NSEC3PARAM}
                entries.append((self.hash(owner), types | extra))
        return sorted(entries)

    def hash(self, owner):
        return dns.dnssec.nsec3_hash(owner, self.salt or None, self.iterations, 1)

    def proof(self, i):
        """The NSEC or NSEC3 of the i-th entry, signed; [] when the server leaves it out."""
        chain = self.chain()
        at, types = chain[i]
        following = chain[(i + 1) % len(chain)][0]
        if at in self.unproven:
            return []
        windows = "".join(" " + dns.rdatatype.to_text(t) for t in sorted(types))
        if self.nsec == "nsec":
            rrset = dns.rrset.from_text(at, 300, "IN", "NSEC", f"{following}{windows}")
        else:
            rrset = dns.rrset.from_text(
                dns.name.from_text(at.lower(), self.origin), 300, "IN", "NSEC3",
                f"1 {int(self.optout)} {self.iterations} {self.salt or '-'} {following.lower()}{windows}")
        return self.signed(rrset)

    def matching(self, owner):
        key = owner if self.nsec == "nsec" else self.hash(owner)
        for i, (at, _) in enumerate(self.chain()):
            if at == key:
                return self.proof(i)
        return None

    def covering(self, owner):
        key = owner if self.nsec == "nsec" else self.hash(owner)
        before = [i for i, (at, _) in enumerate(self.chain()) if at < key]
        return self.proof(before[-1] if before else -1)

    def encloser(self, owner):
        every = self.names()
        while owner not in every:
            owner = owner.parent()
        return owner

    def next_closer(self, owner, closest):
        while owner.parent() != closest:
            owner = owner.parent()
        return owner

    def closest(self, owner):
        """What shows that owner does not exist, its wildcard aside."""
        if self.nsec == "nsec":
            return self.covering(owner)
        closest = self.encloser(owner)
        while self.matching(closest) is None or closest == owner:
            closest = closest.parent()
        return self.matching(closest) + self.covering(self.next_closer(owner, closest))

    def no_such_name(self, owner):
        star = dns.name.Name((b"*",) + self.encloser(owner).labels)
        return self.closest(owner) + self.covering(star)

    def no_such_type(self, owner):
        found = self.matching(owner)
        if found is not None:
            return found
        return self.closest(owner)  # an empty non-terminal (NSEC), an opt-out span (NSEC3)

    # --- what a server says

    def reply(self, qname, rtype):
        qtype = dns.rdatatype.from_text(rtype)
        cut = self.cut_above(qname)
        if cut is not None and not (cut == qname and qtype == dns.rdatatype.DS):
            return self.referral(cut)
        if qname in self.names():
            return self.at(qname, qtype)
        return self.below(qname, qtype)

    def referral(self, cut):
        r = Reply(aa=False)
        ns = copy.copy(self.sets[cut, dns.rdatatype.NS])
        r.authority = [ns]
        if (cut, dns.rdatatype.DS) in self.sets:
            r.authority += self.signed(self.sets[cut, dns.rdatatype.DS])
        elif self.nsec:
            r.authority += self.no_such_type(cut)
        for rd in ns:
            r.additional += [self.sets[rd.target, t] for t in (dns.rdatatype.A, dns.rdatatype.AAAA)
                             if (rd.target, t) in self.sets]
        return r

    def at(self, qname, qtype, owner=None):
        """owner: the wildcard that stands for qname, or qname itself."""
        r, owner = Reply(), owner or qname
        labels = None if owner == qname else len(owner) - 2
        for t in (qtype, dns.rdatatype.CNAME):
            if (owner, t) in self.sets:
                rrset = dns.rrset.from_rdata_list(qname, self.sets[owner, t].ttl, self.sets[owner, t])
                r.answer = self.signed(rrset, labels, owner)
                if owner != qname and self.nsec:
                    r.authority = self.covering(self.next_closer(qname, self.encloser(qname)))
                return r
        r.authority = list(self.soa())
        if self.nsec:
            r.authority += self.no_such_type(owner) if owner == qname else \
                self.closest(qname) + self.matching(owner)
        return r

    def below(self, qname, qtype):
        closest = self.encloser(qname)
        if (closest, dns.rdatatype.DNAME) in self.sets:
            return self.renamed(qname, closest)
        star = dns.name.Name((b"*",) + closest.labels)
        if star in self.names():
            return self.at(qname, qtype, star)
        r = Reply("NXDOMAIN")
        r.authority = list(self.soa())
        if self.nsec:
            r.authority += unique(self.no_such_name(qname))
        return r

    def renamed(self, qname, owner):
        r = Reply()
        dname = self.sets[owner, dns.rdatatype.DNAME]
        target = dns.name.Name(qname.labels[:len(qname) - len(owner)] + dname[0].target.labels)
        cname = dns.rrset.from_text(qname, dname.ttl, "IN", "CNAME", target.to_text())
        r.answer = self.signed(dname) + [cname]
        return r


def unique(rrsets):
    """The same proof may show two things."""
    kept = []
    for one in rrsets:
        if not any(k.name == one.name and k.rdtype == one.rdtype and k.covers == one.covers for k in kept):
            kept.append(one)
    return kept
