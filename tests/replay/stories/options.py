# SPDX-License-Identifier: BSD-3-Clause
"""Options: what an operator may choose, each way."""
import ipaddress

import dns.rrset

from .story import COM, EXAMPLE, OTHER, Reply, Zone, name, story
from .zone import Signature

WWW = ("www.example.com.", "A")
ANY = ("www.example.com.", "ANY")


def everything(zone, *types):
    """The server's answer to ANY."""
    reply = Reply()
    for rtype in types:
        reply.answer += zone.get("www", rtype)
    return reply


def two_types(s, choice):
    _, _, example = s.tree()
    example.add("www", "TXT", '"here"')
    s.setting(f"features: any={choice}")
    return example


@story("any_minimal", "ANY gets one record that says so, and nobody is asked (RFC 8482 4.2)")
def _(s):
    example = two_types(s, "minimal")
    s.says(EXAMPLE, ANY, everything(example, "A", "TXT"))
    s.ask(*ANY).expect("NOERROR", dns.rrset.from_text(ANY[0], 3600, "IN", "HINFO", '"RFC8482" ""'))


@story("any_full", "ANY gets all that the servers give, each RRset judged")
def _(s):
    example = two_types(s, "full")
    s.says(EXAMPLE, ANY, everything(example, "A", "TXT"))
    s.ask(*ANY).expect("NOERROR", example.get("www", "A"), example.get("www", "TXT"), ad=True)


@story("any_full_is_no_answer_for_a_type", "What came for ANY answers no other question, and none answers it",
       "The server leaves types out of what it gives for ANY, as it may (RFC 8482 4.1).")
def _(s):
    example = two_types(s, "full")
    s.says(EXAMPLE, ANY, everything(example, "A"))
    s.ask(*ANY).expect("NOERROR", example.get("www", "A"), ad=True)
    s.ask("www.example.com.", "TXT").expect("NOERROR", example.get("www", "TXT"), ad=True)
    s.ask(*ANY).expect("NOERROR", example.get("www", "A"), ad=True)


@story("any_full_with_one_bad", "One bad RRset makes the answer to ANY bogus")
def _(s):
    example = two_types(s, "full")
    example.signatures[example.owner("www"), 16] = Signature(example.keys[0], example.origin, spoil=True)
    s.says(EXAMPLE, ANY, everything(example, "A", "TXT"))
    s.ask(*ANY).expect("SERVFAIL", ede=6)


@story("any_full_alias", "ANY gets the alias itself, which is not followed")
def _(s):
    _, _, example = s.tree()
    example.add("alias", "CNAME", "www.example.com.")
    s.setting("features: any=full")
    alias = Reply()
    alias.answer += example.get("alias", "CNAME")
    s.says(EXAMPLE, ("alias.example.com.", "ANY"), alias)
    s.ask("alias.example.com.", "A").expect("NOERROR", example.get("alias", "CNAME"), example.get("www", "A"), ad=True)
    s.ask("alias.example.com.", "ANY").expect("NOERROR", example.get("alias", "CNAME"), ad=True)


def translated(address):
    """The address at which a translator with the well-known prefix has this one (RFC 6052)."""
    return str(ipaddress.IPv6Address((0x64ff9b << 96) + int(ipaddress.IPv4Address(address))))


@story("nat64", "Servers that have IPv4 only are asked through the translator's prefix (RFC 6052)")
def _(s):
    _, _, example = s.tree()
    s.setting("do-ip4: no")
    s.setting("features: nat64_prefix=64:ff9b::/96")
    s.zones = {translated(address): zones for address, zones in s.zones.items()}
    s.ask(*WWW).expect("NOERROR", example.get("www", "A"), ad=True)


@story("nat64_off", "Without a prefix and IPv4 nobody can be asked who has IPv4 only")
def _(s):
    s.tree()
    s.setting("do-ip4: no")
    s.zones = {translated(address): zones for address, zones in s.zones.items()}
    s.ask(*WWW).expect("SERVFAIL", ede=22)


def forwarded(s, *settings):
    _, _, example = s.tree()
    s.serve(example, OTHER)
    s.setting(f"feature-list: forward=example.com. {OTHER}")
    for line in settings:
        s.setting(line)
    s.ask(*WWW).expect("NOERROR", example.get("www", "A"), ad=True)
    s.goes_silent(OTHER)
    s.passes(1)
    s.ask(*WWW)
    return example


@story("forward_cached", "What a forwarder said is kept")
def _(s):
    example = forwarded(s)
    s.expect("NOERROR", example.get("www", "A"), ad=True)


@story("forward_no_cache", "What a forwarder said is not kept if the operator says so")
def _(s):
    forwarded(s, "feature-list: needs=forward-no-cache")
    s.expect("SERVFAIL", ede=22)


