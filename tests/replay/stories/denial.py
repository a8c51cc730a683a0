# SPDX-License-Identifier: BSD-3-Clause
"""Denials: NSEC (RFC 4035 5.4) and NSEC3 (RFC 5155 8), whole and with a piece missing."""
from .story import EXAMPLE, Zone, name, story
from .zone import Reply, Signature, unique

GONE = ("gone.example.com.", "A")


def both(file, title, *why):
    """The same story with NSEC and with NSEC3."""
    def keep(tell):
        for kind in ("nsec", "nsec3"):
            story(f"{kind}_{file}", f"{title} ({kind.upper()})", *why)(lambda s, k=kind: tell(s, k))
        return tell
    return keep


@both("name_error", "A name that is proven not to exist is NXDOMAIN with AD")
def _(s, kind):
    _, _, example = s.tree(nsec=kind)
    s.ask(*GONE).expect("NXDOMAIN", ad=True, authority=example.reply(name(GONE[0]), "A").authority)


@both("name_error_deep", "Labels below a name that does not exist are proven by the same closest encloser")
def _(s, kind):
    _, _, example = s.tree(nsec=kind)
    s.ask("a.b.c.gone.example.com.", "A").expect(
        "NXDOMAIN", ad=True, authority=example.reply(name("a.b.c.gone.example.com."), "A").authority)


@both("no_such_type", "A name that is proven not to have the type is NODATA with AD")
def _(s, kind):
    _, _, example = s.tree(nsec=kind)
    s.ask("www.example.com.", "AAAA").expect(
        "NOERROR", ad=True, authority=example.reply(name("www.example.com."), "AAAA").authority)


@both("no_such_type_at_the_apex", "The apex of a zone has no A: NODATA with AD")
def _(s, kind):
    _, _, example = s.tree(nsec=kind)
    s.ask("example.com.", "A").expect("NOERROR", ad=True, authority=example.reply(example.origin, "A").authority)


@both("empty_non_terminal", "A name that only has names below it is NODATA with AD")
def _(s, kind):
    _, _, example = s.tree(nsec=kind)
    example.add("deep.ent", "A", "198.51.100.81")
    s.ask("ent.example.com.", "A").expect("NOERROR", ad=True, authority=example.reply(name("ent.example.com."), "A").authority)


@both("wildcard", "A wildcard's answer needs the proof that no closer name exists")
def _(s, kind):
    _, _, example = s.tree(nsec=kind)
    example.add("*.wild", "A", "198.51.100.82")
    reply = example.reply(name("x.wild.example.com."), "A")
    s.ask("x.wild.example.com.", "A").expect("NOERROR", reply.answer, ad=True, authority=reply.authority)


@both("wildcard_two_labels", "A wildcard covers several labels")
def _(s, kind):
    _, _, example = s.tree(nsec=kind)
    example.add("*.wild", "A", "198.51.100.82")
    reply = example.reply(name("x.y.wild.example.com."), "A")
    s.ask("x.y.wild.example.com.", "A").expect("NOERROR", reply.answer, ad=True, authority=reply.authority)


@both("wildcard_asked_for", "A wildcard's own name is a name like others")
def _(s, kind):
    _, _, example = s.tree(nsec=kind)
    example.add("*.wild", "A", "198.51.100.82")
    s.ask("*.wild.example.com.", "A").expect("NOERROR", example.get("*.wild", "A"), ad=True)


@both("wildcard_without_proof", "A wildcard's answer without the proof is bogus",
      "Else a server could answer a wildcard for names that exist.")
def _(s, kind):
    _, _, example = s.tree(nsec=kind)
    example.add("*.wild", "A", "198.51.100.82")
    reply = example.reply(name("x.wild.example.com."), "A")
    reply.authority = []
    s.says(EXAMPLE, ("x.wild.example.com.", "A"), reply)
    s.ask("x.wild.example.com.", "A").expect("SERVFAIL", ede=12)


@both("wildcard_for_a_name_that_exists", "A wildcard cannot stand for a name that exists",
      "The proof shows another gap than the one where the name would be.")
def _(s, kind):
    _, _, example = s.tree(nsec=kind)
    example.add("*.wild", "A", "198.51.100.82").add("real.wild", "A", "198.51.100.83")
    stolen = example.reply(name("other.wild.example.com."), "A")
    reply = Reply()
    star = example.sets[example.owner("*.wild"), 1]
    fake = Zone("example.com.").add("real.wild", "A", "198.51.100.82").sets[example.owner("real.wild"), 1]
    fake.ttl = star.ttl
    reply.answer = [fake] + [type(r)(fake.name, r.rdclass, r.rdtype, r.covers) for r in stolen.answer[1:]]
    reply.answer[1].update(stolen.answer[1])
    reply.authority = stolen.authority
    s.says(EXAMPLE, ("real.wild.example.com.", "A"), reply)
    s.ask("real.wild.example.com.", "A").expect("SERVFAIL")


