# SPDX-License-Identifier: BSD-3-Clause
"""The oracle: what a validating resolver must answer, worked out from the zones as data.

Knows nothing about wire format or signatures; it walks the same zones the servers were given."""
from .world import FRESH_NOTE, LOAD_NAMES, LOAD_ZONES, parent_of, zone_of
from .zone import below, parents

SECURE, INSECURE, BOGUS = "secure", "insecure", "bogus"
RANK = {SECURE: 0, INSECURE: 1, BOGUS: 2}
CHAIN_MAX = 11

# Extended DNS Errors (RFC 8914 4)
EDE_BAD_ALGORITHM, EDE_BAD_DIGEST, EDE_BOGUS, EDE_EXPIRED, EDE_NOT_YET = 1, 2, 6, 7, 8
EDE_DNSKEY_MISSING, EDE_RRSIGS_MISSING, EDE_NSEC_MISSING = 9, 10, 12
EDE_UNREACHABLE, EDE_ITERATIONS = 22, 27

ITERATIONS_MAX = 50  # docs/limits.md: above, denials are insecure
DEAD_ZONES = ("dead.se.",)


class Oracle:
    """Answers for any name and type."""

    def __init__(self, zones):
        self.zones = zones
        self.ancestors = {}  # zone -> names that exist only because something is below them
        for z in zones.values():
            names = {owner for owner, _ in z.records}
            self.ancestors[z.name] = {p for n in names for p in parents(n) if below(p, z.name)}

    def case(self, qname, qtype, note=""):
        """One expected answer, as written into truth.json."""
        steps = self._steps(qname, qtype)
        answer = [rr for s in steps for rr in s["answer"]]
        worst = max(steps, key=lambda s: RANK[s["security"]])
        last = steps[-1]
        failed = worst["security"] == BOGUS or last.get("dead")
        case = {"qname": qname, "qtype": qtype, "zone": last["zone"],
                "rcode": "SERVFAIL" if failed else last["rcode"],
                "data_rcode": last["rcode"],
                "security": "unreachable" if last.get("dead") else worst["security"],
                "ede": worst["ede"] if failed else None,
                "ede_may": sorted({s["ede"] for s in steps if s["ede"]}) if not failed else [],
                "answer": answer, "note": note}
        case["broken"] = self._broken(case, steps)
        return case

    def _broken(self, case, steps):
        """Expected after `break de` by a resolver with an empty cache."""
        first = next((s for s in steps if s["security"] == BOGUS or s["needs_de"]), None)
        if first is None or not first["needs_de"]:
            return {k: case[k] for k in ("rcode", "security", "ede")}
        return {"rcode": "SERVFAIL", "security": BOGUS, "ede": EDE_BOGUS}

    def _steps(self, qname, qtype):
        """One step per owner name on the way, following CNAME and DNAME."""
        steps = []
        for _ in range(CHAIN_MAX + 1):
            step = self._step(qname, qtype)
            steps.append(step)
            if not step["next"]:
                break
            qname = step["next"]
        return steps

    def _step(self, qname, qtype):
        z = self._zone_for(qname, qtype)
        kind, rcode, answer, follow = self._look(z, qname, qtype)
        security, ede = self._security(z, kind, qname, qtype)
        return {"zone": z.name, "rcode": rcode, "answer": answer, "next": follow,
                "security": security, "ede": ede, "dead": z.name in DEAD_ZONES and qtype != "DS",
                "needs_de": below(z.name, "de.") and (qname, qtype) != ("de.", "DNSKEY")}

    def _zone_for(self, qname, qtype):
        z = zone_of(qname, self.zones)
        if qtype == "DS" and qname == z.name and qname != ".":
            return parent_of(qname, self.zones)  # RFC 4035 3.1.4.1: the parent's data
        return z

    def _look(self, z, qname, qtype):
        """(kind, rcode, answer RRsets, name to go on with); kind as in _security."""
        if self._exists(z, qname):
            return self._at(z, qname, qname, qtype, "")
        for up in parents(qname):
            if (up, "DNAME") in z.records:
                return self._dname(z, up, qname, qtype)
            if self._exists(z, up):
                star = "*." + up
                if self._exists(z, star):
                    return self._at(z, star, qname, qtype, "wildcard ")
                return "nxdomain", "NXDOMAIN", [], None
        return "nxdomain", "NXDOMAIN", [], None

    def _exists(self, z, name):
        return (name in self.ancestors[z.name] or name == z.name
                or any((name, t) in z.records for t in TYPES))

    def _at(self, z, owner, qname, qtype, how):
        if (owner, qtype) in z.records:
            return how + "positive", "NOERROR", [_rrset(z, owner, qtype, qname)], None
        if (owner, "CNAME") in z.records:
            rr = _rrset(z, owner, "CNAME", qname)
            return how + "positive", "NOERROR", [rr], rr["rdata"][0]
        return how + "nodata", "NOERROR", [], None

    def _dname(self, z, owner, qname, qtype):
        rr = _rrset(z, owner, "DNAME", owner)
        target = qname[:-len(owner)] + rr["rdata"][0]
        made = {"owner": qname, "type": "CNAME", "ttl": rr["ttl"], "rdata": [target]}
        if qtype == "CNAME":
            return "positive", "NOERROR", [rr, made], None
        return "positive", "NOERROR", [rr, made], target

    def _security(self, z, kind, qname, qtype):
        """(security, EDE) of one answer of zone z."""
        state, ede = self._chain(z)
        if state != SECURE:
            return state, ede
        denial = kind in ("nxdomain", "nodata") or kind.startswith("wildcard")
        if z.defect and qtype != "DNSKEY":
            bad = {"badsig": (True, EDE_BOGUS),
                   "nosig": (kind == "positive" and qtype != "SOA", EDE_RRSIGS_MISSING),
                   "nonsec": (denial, EDE_NSEC_MISSING)}[z.defect]
            if bad[0]:
                return BOGUS, bad[1]
        if denial and z.nsec3 and z.nsec3.iterations > ITERATIONS_MAX:
            return INSECURE, EDE_ITERATIONS
        return self._optout(z, kind, qname)

    def _optout(self, z, kind, qname):
        """An opt-out span proves nothing about names in it (RFC 5155 9.2): no AD."""
        ds_less = qname in z.delegations and (qname, "DS") not in z.records
        if z.nsec3 and z.nsec3.optout and (kind == "nxdomain" or ds_less):
            return INSECURE, None
        return SECURE, None

    def _chain(self, z):
        """(security, EDE) of a zone's keys, as the chain of trust from the root has it."""
        while z is not None:
            if z.ds == "none":
                return INSECURE, None
            if z.ds in ("badalg", "baddigest"):
                return INSECURE, {"badalg": EDE_BAD_ALGORITHM, "baddigest": EDE_BAD_DIGEST}[z.ds]
            if z.ds == "wrong":
                return BOGUS, EDE_DNSKEY_MISSING
            if z.window != "now":
                return BOGUS, {"past": EDE_EXPIRED, "future": EDE_NOT_YET}[z.window]
            if z.name in DEAD_ZONES:
                return SECURE, EDE_UNREACHABLE
            z = parent_of(z.name, self.zones)
        return SECURE, None