@story("min_ttl", "A short TTL is raised if the operator says so")
def _(s):
    _, _, example = s.tree(nsec=None)
    example.add("short", "A", "198.51.100.7", ttl=1)
    s.setting("features: min_ttl=30")
    raised = example.get("short", "A")
    s.ask("short.example.com.", "A").expect("NOERROR", raised)
    s.goes_silent(EXAMPLE)
    s.passes(29)
    s.ask("short.example.com.", "A").expect("NOERROR", raised)
    s.passes(2)
    s.ask("short.example.com.", "A").expect("SERVFAIL")


@story("min_ttl_denial", "So is that of a denial, also of one that says nothing of how long it holds")
def _(s):
    s.tree(nsec=None)
    s.setting("features: min_ttl=30")
    s.says(EXAMPLE, ("bare.example.com.", "A"), Reply())
    s.ask("bare.example.com.", "A").expect("NOERROR")
    s.goes_silent(EXAMPLE)
    s.passes(29)
    s.ask("bare.example.com.", "A").expect("NOERROR")
    s.passes(2)
    s.ask("bare.example.com.", "A").expect("SERVFAIL")


@story("min_ttl_signed", "Signed records live no longer than their signature says (RFC 4035 5.3.3)",
       "The original TTL is 1: raising it would outlive what was signed.")
def _(s):
    _, _, example = s.tree()
    example.add("short", "A", "198.51.100.7", ttl=1)
    s.setting("features: min_ttl=30")
    s.ask("short.example.com.", "A").expect("NOERROR", example.get("short", "A"), ad=True, ttl=True)
    s.goes_silent(EXAMPLE)
    s.passes(3)
    s.ask("short.example.com.", "A").expect("SERVFAIL")


def foreign_glue(s):
    """other.com. at a server whose name is in net., of which nobody knows; com. gives its address all the same."""
    _, com, _ = s.tree()
    other = s.serve(Zone("other.com."), OTHER)
    other.add("www", "A", "198.51.100.81")
    com.delegate("other.com.", ("ns.other.net.", OTHER), secure=other)
    referral = com.reply(name("other.com."), "A")
    referral.additional.append(dns.rrset.from_text("ns.other.net.", 300, "IN", "A", OTHER))
    s.says(COM, ("other.com.", "A"), referral)
    s.ask("www.other.com.", "A")
    return other


@story("glue_foreign", "Glue from outside the zone that gives it is not used (RFC 2181 5.4.1)")
def _(s):
    foreign_glue(s)
    s.expect("SERVFAIL", ede=22)


@story("glue_foreign_wanted", "Unless the operator wants it")
def _(s):
    s.setting("harden-glue: no")
    other = foreign_glue(s)
    s.expect("NOERROR", other.get("www", "A"), ad=True)


def only_ds(zones, algorithm=None, digest="SHA256"):
    """The child's DS: its key's, but for one field."""
    _, com, example = zones
    del com.sets[example.origin, 43]
    fields = example.ds_text(digest).split(" ")
    fields[1] = str(algorithm or fields[1])
    com.add("example.com.", "DS", " ".join(fields))
    return example


def insecure_twice(s, example, ede):
    """From the resolver, then from the cache of a dataplane's core, then again from the resolver's cache."""
    s.setting("features: serve_expired=yes")
    for qname in ("www.example.com.", "www.example.com.", "other.example.com."):
        s.ask(qname, "A").expect("NOERROR", example.get(qname.split(".")[0], "A"), ede=ede)


for number in (1, 3, 5, 6, 7, 12):
    @story(f"algorithm_{number}_is_not_relied_on", f"A zone whose only DS names algorithm {number} is insecure, and says so",
           "RFC 9904, 9905 2, 9906. Algorithms 5 and 7 could be verified.")
    def _(s, number=number):
        example = only_ds(s.tree(), algorithm=number)
        example.add("other", "A", "198.51.100.81")
        s.setting("features: rsasha1=no")
        insecure_twice(s, example, 1)


@story("ds_sha1_is_not_relied_on", "A zone whose only DS has a SHA-1 digest is insecure, and says so", "RFC 9905.")
def _(s):
    example = only_ds(s.tree(), digest="SHA1")
    example.add("other", "A", "198.51.100.81")
    s.setting("features: ds_sha1=no")
    insecure_twice(s, example, 2)


@story("ds_sha1_is_relied_on", "An operator may rely on SHA-1 digests")
def _(s):
    example = only_ds(s.tree(), digest="SHA1")
    s.setting("features: ds_sha1=yes")
    s.ask(*WWW).expect("NOERROR", example.get("www", "A"), ad=True)


@story("ds_sha1_beside_a_better_one", "A SHA-1 digest that fits mends nothing where a better one does not (RFC 4509 3)")
def _(s):
    _, com, example = s.tree()
    del com.sets[example.origin, 43]
    com.add("example.com.", "DS", example.ds_text("SHA1"))
    tag, algorithm, digest, octets = example.ds_text().split(" ")
    com.add("example.com.", "DS", f"{tag} {algorithm} {digest} {octets[:-1]}{'0' if octets[-1] != '0' else '1'}")
    s.setting("features: ds_sha1=yes")
    s.ask(*WWW).expect("SERVFAIL", ede=9)
