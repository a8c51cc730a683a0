# SPDX-License-Identifier: BSD-3-Clause
"""Chains of trust: from an anchor down to an answer, and where they end."""
from .story import COM, EXAMPLE, OTHER, ROOT, Reply, Zone, name, story
from .zone import Key, Signature

WWW = ("www.example.com.", "A")


@story("trust_chain", "An answer whose chain of trust holds has AD",
       "From the root's anchor by two DS records to the zone's key.")
def _(s):
    _, _, example = s.tree()
    s.ask(*WWW).expect("NOERROR", example.get("www", "A"), ad=True)


@story("trust_without_do", "A client that did not ask for DNSSEC gets no signatures, and AD if it set AD",
       "RFC 6840 5.7: AD in the query asks for AD in the reply.")
def _(s):
    _, _, example = s.tree()
    s.ask(*WWW, flags="RD AD").expect("NOERROR", example.get("www", "A")[0], ad=True)
    s.ask(*WWW, flags="RD").expect("NOERROR", example.get("www", "A")[0])


@story("trust_unsigned_child", "A delegation that is proven unsigned makes an answer without AD")
def _(s):
    _, _, example = s.tree(nsec=None)
    s.ask(*WWW).expect("NOERROR", example.get("www", "A"))


@story("trust_unsigned_tld", "Signatures below an unsigned zone prove nothing",
       "example.com. is signed, com. is not, and nobody configured an anchor for the island.")
def _(s):
    root, com, example = Zone("."), Zone("com.", nsec=None), Zone("example.com.")
    root.add("@", "NS", "a.root.").add("a.root.", "A", ROOT).delegate("com.", ("ns.com.", COM))
    com.delegate("example.com.", ("ns.example.com.", EXAMPLE))
    example.add("www", "A", "198.51.100.80")
    for zone, address in ((root, ROOT), (com, COM), (example, EXAMPLE)):
        s.serve(zone, address)
    s.anchor(root)
    s.ask(*WWW).expect("NOERROR", example.get("www", "A"))


@story("trust_island", "An island has AD when its own anchor is known",
       "com. is unsigned; the anchor of example.com. is all there is.")
def _(s):
    root, com, example = Zone(".", nsec=None), Zone("com.", nsec=None), Zone("example.com.")
    root.add("@", "NS", "a.root.").add("a.root.", "A", ROOT).delegate("com.", ("ns.com.", COM))
    com.delegate("example.com.", ("ns.example.com.", EXAMPLE)).add("www.com.", "A", "198.51.100.9")
    example.add("www", "A", "198.51.100.80")
    for zone, address in ((root, ROOT), (com, COM), (example, EXAMPLE)):
        s.serve(zone, address)
    s.anchor(example)
    s.ask(*WWW).expect("NOERROR", example.get("www", "A"), ad=True)
    s.ask("www.com.", "A").expect("NOERROR", com.get("www.com.", "A"))


@story("trust_anchor_is_a_key", "A trust anchor may be a DNSKEY")
def _(s):
    root, _, example = s.tree()
    s.anchored = [f". 3600 IN DNSKEY {root.keys[0].rdata.to_text()}"]
    s.ask(*WWW).expect("NOERROR", example.get("www", "A"), ad=True)


@story("trust_anchor_of_another_key", "An anchor that no key of the zone fits makes all below it bogus")
def _(s):
    root, _, _ = s.tree()
    s.anchored = [f". 3600 IN DS {root.ds_text(key=Key('another'))}"]
    s.ask(*WWW).expect("SERVFAIL", ede=9)


@story("trust_one_anchor_of_two", "Of two anchors of a zone one good one is enough",
       "As during a roll of the root's key: the old one is still configured.")
def _(s):
    root, _, example = s.tree()
    s.anchor(root, root.ds_text(key=Key("another")))
    s.ask(*WWW).expect("NOERROR", example.get("www", "A"), ad=True)


