# SPDX-License-Identifier: BSD-3-Clause
"""Aliases across zones: the least secure link of a chain decides (RFC 4035 3.2.3)."""
from .story import COM, EXAMPLE, OTHER, Zone, name, story
from .zone import Signature

ALIAS = ("alias.example.com.", "A")


def two(s, secure=True, **how):
    """example.com. with an alias to www.other.com., and other.com., signed or not."""
    _, com, example = s.tree(**how)
    other = s.serve(Zone("other.com.", nsec="nsec" if secure else None), OTHER)
    com.delegate("other.com.", ("ns.other.com.", OTHER), secure=other if secure else None)
    other.add("www", "A", "198.51.100.90")
    example.add("alias", "CNAME", "www.other.com.")
    return example, other


@story("alias_secure_to_secure", "An alias from one signed zone into another: AD, the CNAME first")
def _(s):
    example, other = two(s)
    s.ask(*ALIAS).expect("NOERROR", example.get("alias", "CNAME"), other.get("www", "A"), ad=True)


@story("alias_secure_to_insecure", "An alias from a signed zone into an unsigned one: no AD")
def _(s):
    example, other = two(s, secure=False)
    s.ask(*ALIAS).expect("NOERROR", example.get("alias", "CNAME"), other.get("www", "A"))


@story("alias_insecure_to_secure", "An alias from an unsigned zone into a signed one: no AD")
def _(s):
    example, other = two(s, nsec=None)
    s.ask(*ALIAS).expect("NOERROR", example.get("alias", "CNAME"), other.get("www", "A"))


@story("alias_to_bogus", "An alias into a zone that does not validate is bogus as a whole")
def _(s):
    _, other = two(s)
    other.signatures[other.owner("www"), 1] = Signature(other.keys[0], other.origin, spoil=True)
    s.ask(*ALIAS).expect("SERVFAIL", ede=6)


@story("alias_itself_is_bogus", "An alias that does not validate leads nowhere")
def _(s):
    example, _ = two(s)
    example.signatures[example.owner("alias"), 5] = Signature(example.keys[0], example.origin, spoil=True)
    s.ask(*ALIAS).expect("SERVFAIL", ede=6)


@story("alias_to_a_name_under_an_nta", "An alias into a zone under a Negative Trust Anchor: data, no AD")
def _(s):
    example, other = two(s)
    other.signatures[other.owner("www"), 1] = Signature(other.keys[0], other.origin, spoil=True)
    s.setting('domain-insecure: "other.com."')
    s.ask(*ALIAS).expect("NOERROR", example.get("alias", "CNAME"), other.get("www", "A"), ede=33)


@story("alias_to_no_such_name", "An alias to a name that does not exist: NXDOMAIN, both parts proven")
def _(s):
    example, other = two(s)
    del other.sets[other.owner("www"), 1]
    s.ask(*ALIAS).expect("NXDOMAIN", example.get("alias", "CNAME"), ad=True,
                         authority=other.reply(name("www.other.com."), "A").authority)


@story("alias_to_no_such_type", "An alias to a name without the type: NODATA, both parts proven")
def _(s):
    example, other = two(s)
    s.ask("alias.example.com.", "AAAA").expect("NOERROR", example.get("alias", "CNAME"), ad=True,
                                               authority=other.reply(name("www.other.com."), "AAAA").authority)


@story("alias_asked_for_itself", "Who asks for the CNAME gets it, and nothing behind it")
def _(s):
    example, _ = two(s)
    s.ask("alias.example.com.", "CNAME").expect("NOERROR", example.get("alias", "CNAME"), ad=True)


@story("alias_in_three_steps", "A chain of three aliases through two zones")
def _(s):
    example, other = two(s)
    example.add("one", "CNAME", "two.other.com.").add("three", "CNAME", "www.other.com.")
    other.add("two", "CNAME", "three.example.com.")
    s.ask("one.example.com.", "A").expect(
        "NOERROR", example.get("one", "CNAME"), other.get("two", "CNAME"), example.get("three", "CNAME"),
        other.get("www", "A"), ad=True)


@story("alias_from_the_cache", "An alias and its target come from the cache, each with its own TTL",
       "The alias lives for 300 s, the target for 1000 s.")
def _(s):
    example, other = two(s)
    other.sets[other.owner("www"), 1].ttl = 1000
    s.ask("www.other.com.", "A").expect("NOERROR", other.get("www", "A"), ad=True)
    s.ask(*ALIAS).expect("NOERROR", example.get("alias", "CNAME"), other.get("www", "A"), ad=True)
    s.goes_silent(EXAMPLE, OTHER, COM)
    s.ask(*ALIAS).expect("NOERROR", example.get("alias", "CNAME"), other.get("www", "A"), ad=True)


@story("dname_secure", "A DNAME is signed, the CNAME made of it needs no signature (RFC 6672 5.3.1)")
def _(s):
    example, other = two(s)
    example.add("tree", "DNAME", "other.com.")
    s.ask("www.tree.example.com.", "A").expect(
        "NOERROR", example.reply(name("www.tree.example.com."), "A").answer, other.get("www", "A"), ad=True)


@story("dname_bogus", "A DNAME that does not validate leads nowhere")
def _(s):
    example, _ = two(s)
    example.add("tree", "DNAME", "other.com.")
    example.signatures[example.owner("tree"), 39] = Signature(example.keys[0], example.origin, spoil=True)
    s.ask("www.tree.example.com.", "A").expect("SERVFAIL", ede=6)


@story("dname_to_insecure", "A DNAME into an unsigned zone: no AD")
def _(s):
    example, other = two(s, secure=False)
    example.add("tree", "DNAME", "other.com.")
    s.ask("www.tree.example.com.", "A").expect(
        "NOERROR", example.reply(name("www.tree.example.com."), "A").answer, other.get("www", "A"))


@story("dname_cname_is_forged", "The CNAME beside a DNAME is made anew, not believed",
       "The server adds a CNAME to another name than the DNAME makes.")
def _(s):
    example, other = two(s)
    example.add("tree", "DNAME", "other.com.")
    reply = example.reply(name("www.tree.example.com."), "A")
    forged = Zone("example.com.").add("www.tree", "CNAME", "evil.other.com.").sets[name("www.tree.example.com."), 5]
    honest = reply.answer
    reply.answer = honest[:-1] + [forged]
    s.says(EXAMPLE, ("www.tree.example.com.", "A"), reply)
    s.ask("www.tree.example.com.", "A").expect("NOERROR", honest, other.get("www", "A"), ad=True)