TYPES = ("A", "AAAA", "CAA", "CNAME", "DNAME", "DNSKEY", "DS", "MX", "NS", "NSEC3PARAM", "SOA",
         "SRV", "TXT")


def _rrset(z, owner, rtype, shown):
    ttl, rdata = z.records[(owner, rtype)]
    return {"owner": shown, "type": rtype, "ttl": ttl, "rdata": list(rdata)}


def questions(zones):
    """(qname, qtype, note) of every interesting test name."""
    out = []
    for z in zones.values():
        if z.name in (".", "de.", "se.", "aq.", "net."):
            out += [(z.name, t, "TLD apex") for t in ("SOA", "NS", "DNSKEY", "TXT")]
        elif z.note == FRESH_NOTE:  # one question each: the rest of the name is left unasked
            out += [("www." + z.name, "A", z.note)]
        elif ("www." + z.name, "A") in z.records:
            out += [("www." + z.name, "A", z.note), ("www." + z.name, "AAAA", z.note),
                    ("nothere." + z.name, "A", "NXDOMAIN, " + z.note),
                    ("www." + z.name, "MX", "NODATA, " + z.note),
                    (z.name, "MX", z.note), (z.name, "DS", z.note)]
    for zone in ("signed.de.", "nsec3.de.", "unsigned.de.", "signed.se.", "unsigned.se.",
                 "unsigned.aq."):
        out += [(x + zone, t, note) for x, t, note in SHAPES]
    return out + ODD


SHAPES = [
    ("any.wild.", "A", "wildcard"), ("a.b.wild.", "TXT", "wildcard, two labels"),
    ("here.wild.", "A", "beside the wildcard"), ("any.wild.", "MX", "NODATA at a wildcard"),
    ("here.wild.", "TXT", "NODATA beside the wildcard"),
    ("ent.", "A", "empty non-terminal"), ("of.ent.", "A", "empty non-terminal"),
    ("x.ent.", "A", "NXDOMAIN below an empty non-terminal"), ("leaf.of.ent.", "A", "leaf"),
    ("short.", "A", "TTL 2"), ("ttl5.", "A", "TTL 5"), ("zero.", "A", "TTL 0"),
    ("big.", "TXT", "over 1232 bytes"), ("huge.", "TXT", "over 4096 bytes"),
    ("_sip._udp.", "SRV", "SRV"), ("caa.", "CAA", "CAA"), ("nxalias.", "A", "CNAME to NXDOMAIN"),
    ("nxalias.", "CNAME", "CNAME asked for itself"), ("", "TXT", "apex"), ("", "SOA", "apex"),
    ("", "NS", "apex"), ("mail.", "AAAA", "host"),
]