@story("trust_ds_fits_no_key", "A DS that no key of the child fits is bogus, not insecure")
def _(s):
    _, com, example = s.tree()
    com.sets[example.origin, 43] = Zone("example.com.").add(
        "@", "DS", example.ds_text(key=Key("another"))).sets[example.origin, 43]
    s.ask(*WWW).expect("SERVFAIL", ede=9)


@story("trust_ds_one_of_two_fits", "One DS that fits is enough (RFC 6840 5.11)")
def _(s):
    _, com, example = s.tree()
    com.add("example.com.", "DS", example.ds_text(key=Key("another")))
    s.ask(*WWW).expect("NOERROR", example.get("www", "A"), ad=True)


@story("trust_ds_sha384", "A DS of SHA-384 is believed")
def _(s):
    _, com, example = s.tree()
    del com.sets[example.origin, 43]
    com.add("example.com.", "DS", example.ds_text("SHA384"))
    s.ask(*WWW).expect("NOERROR", example.get("www", "A"), ad=True)


@story("trust_ds_unknown_digest", "A zone whose only DS has a digest nobody knows is insecure (RFC 4035 5.2)")
def _(s):
    _, com, example = s.tree()
    del com.sets[example.origin, 43]
    com.add("example.com.", "DS", f"{example.keys[0].tag} 15 200 {'00' * 32}")
    s.ask(*WWW).expect("NOERROR", example.get("www", "A"), ede=2)


@story("trust_ds_unknown_algorithm", "A zone whose only DS has an algorithm nobody knows is insecure (RFC 4035 5.2)")
def _(s):
    _, com, example = s.tree()
    del com.sets[example.origin, 43]
    com.add("example.com.", "DS", f"{example.keys[0].tag} 200 2 {'00' * 32}")
    s.ask(*WWW).expect("NOERROR", example.get("www", "A"), ede=1)


@story("trust_ds_known_beside_unknown", "An unknown algorithm beside a known one does not make a zone insecure",
       "Who strips the known DS's signatures must not get an insecure answer.")
def _(s):
    _, com, example = s.tree()
    com.add("example.com.", "DS", f"{example.keys[0].tag} 200 2 {'00' * 32}")
    example.signatures[example.owner("www"), 1] = None
    s.ask(*WWW).expect("SERVFAIL", ede=10)


@story("trust_ds_signature_is_bad", "A DS whose signature does not verify makes the child bogus")
def _(s):
    _, com, example = s.tree()
    com.signatures[example.origin, 43] = Signature(com.keys[0], com.origin, spoil=True)
    s.ask(*WWW).expect("SERVFAIL", ede=6)


@story("trust_ds_is_not_denied", "A referral that neither has a DS nor proves that there is none is no way down",
       "A server that strips DS and NSEC must not make a signed zone insecure.")
def _(s):
    _, com, example = s.tree(nsec=None)
    com.unproven.add(example.origin)
    s.ask(*WWW).expect("SERVFAIL")


@story("trust_ds_denial_is_forged", "A denial of the DS whose signature is bad proves nothing")
def _(s):
    _, com, example = s.tree(nsec=None)
    com.signatures[example.origin, 47] = Signature(com.keys[0], com.origin, spoil=True)
    s.ask(*WWW).expect("SERVFAIL", ede=6)


@story("trust_keys_are_not_signed", "A DNSKEY RRset without a signature is no zone's keys")
def _(s):
    _, _, example = s.tree()
    example.signatures[example.origin, 48] = None
    s.ask(*WWW).expect("SERVFAIL", ede=10)


@story("trust_keys_are_missing", "A zone with a DS that says it has no DNSKEY is bogus")
def _(s):
    _, _, example = s.tree()
    del example.sets[example.origin, 48]
    s.ask(*WWW).expect("SERVFAIL", ede=9)


@story("trust_keys_signed_by_the_wrong_one", "The keys must be signed by the key that the DS names",
       "Another key of the same set signed them: RFC 4035 5.2.")
def _(s):
    keys = [Key("example.com."), Key("helper", flags=256)]
    _, _, example = s.tree(keys=keys)
    example.signatures[example.origin, 48] = Signature(keys[1], example.origin)
    s.ask(*WWW).expect("SERVFAIL")


