# SPDX-License-Identifier: BSD-3-Clause
"""A story: a world of zones on servers, what a client asks, and what must come back.

Written as a scenario in the .rpl grammar. What servers say is worked out from their zones for every
question that the story's names can lead to; what the client must get is said by the story itself.
"""
import dns.name
import dns.rdatatype

from .zone import NOW, Reply, Zone, name, sections

ROOT, COM, EXAMPLE, OTHER = "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"
TYPES = ("A", "AAAA", "NS", "DS", "DNSKEY")
STORIES = {}


def story(file, title, *why):
    """why: the lines of the comment that say what is proven."""
    def keep(tell):
        assert file not in STORIES, file
        STORIES[file] = (tell, title, why)
        return tell
    return keep


class Story:
    def __init__(self):
        self.zones = {}    # address -> [Zone]
        self.first = {}    # address -> [(match, question, Reply or None)]: said before anything else
        self.settings = []
        self.anchored = []
        self.names = set()
        self.types = set(TYPES)
        self.steps = []
        self.step = 0
        self.silent = {}  # address -> first step of silence
        self.later = {}   # address -> [Zone] that it serves once it is silent

    # --- the world

    def serve(self, zone, *addresses):
        for address in addresses:
            self.zones.setdefault(address, []).append(zone)
        return zone

    def setting(self, line):
        self.settings.append(line)

    def anchor(self, zone, text=None):
        self.anchored.append(f"{zone.origin} 3600 IN DS {text or zone.ds_text()}")

    def says(self, address, question, reply, match="opcode qtype qname"):
        """The server at address answers so, whatever its zones hold. reply None: nothing."""
        qname, qtype = question
        self.first.setdefault(address, []).append((match, f"{qname} IN {qtype}", reply))

    def tree(self, **how):
        """Root, com. and example.com., signed; how: arguments of example.com.'s Zone. Returns all three."""
        root, com = Zone("."), Zone("com.")
        example = Zone("example.com.", **how)
        root.add("@", "NS", "a.root.", ttl=86400).add("a.root.", "A", ROOT)
        com.add("@", "NS", "a.nic.com.").add("a.nic.com.", "A", COM)
        example.add("@", "NS", "ns.example.com.").add("ns", "A", EXAMPLE).add("www", "A", "198.51.100.80")
        root.delegate("com.", ("a.nic.com.", COM), secure=com)
        root.add("a.nic.com.", "A", COM)
        com.delegate("example.com.", ("ns.example.com.", EXAMPLE), secure=example if example.nsec else None)
        self.serve(root, ROOT)
        self.serve(com, COM)
        self.serve(example, EXAMPLE)
        self.anchor(root)
        return root, com, example

    # --- the client

    def ask(self, qname, qtype, flags="RD DO"):
        self.step += 10
        self.names.add(name(qname))
        self.types.add(qtype)
        self.question = f"{qname} IN {qtype}"
        self.steps.append(f"STEP {self.step} QUERY\nENTRY_BEGIN\nREPLY {flags}\nSECTION QUESTION\n{self.question}\nENTRY_END\n")
        self.do = "DO" in flags
        self.cd = "CD" in flags
        return self

    def expect(self, rcode, *answer, ad=False, authority=None, ede=None, ttl=False):
        """answer, authority: RRsets in any order. ede: a code that must be there, among others."""
        match = "opcode flags rcode question answer" + (" authority" if authority is not None else "") + \
            (" ttl" if ttl else "") + (f" ede={ede}" if ede is not None else "")
        flags = " ".join(["QR RD RA"] + ["AD"] * ad + ["CD"] * self.cd + ["DO"] * self.do + [rcode])
        text = [f"STEP {self.step + 1} CHECK_ANSWER\nENTRY_BEGIN\nMATCH {match}\nREPLY {flags}\nSECTION QUESTION\n"
                f"{self.question}\nSECTION ANSWER"]
        text += lines(answer)
        if authority is not None:
            text += ["SECTION AUTHORITY"] + lines(authority)
        self.steps.append("\n".join(text) + "\nENTRY_END\n")
        return self

    def passes(self, seconds):
        self.step += 1
        self.steps.append(f"STEP {self.step + 1} TIME_PASSES ELAPSE {seconds}\n")

    def goes_silent(self, *addresses):
        """From the next question on."""
        for address in addresses:
            self.silent[address] = self.step + 5

    def turns(self, address, *zones):
        """From the next question on the server has these zones instead."""
        self.goes_silent(address)
        self.later[address] = list(zones)

    # --- writing

    def questions(self):
        """Every name that the story's names can lead to."""
        every = set(self.names)
        targets = set()
        for zones in list(self.zones.values()) + list(self.later.values()):
            for zone in zones:
                every.add(zone.origin)
                for (_, rtype), rrset in zone.sets.items():
                    if rtype == dns.rdatatype.NS:
                        targets |= {rd.target for rd in rrset}
                    if rtype in (dns.rdatatype.CNAME, dns.rdatatype.DNAME):
                        every |= {rd.target for rd in rrset}
        for asked in list(every):
            while asked != dns.name.root:
                asked = asked.parent()
                every.add(asked)
        return sorted(every | targets)

    def server(self, address):
        last = self.silent.get(address, 1000000)
        text = self.range(address, 0, last)
        if address in self.later:
            self.zones[address], self.first[address] = self.later[address], []
            text += self.range(address, last + 1, 1000000)
        return text

    def range(self, address, since, last):
        """First what is said before anything else, then answers, then denials, then referrals."""
        first = [entry(match, question, reply) for match, question, reply in self.first.get(address, [])]
        answers, denials, cuts = [], [], {}
        for qname in self.questions():
            denied = False
            for qtype in sorted(self.types):
                zone = self.zone_for(address, qname, qtype)
                if zone is None:
                    continue
                cut = zone.cut_above(qname)
                reply = zone.reply(qname, qtype)
                if cut is not None and not (cut == qname and qtype == "DS"):
                    cuts[cut] = entry("opcode subdomain", f"{cut} IN A", reply, "copy_query")
                elif reply.answer or qtype == "DS":
                    answers.append(entry("opcode qtype qname", f"{qname} IN {qtype}", reply))
                elif not denied:
                    denied = True
                    denials.append(entry("opcode qname", f"{qname} IN A", reply, "copy_query"))
        return f"RANGE_BEGIN {since} {last}\n\tADDRESS {address}\n" + \
            "".join(first + answers + denials + list(cuts.values())) + "RANGE_END\n\n"

    def zone_for(self, address, qname, qtype):
        """The zone on this server that answers: the closest, of a DS that of the parent."""
        zones = sorted(self.zones[address], key=lambda z: -len(z.origin))
        above = [z for z in zones if qname != z.origin and qname.is_subdomain(z.origin)]
        here = [z for z in zones if qname.is_subdomain(z.origin)]
        return (above if qtype == "DS" and above else here or [None])[0]

    def write(self, title, why):
        head = ["; SPDX-License-Identifier: BSD-3-Clause", "; Made by tests/replay/make-scenarios."] + \
            [f"; {line}" for line in why]
        head += [f"\tstub-addr: {ROOT}", f'\tval-override-date: "{NOW}"']
        head += [f'\ttrust-anchor: "{a}"' for a in self.anchored] + [f"\t{s}" for s in self.settings]
        text = "\n".join(head) + f"\nCONFIG_END\n\nSCENARIO_BEGIN {title}\n\n"
        return text + "".join(self.server(a) for a in self.zones) + "\n".join(self.steps) + "\nSCENARIO_END\n"


def lines(rrsets):
    return [line for rrset in rrsets for one in (rrset if isinstance(rrset, list) else [rrset])
            for line in one.to_text().split("\n")]


def entry(match, question, reply, adjust=""):
    adjust = f"copy_id {adjust}".strip()
    if reply is None:
        return f"ENTRY_BEGIN\nMATCH {match}\nADJUST {adjust} do_not_answer\nREPLY QR NOERROR\nSECTION QUESTION\n{question}\nENTRY_END\n"
    text = [f"ENTRY_BEGIN\nMATCH {match}\nADJUST {adjust}\nREPLY QR{' AA' if reply.aa else ''} {reply.rcode}\n"
            f"SECTION QUESTION\n{question}"]
    for title, rrsets in sections(reply):
        if rrsets:
            text += [f"SECTION {title}"] + lines(rrsets)
    return "\n".join(text) + "\nENTRY_END\n"


__all__ = ["COM", "EXAMPLE", "OTHER", "ROOT", "Reply", "Story", "Zone", "name", "story"]