@both("wildcard_no_such_type", "A wildcard that has not the type: NODATA with AD")
def _(s, kind):
    _, _, example = s.tree(nsec=kind)
    example.add("*.wild", "A", "198.51.100.82")
    s.ask("x.wild.example.com.", "AAAA").expect(
        "NOERROR", ad=True, authority=unique(example.reply(name("x.wild.example.com."), "AAAA").authority))


@both("nothing_proven", "An NXDOMAIN of a signed zone without any proof is bogus")
def _(s, kind):
    _, _, example = s.tree(nsec=kind)
    reply = Reply("NXDOMAIN")
    reply.authority = list(example.soa())
    s.says(EXAMPLE, GONE, reply)
    s.ask(*GONE).expect("SERVFAIL", ede=12)


@both("wildcard_not_denied", "An NXDOMAIN must show that no wildcard could have answered",
      "The name's own gap is proven, that of the wildcard is not.")
def _(s, kind):
    _, _, example = s.tree(nsec=kind)
    example.add("*", "A", "198.51.100.84").add("zz", "A", "198.51.100.85").add("0", "A", "198.51.100.86")
    reply = Reply("NXDOMAIN")
    reply.authority = list(example.soa()) + example.closest(name(GONE[0]))
    s.says(EXAMPLE, GONE, reply)
    s.ask(*GONE).expect("SERVFAIL")


@both("of_another_gap", "A proof of another gap says nothing of this name")
def _(s, kind):
    _, _, example = s.tree(nsec=kind)
    for label in ("a", "b", "m", "n", "y", "z"):
        example.add(label, "A", "198.51.100.85")
    reply = Reply("NXDOMAIN")
    reply.authority = list(example.soa()) + example.matching(name("www.example.com."))
    s.says(EXAMPLE, GONE, reply)
    s.ask(*GONE).expect("SERVFAIL")


@both("type_is_there", "NODATA is bogus when the proof says that the type is there")
def _(s, kind):
    _, _, example = s.tree(nsec=kind)
    reply = Reply()
    reply.authority = list(example.soa()) + example.matching(name("www.example.com."))
    s.says(EXAMPLE, ("www.example.com.", "A"), reply)
    s.ask("www.example.com.", "A").expect("SERVFAIL")


@both("alias_is_there", "NODATA is bogus when the proof says that there is an alias (RFC 6840 4.3)")
def _(s, kind):
    _, _, example = s.tree(nsec=kind)
    example.add("alias", "CNAME", "www.example.com.")
    reply = Reply()
    reply.authority = list(example.soa()) + example.matching(name("alias.example.com."))
    s.says(EXAMPLE, ("alias.example.com.", "A"), reply)
    s.ask("alias.example.com.", "A").expect("SERVFAIL")


@both("from_above_a_cut", "The parent's proof at a cut says nothing of the child's types (RFC 6840 4.1)",
      "com.'s own record of the delegation has neither A nor SOA.")
def _(s, kind):
    _, com, example = s.tree()
    other = Zone("com.", nsec=kind, keys=com.keys)
    other.sets = com.sets
    reply = Reply()
    reply.authority = list(example.soa()) + other.matching(example.origin)
    s.says(EXAMPLE, ("example.com.", "TXT"), reply)
    s.ask("example.com.", "TXT").expect("SERVFAIL")


@both("signature_is_bad", "A proof whose signature does not verify proves nothing")
def _(s, kind):
    _, _, example = s.tree(nsec=kind)
    reply = example.reply(name(GONE[0]), "A")
    good = example.signature
    example.signature = Signature(example.keys[0], example.origin, spoil=True)
    reply.authority = reply.authority[:2] + unique(example.no_such_name(name(GONE[0])))
    example.signature = good
    s.says(EXAMPLE, GONE, reply)
    s.ask(*GONE).expect("SERVFAIL", ede=6)


@both("soa_is_bad", "A denial whose SOA does not validate is not believed")
def _(s, kind):
    _, _, example = s.tree(nsec=kind)
    reply = example.reply(name(GONE[0]), "A")
    example.signatures[example.origin, 6] = Signature(example.keys[0], example.origin, spoil=True)
    reply.authority = list(example.soa()) + reply.authority[2:]
    del example.signatures[example.origin, 6]
    s.says(EXAMPLE, GONE, reply)
    s.ask(*GONE).expect("SERVFAIL", ede=6)