@story("trust_key_signing_and_zone_signing", "A KSK signs the keys, a ZSK the rest")
def _(s):
    keys = [Key("example.com."), Key("zsk", flags=256)]
    _, _, example = s.tree(keys=keys)
    example.signature = Signature(keys[1], example.origin)
    example.signatures[example.origin, 48] = Signature(keys[0], example.origin)
    s.ask(*WWW).expect("NOERROR", example.get("www", "A"), ad=True)


@story("trust_key_is_no_zone_key", "A key without the zone key bit signs no zone (RFC 4034 2.1.1)")
def _(s):
    _, _, example = s.tree(keys=[Key("example.com.", flags=1)])
    s.ask(*WWW).expect("SERVFAIL")


@story("trust_key_of_another_protocol", "A key whose protocol is not 3 is not used (RFC 4034 2.1.2)")
def _(s):
    _, _, example = s.tree(keys=[Key("example.com.", protocol=2)])
    s.ask(*WWW).expect("SERVFAIL")


@story("trust_key_is_revoked", "A revoked key is no key for a DS (RFC 5011 2.1)",
       "Its tag and digest change with the bit: the parent's DS was made of the key before.")
def _(s):
    _, com, example = s.tree(keys=[Key("example.com.", flags=257 | 128)])
    com.sets[example.origin, 43].clear()
    com.add("example.com.", "DS", example.ds_text(key=Key("example.com.")))
    s.ask(*WWW).expect("SERVFAIL", ede=9)


@story("trust_key_not_in_the_set", "A signature by a key that the zone does not publish proves nothing",
       "What .de did in May 2026, but for the tags being equal.")
def _(s):
    _, _, example = s.tree()
    example.signatures[example.owner("www"), 1] = Signature(Key("unpublished", flags=256), example.origin)
    s.ask(*WWW).expect("SERVFAIL")


@story("trust_insecure_all_the_way_down", "Below an unsigned zone nothing is secure again")
def _(s):
    _, com, example = s.tree(nsec=None)
    deep = s.serve(Zone("deep.example.com."), OTHER)
    example.delegate("deep", ("ns.deep.example.com.", OTHER), secure=deep)
    deep.add("www", "A", "198.51.100.81")
    s.ask("www.deep.example.com.", "A").expect("NOERROR", deep.get("www", "A"))


@story("trust_three_cuts_secure", "Three signed cuts below one another, each asked for once")
def _(s):
    _, _, example = s.tree()
    deep = s.serve(Zone("deep.example.com."), OTHER)
    example.delegate("deep", ("ns.deep.example.com.", OTHER), secure=deep)
    deep.add("www", "A", "198.51.100.81").add("mail", "A", "198.51.100.82")
    s.ask("www.deep.example.com.", "A").expect("NOERROR", deep.get("www", "A"), ad=True)
    s.goes_silent(ROOT, COM, EXAMPLE)
    s.ask("mail.deep.example.com.", "A").expect("NOERROR", deep.get("mail", "A"), ad=True)


@story("trust_parent_and_child_on_one_server", "A server of parent and child answers for the child at once",
       "There is no referral: cut, DS and keys have to be found.")
def _(s):
    _, com, example = s.tree()
    s.zones[COM].append(example)
    com.sets[example.origin, 2].clear()
    com.add("example.com.", "NS", "a.nic.com.")
    s.ask(*WWW).expect("NOERROR", example.get("www", "A"), ad=True)


@story("trust_unsigned_child_on_the_parents_server", "An unsigned child on its parent's server is insecure, not bogus")
def _(s):
    _, com, example = s.tree(nsec=None)
    s.zones[COM].append(example)
    com.sets[example.origin, 2].clear()
    com.add("example.com.", "NS", "a.nic.com.")
    s.ask(*WWW).expect("NOERROR", example.get("www", "A"))


@story("trust_ds_asked_for", "The DS of a zone is its parent's, and secure")
def _(s):
    _, com, _ = s.tree()
    s.ask("example.com.", "DS").expect("NOERROR", com.get("example.com.", "DS"), ad=True)