ODD = [
    ("alias.signed.de.", "A", "CNAME across signed zones"),
    ("alias.signed.de.", "TXT", "CNAME across signed zones"),
    ("alias.signed.de.", "MX", "CNAME across signed zones to NODATA"),
    ("alias.unsigned.de.", "A", "CNAME insecure -> secure"),
    ("alias.unsigned.aq.", "A", "CNAME insecure -> secure"),
    ("insecurealias.signed.de.", "A", "CNAME secure -> insecure"),
    ("bogusalias.signed.de.", "A", "CNAME secure -> bogus"),
    ("chain.signed.de.", "A", "chain of 3 with an insecure part"),
    ("chain2.signed.se.", "A", "chain of 3, all secure"),
    ("www.old.dname.se.", "A", "DNAME"), ("nothere.old.dname.se.", "A", "DNAME to NXDOMAIN"),
    ("old.dname.se.", "DNAME", "DNAME itself"), ("old.dname.se.", "A", "NODATA at a DNAME"),
    ("www.older.dname.se.", "A", "DNAME to insecure"),
    ("alias.old.dname.se.", "A", "NXDOMAIN through DNAME"),
    ("nothere.de.", "A", "NXDOMAIN in the opt-out span"),
    ("nothere.se.", "A", "NXDOMAIN, NSEC"), ("nothere.net.", "A", "NXDOMAIN, NSEC3"),
    ("nothere.aq.", "A", "NXDOMAIN, insecure"), ("nothere.", "A", "NXDOMAIN at the root"),
    ("direct0.de.", "A", "data of the TLD"), ("direct0.de.", "TXT", "data of the TLD"),
    ("direct0.de.", "MX", "NODATA in the TLD"), ("de.", "DS", "DS in the root"),
    ("aq.", "DS", "no DS, proven by NSEC"), ("se.", "DS", "DS in the root"),
    ("a.root-servers.net.", "A", "name of a root server"), ("a.nic.de.", "AAAA", "a server of de"),
    ("l.de.net.", "A", "a server of de"), ("nosig.de.", "SOA", "still signed"),
    ("badsig.de.", "DNSKEY", "still validly signed"), ("expired.de.", "DNSKEY", "expired too"),
]


def document(zones, meta):
    """The whole of truth.json."""
    oracle = Oracle(zones)
    cases = {(n, t): oracle.case(n, t, note) for n, t, note in questions(zones)}
    load = [{"zone": z, "first": 0, "last": LOAD_NAMES - 1, "name": "n{i}." + z,
             "a": f"198.18.{k}.{{i}}", "aaaa_net": f"2001:db8:{k:x}::",
             "txt": f'"n{{i}}.{z}"'} for z, k in LOAD_ZONES.items()]
    return {"format": 1, **meta, "zones": {n: _zone_dict(z, oracle) for n, z in zones.items()},
            "load": load, "cases": list(cases.values())}


def soa_rrsets(doc, zone):
    """Every place in truth.json that shows the SOA of zone."""
    shown = doc["zones"][zone]["rrsets"] + [rr for c in doc["cases"] for rr in c["answer"]]
    return [rr for rr in shown if (rr["owner"], rr["type"]) == (zone, "SOA")]


def _zone_dict(z, oracle):
    cuts = set(z.delegations)
    rrsets = []
    for (owner, rtype), (ttl, rdata) in sorted(z.records.items()):
        kind = "delegation" if owner in cuts and rtype == "NS" else "data"
        rrsets.append({"owner": owner, "type": rtype, "ttl": ttl, "rdata": rdata, "kind": kind})
    for (owner, rtype), (ttl, rdata) in sorted(z.glue.items()):
        rrsets.append({"owner": owner, "type": rtype, "ttl": ttl, "rdata": rdata, "kind": "glue"})
    security, ede = oracle._chain(z)
    denial = "none" if not z.algorithm else "nsec3" if z.nsec3 else "nsec"
    return {"signed": z.algorithm is not None, "algorithm": z.algorithm, "denial": denial,
            "optout": bool(z.nsec3 and z.nsec3.optout), "security": security, "ede": ede,
            "defect": z.defect, "note": z.note, "serial": z.serial,
            "servers": [{"name": h, "v4": a, "v6": b} for h, a, b in z.servers],
            "rrsets": rrsets}