@both("unsigned_delegation", "A delegation without DS below a signed zone is insecure")
def _(s, kind):
    _, _, example = s.tree(nsec=kind)
    child = s.serve(Zone("child.example.com.", nsec=None), "192.0.2.5")
    example.delegate("child", ("ns.child.example.com.", "192.0.2.5"))
    child.add("www", "A", "198.51.100.86")
    s.ask("www.child.example.com.", "A").expect("NOERROR", child.get("www", "A"))


@both("wildcard_alias", "An alias made by a wildcard leads on, and all of it is secure")
def _(s, kind):
    _, _, example = s.tree(nsec=kind)
    example.add("*.wild", "CNAME", "www.example.com.")
    reply = example.reply(name("x.wild.example.com."), "A")
    s.ask("x.wild.example.com.", "A").expect("NOERROR", reply.answer, example.get("www", "A"), ad=True)


@story("nsec3_opt_out_name_error", "A name that may be in an opt-out span is NXDOMAIN without AD (RFC 5155 9.2)")
def _(s):
    _, _, example = s.tree(nsec="nsec3", optout=True)
    s.ask(*GONE).expect("NXDOMAIN", authority=example.reply(name(GONE[0]), "A").authority)


@story("nsec3_opt_out_delegation", "A delegation in an opt-out span is insecure (RFC 5155 8.9)")
def _(s):
    _, _, example = s.tree(nsec="nsec3", optout=True)
    child = s.serve(Zone("child.example.com.", nsec=None), "192.0.2.5")
    example.delegate("child", ("ns.child.example.com.", "192.0.2.5"))
    child.add("www", "A", "198.51.100.86")
    s.ask("www.child.example.com.", "A").expect("NOERROR", child.get("www", "A"))


@story("nsec3_opt_out_signed_delegation", "A signed delegation in an opt-out zone is secure")
def _(s):
    _, _, example = s.tree(nsec="nsec3", optout=True)
    child = s.serve(Zone("child.example.com."), "192.0.2.5")
    example.delegate("child", ("ns.child.example.com.", "192.0.2.5"), secure=child)
    child.add("www", "A", "198.51.100.86")
    s.ask("www.child.example.com.", "A").expect("NOERROR", child.get("www", "A"), ad=True)


@story("nsec3_opt_out_spans_no_data", "An opt-out span does not make existing data insecure")
def _(s):
    _, _, example = s.tree(nsec="nsec3", optout=True)
    s.ask("www.example.com.", "AAAA").expect(
        "NOERROR", ad=True, authority=example.reply(name("www.example.com."), "AAAA").authority)


@story("nsec3_iterations_at_the_limit", "Fifty iterations are still computed")
def _(s):
    _, _, example = s.tree(nsec="nsec3", iterations=50)
    s.setting("features: nsec3_iterations=50")
    s.ask(*GONE).expect("NXDOMAIN", ad=True, authority=example.reply(name(GONE[0]), "A").authority)


@story("nsec3_iterations_above_the_limit", "Above fifty a denial is insecure, and says why (RFC 9276 3.2)")
def _(s):
    _, _, example = s.tree(nsec="nsec3", iterations=51)
    s.setting("features: nsec3_iterations=50 serve_expired=yes")
    for _ in ("from the resolver", "from the cache of a dataplane's core"):
        s.ask(*GONE).expect("NXDOMAIN", authority=example.reply(name(GONE[0]), "A").authority, ede=27)


@story("nsec3_iterations_with_a_long_salt", "With 36 octets of salt each iteration hashes two blocks, and counts twice")
def _(s):
    _, _, example = s.tree(nsec="nsec3", iterations=26, salt="ab" * 36)
    s.setting("features: nsec3_iterations=50")
    s.ask(*GONE).expect("NXDOMAIN", authority=example.reply(name(GONE[0]), "A").authority, ede=27)


@story("nsec3_with_salt", "A salt is part of every hash")
def _(s):
    _, _, example = s.tree(nsec="nsec3", salt="aabbccdd", iterations=3)
    s.ask(*GONE).expect("NXDOMAIN", ad=True, authority=example.reply(name(GONE[0]), "A").authority)


@story("nsec3_no_next_closer", "The closest encloser alone does not deny a name")
def _(s):
    _, _, example = s.tree(nsec="nsec3")
    for label in ("a", "b", "m", "n", "y", "z"):
        example.add(label, "A", "198.51.100.85")
    reply = Reply("NXDOMAIN")
    reply.authority = unique(list(example.soa()) + example.matching(example.origin))
    if any(r in reply.authority for r in example.covering(name(GONE[0]))):
        raise AssertionError("the story needs another name")
    s.says(EXAMPLE, GONE, reply)
    s.ask(*GONE).expect("SERVFAIL")