@story("trust_no_ds_asked_for", "That an unsigned zone has no DS is proven by its parent")
def _(s):
    _, com, example = s.tree(nsec=None)
    s.ask("example.com.", "DS").expect("NOERROR", ad=True, authority=com.reply(example.origin, "DS").authority)


@story("trust_keys_asked_for", "The keys of a zone are secure")
def _(s):
    _, _, example = s.tree()
    s.ask("example.com.", "DNSKEY").expect("NOERROR", example.get("@", "DNSKEY"), ad=True)


@story("trust_nta", "Under a Negative Trust Anchor bogus data is answered without AD (RFC 7646)",
       "EDE 33 says that an NTA stands; a name beside the zone keeps AD.")
def _(s):
    _, com, example = s.tree()
    com.add("www.com.", "A", "198.51.100.9")
    example.signatures[example.owner("www"), 1] = Signature(example.keys[0], example.origin, spoil=True)
    s.setting('domain-insecure: "example.com."')
    s.ask(*WWW).expect("NOERROR", example.get("www", "A"), ede=33)
    s.ask("www.com.", "A").expect("NOERROR", com.get("www.com.", "A"), ad=True)


@story("trust_nta_good_data", "Under a Negative Trust Anchor even good data has no AD")
def _(s):
    _, _, example = s.tree()
    s.setting('domain-insecure: "com."')
    s.ask(*WWW).expect("NOERROR", example.get("www", "A"))


@story("trust_nta_elsewhere", "A Negative Trust Anchor excuses nobody outside it")
def _(s):
    _, com, example = s.tree()
    com.add("www.com.", "A", "198.51.100.9")
    com.signatures[com.owner("www.com."), 1] = Signature(com.keys[0], com.origin, spoil=True)
    s.setting('domain-insecure: "example.com."')
    s.ask("www.com.", "A").expect("SERVFAIL", ede=6)


@story("trust_anchor_below_an_nta", "A trust anchor below a Negative Trust Anchor wins (RFC 7646 2)")
def _(s):
    _, com, example = s.tree()
    com.add("www.com.", "A", "198.51.100.9")
    s.setting('domain-insecure: "com."')
    s.anchor(example)
    s.ask(*WWW).expect("NOERROR", example.get("www", "A"), ad=True)
    s.ask("www.com.", "A").expect("NOERROR", com.get("www.com.", "A"))


@story("trust_checking_disabled", "CD gets the data that does not validate, and nobody else does")
def _(s):
    _, _, example = s.tree()
    example.signatures[example.owner("www"), 1] = Signature(example.keys[0], example.origin, spoil=True)
    s.ask(*WWW, flags="RD CD DO").expect("NOERROR", example.get("www", "A"))
    s.ask(*WWW).expect("SERVFAIL", ede=6)
    s.ask(*WWW, flags="RD CD DO").expect("NOERROR", example.get("www", "A"))


@story("trust_anchor_denied_from_above", "A zone that is anchored too may deny what is below the name of another anchor",
       "gone.example.com. has an anchor and does not exist; example.com. proves it, under the root's anchor.")
def _(s):
    _, _, example = s.tree()
    s.anchor(Zone("gone.example.com."))
    s.ask("www.gone.example.com.", "A").expect("NXDOMAIN", ad=True)


@story("trust_anchor_not_denied_by_its_cut", "What stands at a cut denies nothing below it, whoever has anchors",
       "sub.example.com. is delegated; the NSEC at the cut would cover www.sub.example.com. if it could speak of it.")
def _(s):
    _, _, example = s.tree()
    sub = s.serve(Zone("sub.example.com."), OTHER)
    sub.add("www", "A", "198.51.100.82")
    example.delegate("sub.example.com.", ("ns.sub.example.com.", OTHER), secure=sub)
    s.anchor(sub)
    denial = Reply("NXDOMAIN")
    denial.authority = list(example.soa()) + example.matching(name("sub.example.com.")) + example.matching(example.origin)
    s.says(OTHER, ("www.sub.example.com.", "A"), denial)
    s.ask("www.sub.example.com.", "A").expect("SERVFAIL")
