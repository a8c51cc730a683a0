# SPDX-License-Identifier: BSD-3-Clause
"""Signed zones with one thing wrong, and how an honest resolver names it (RFC 8914)."""
import dns.rdatatype

PROOFS = (dns.rdatatype.NSEC, dns.rdatatype.NSEC3)
DNSKEY = dns.rdatatype.DNSKEY


def _corrupt(rdata):
    """One byte in the middle of the signature flipped."""
    sig = bytearray(rdata.signature)
    sig[len(sig) // 2] ^= 0xff
    return rdata.replace(signature=bytes(sig))


def _sets(zone, wanted):
    """(node, RRset) of the signatures over, and the records of, each type and owner that `wanted` names."""
    for name, node in zone.nodes.items():
        for rdataset in list(node.rdatasets):
            covered = rdataset.covers if rdataset.rdtype == dns.rdatatype.RRSIG else rdataset.rdtype
            if wanted(str(name), covered):
                yield node, rdataset


def _spoil(zone, wanted):
    for _, rdataset in _sets(zone, wanted):
        if rdataset.rdtype == dns.rdatatype.RRSIG:
            for rdata in list(rdataset):
                rdataset.remove(rdata)
                rdataset.add(_corrupt(rdata))


def _strip(zone, wanted, *, signatures_only=False):
    for node, rdataset in _sets(zone, wanted):
        if rdataset.rdtype == dns.rdatatype.RRSIG or not signatures_only:
            node.rdatasets.remove(rdataset)


def _www(name, covered):
    return name.startswith("www.") and covered == dns.rdatatype.A


DAMAGE = {
    "badsig": lambda z: _spoil(z, lambda n, t: t != DNSKEY),
    "badkeysig": lambda z: _spoil(z, lambda n, t: t == DNSKEY),
    "badproof": lambda z: _spoil(z, lambda n, t: t in PROOFS),
    "nosig": lambda z: _strip(z, lambda n, t: t != DNSKEY, signatures_only=True),
    # Without NSEC3PARAM too: Knot DNS 3.2 ends when asked of a zone with it that has no NSEC3.
    "noproof": lambda z: _strip(z, lambda n, t: t in (*PROOFS, dns.rdatatype.NSEC3PARAM)),
    "nokey": lambda z: _strip(z, lambda n, t: t == DNSKEY),
    "nokeysig": lambda z: _strip(z, lambda n, t: t == DNSKEY, signatures_only=True),
    "onesig": lambda z: _strip(z, _www, signatures_only=True),
    "onebad": lambda z: _spoil(z, _www),
}


def damage(signed, kind):
    """In place. Kinds that are not here are wrong elsewhere: when signed, or at the parent."""
    if kind in DAMAGE:
        DAMAGE[kind](signed)


BOGUS, EXPIRED, NOT_YET, KEY_MISSING, SIG_MISSING, PROOF_MISSING = 6, 7, 8, 9, 10, 12
EDE = {  # kind: what a SERVFAIL for it says
    "badsig": {BOGUS},
    "badkeysig": {BOGUS},
    "badproof": {BOGUS},
    "nosig": {SIG_MISSING},
    "noproof": {PROOF_MISSING},
    "nokey": {KEY_MISSING},
    "nokeysig": {SIG_MISSING},
    "onesig": {SIG_MISSING},
    "onebad": {BOGUS},
    "past": {EXPIRED},
    "future": {NOT_YET},
    "wrong": {KEY_MISSING},
}
