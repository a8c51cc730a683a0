# SPDX-License-Identifier: BSD-3-Clause
"""Caches: what is kept, for how long, and what may be made of it without asking."""
from .story import COM, EXAMPLE, ROOT, name, story
from .zone import Key, Signature, Zone

WWW = ("www.example.com.", "A")
ALL = (ROOT, COM, EXAMPLE)


@story("cache_answer", "The second question is answered by nobody but us")
def _(s):
    _, _, example = s.tree()
    s.ask(*WWW).expect("NOERROR", example.get("www", "A"), ad=True)
    s.goes_silent(*ALL)
    s.ask(*WWW).expect("NOERROR", example.get("www", "A"), ad=True)


@story("cache_ttl_counts_down", "A TTL counts down while time passes")
def _(s):
    _, _, example = s.tree()
    s.ask(*WWW).expect("NOERROR", example.get("www", "A"), ad=True, ttl=True)
    s.goes_silent(*ALL)
    s.passes(100)
    later = example.get("www", "A")
    for rrset in later:
        rrset.ttl = 200
    s.ask(*WWW).expect("NOERROR", later, ad=True, ttl=True)


@story("cache_expires", "What has run out is asked for again, and nothing else is",
       "The zone's cut and keys live longer than the record: root and com. are silent by then.")
def _(s):
    root, com, example = s.tree()
    for zone, owner, rtype in ((root, com.origin, 2), (root, com.origin, 43), (com, example.origin, 2),
                               (com, example.origin, 43), (com, example.owner("ns"), 1),
                               (root, com.owner("a.nic"), 1)):
        zone.sets[owner, rtype].ttl = 3600
    s.ask(*WWW).expect("NOERROR", example.get("www", "A"), ad=True)
    s.goes_silent(ROOT, COM)
    s.passes(301)
    s.ask(*WWW).expect("NOERROR", example.get("www", "A"), ad=True, ttl=True)


@story("cache_runs_out_in_silence", "What has run out is not answered as if it had not")
def _(s):
    _, _, example = s.tree()
    s.ask(*WWW).expect("NOERROR", example.get("www", "A"), ad=True)
    s.goes_silent(*ALL)
    s.passes(301)
    s.ask(*WWW).expect("SERVFAIL")


@story("cache_other_type_is_no_answer", "An answer for one type says nothing of another")
def _(s):
    _, _, example = s.tree()
    example.add("www", "AAAA", "2001:db8::80")
    s.ask(*WWW).expect("NOERROR", example.get("www", "A"), ad=True)
    s.ask("www.example.com.", "AAAA").expect("NOERROR", example.get("www", "AAAA"), ad=True)


@story("cache_negative_ttl", "A denial lives as long as its SOA says, and no longer (RFC 2308 5)",
       "TTL 3600 and MINIMUM 300 make 300.")
def _(s):
    _, _, example = s.tree(nsec=None)
    soa = example.soa()[0]
    soa.ttl = 300
    s.ask("gone.example.com.", "A").expect("NXDOMAIN", authority=[soa], ttl=True)
    s.goes_silent(*ALL)
    s.passes(200)
    soa.ttl = 100
    s.ask("gone.example.com.", "A").expect("NXDOMAIN", authority=[soa], ttl=True)
    s.passes(101)
    soa.ttl = 3600
    s.ask("gone.example.com.", "A").expect("SERVFAIL")


@story("cache_name_error_is_for_all_types", "NXDOMAIN holds for every type of the name (RFC 2308 5)")
def _(s):
    _, _, example = s.tree(nsec=None)
    s.ask("gone.example.com.", "A").expect("NXDOMAIN")
    s.goes_silent(*ALL)
    s.ask("gone.example.com.", "MX").expect("NXDOMAIN")


@story("cache_nothing_below_a_name_that_is_not", "Below a name proven not to exist nothing exists (RFC 8020)")
def _(s):
    _, _, example = s.tree()
    s.ask("gone.example.com.", "A").expect("NXDOMAIN", ad=True)
    s.goes_silent(*ALL)
    s.ask("www.gone.example.com.", "A").expect("NXDOMAIN", ad=True)


@story("cache_no_data_is_for_one_type", "NODATA for one type says nothing of another, unless it is proven")
def _(s):
    _, _, example = s.tree(nsec=None)
    s.ask("www.example.com.", "AAAA").expect("NOERROR")
    s.ask(*WWW).expect("NOERROR", example.get("www", "A"))


@story("aggressive_name_error", "A gap that was proven answers for every name in it (RFC 8198)",
       "a.example.com. showed that there is nothing before ns.example.com., and no wildcard.")
def _(s):
    _, _, example = s.tree()
    s.setting("features: aggressive_nsec=yes")
    s.ask("a.example.com.", "A").expect("NXDOMAIN", ad=True)
    s.goes_silent(*ALL)
    s.ask("b.example.com.", "A").expect("NXDOMAIN", ad=True, authority=example.reply(name("b.example.com."), "A").authority)


@story("aggressive_stops_at_the_gap", "A name outside the gap is asked for")
def _(s):
    _, _, example = s.tree()
    s.setting("features: aggressive_nsec=yes")
    s.ask("a.example.com.", "A").expect("NXDOMAIN", ad=True)
    s.ask(*WWW).expect("NOERROR", example.get("www", "A"), ad=True)


@story("aggressive_no_such_type", "An NSEC that was seen answers for the types its name does not have (RFC 8198 5.1)")
def _(s):
    _, _, example = s.tree()
    s.setting("features: aggressive_nsec=yes")
    s.ask("www.example.com.", "AAAA").expect("NOERROR", ad=True)
    s.goes_silent(*ALL)
    s.ask("www.example.com.", "TXT").expect("NOERROR", ad=True)


@story("aggressive_nsec3", "A span of hashes that was proven answers for the names that fall into it (RFC 8198 5.1)",
       "One NSEC3 matches the apex; two cover all the rest of a small zone.")
def _(s):
    _, _, example = s.tree(nsec="nsec3")
    s.setting("features: aggressive_nsec=yes")
    for label in ("a", "b", "c", "d", "e", "f", "g", "h"):
        s.ask(f"{label}.example.com.", "A").expect("NXDOMAIN", ad=True)
    s.goes_silent(*ALL)
    s.ask("i.example.com.", "A").expect("NXDOMAIN", ad=True)


@story("aggressive_never_by_opt_out", "An opt-out span answers for nobody else (RFC 8198 5.1, RFC 5155 6)",
       "child.example.com. is in the span that denied gone.example.com.")
def _(s):
    _, _, example = s.tree(nsec="nsec3", optout=True)
    s.setting("features: aggressive_nsec=yes")
    s.ask("gone.example.com.", "A").expect("NXDOMAIN")
    s.goes_silent(*ALL)
    s.ask("child.example.com.", "A").expect("SERVFAIL")


@story("aggressive_expires", "A proof that has run out proves nothing more")
def _(s):
    _, _, example = s.tree()
    s.setting("features: aggressive_nsec=yes")
    s.ask("a.example.com.", "A").expect("NXDOMAIN", ad=True)
    s.goes_silent(*ALL)
    s.passes(301)
    s.ask("b.example.com.", "A").expect("SERVFAIL")


@story("aggressive_off", "With aggressive use switched off every name is asked for")
def _(s):
    _, _, example = s.tree()
    s.setting("features: aggressive_nsec=no")
    s.ask("a.example.com.", "A").expect("NXDOMAIN", ad=True)
    s.goes_silent(*ALL)
    s.ask("b.example.com.", "A").expect("SERVFAIL")


@story("aggressive_not_from_an_nta", "What was not judged good proves nothing for others",
       "Under a Negative Trust Anchor the NSEC's bad signature is passed, but never used again.")
def _(s):
    _, _, example = s.tree()
    s.setting("features: aggressive_nsec=yes")
    s.setting('domain-insecure: "example.com."')
    example.signature = Signature(example.keys[0], example.origin, spoil=True)
    s.ask("a.example.com.", "A").expect("NXDOMAIN")
    s.goes_silent(*ALL)
    s.ask("b.example.com.", "A").expect("SERVFAIL")


@story("failure_is_kept_for_a_second", "A failure is kept, with its reason, and then tried again (RFC 9520)",
       "The servers are mended behind our back; within the first second nobody is asked.")
def _(s):
    _, _, example = s.tree()
    example.signatures[example.owner("www"), 1] = Signature(example.keys[0], example.origin, spoil=True)
    s.ask(*WWW).expect("SERVFAIL", ede=6)
    s.goes_silent(*ALL)
    s.ask(*WWW).expect("SERVFAIL", ede=6)


@story("keys_are_kept", "The keys of a zone are asked for once")
def _(s):
    _, _, example = s.tree()
    example.add("mail", "A", "198.51.100.87")
    s.ask(*WWW).expect("NOERROR", example.get("www", "A"), ad=True)
    s.goes_silent(ROOT, COM)
    s.says(EXAMPLE, ("example.com.", "TXT"), None)
    s.ask("mail.example.com.", "A").expect("NOERROR", example.get("mail", "A"), ad=True)


@story("cd_does_not_poison", "What CD let through is answered to nobody who wants it checked",
       "Neither the answer nor the aggressive use of its proofs.")
def _(s):
    _, _, example = s.tree()
    reply = example.reply(name("gone.example.com."), "A")
    example.signature = Signature(example.keys[0], example.origin, spoil=True)
    bad = example.reply(name("gone.example.com."), "A")
    example.signature = Signature(example.keys[0], example.origin)
    s.says(EXAMPLE, ("gone.example.com.", "A"), bad)
    s.ask("gone.example.com.", "A", flags="RD CD DO").expect("NXDOMAIN")
    s.ask("gone.example.com.", "A").expect("SERVFAIL", ede=6)
    s.ask("gone2.example.com.", "A").expect("NXDOMAIN", ad=True, authority=example.reply(name("gone2.example.com."), "A").authority)
    assert reply.authority


def stays_known(root, com):
    """The delegation of com. and the addresses of its servers outlive the story; example.com.'s do not."""
    for owner, rtype in ((com.origin, 2), (com.origin, 43), (com.owner("a.nic"), 1)):
        root.sets[owner, rtype].ttl = 3600


def bad_com(example):
    """com. as a registry published it one day: signed by a key that nobody has, and a name that is new."""
    bad = Zone("com.", keys=[Key("nobody's key")])
    bad.add("@", "NS", "a.nic.com.").add("a.nic.com.", "A", COM)
    bad.delegate("example.com.", ("ns.example.com.", EXAMPLE), secure=example if example.nsec else None)
    return bad


def shown(rrsets, ttl=30):
    for rrset in rrsets:
        rrset.ttl = ttl
    return rrsets


NEW = ("new.example.com.", "A")


@story("past_parent_silent", "With the parent silent a name never asked before resolves by the delegation from before",
       "Its DS was proven once, the keys are asked for again, TTLs are stale ones.")
def _(s):
    root, com, example = s.tree()
    stays_known(root, com)
    s.setting("features: serve_expired=yes")
    example.add("new", "A", "198.51.100.81")
    s.ask(*WWW).expect("NOERROR", example.get("www", "A"), ad=True)
    s.goes_silent(COM)
    s.passes(301)
    s.ask(*NEW).expect("NOERROR", shown(example.get("new", "A")), ad=True, ede=3, ttl=True)


@story("past_parent_silent_insecure", "With the parent silent a zone that was proven insecure stays so")
def _(s):
    root, com, example = s.tree(nsec=None)
    stays_known(root, com)
    s.setting("features: serve_expired=yes")
    example.add("new", "A", "198.51.100.81")
    s.ask(*WWW).expect("NOERROR", example.get("www", "A"))
    s.goes_silent(COM)
    s.passes(301)
    s.ask(*NEW).expect("NOERROR", shown(example.get("new", "A")), ede=3, ttl=True)


@story("past_parent_bogus", "With the parent bogus a name never asked before resolves by the DS from before",
       "com. is signed by a key that its DS does not fit: nothing it says can be believed.")
def _(s):
    root, com, example = s.tree()
    stays_known(root, com)
    s.setting("features: serve_expired=yes")
    example.add("new", "A", "198.51.100.81")
    s.ask(*WWW).expect("NOERROR", example.get("www", "A"), ad=True)
    s.turns(COM, bad_com(example))
    s.passes(3601)
    s.ask(*NEW).expect("NOERROR", shown(example.get("new", "A")), ad=True, ede=3, ttl=True)
    s.ask(*WWW).expect("NOERROR", shown(example.get("www", "A")), ad=True, ede=3, ttl=True)


@story("past_parent_bogus_insecure", "With the parent bogus a zone that was proven insecure stays so")
def _(s):
    root, com, example = s.tree(nsec=None)
    stays_known(root, com)
    s.setting("features: serve_expired=yes")
    example.add("new", "A", "198.51.100.81")
    s.ask(*WWW).expect("NOERROR", example.get("www", "A"))
    s.turns(COM, bad_com(example))
    s.passes(3601)
    s.ask(*NEW).expect("NOERROR", shown(example.get("new", "A")), ede=3, ttl=True)


@story("past_never_seen", "With the parent bogus a zone that was never seen is bogus")
def _(s):
    root, com, example = s.tree()
    stays_known(root, com)
    s.setting("features: serve_expired=yes")
    s.ask("com.", "NS").expect("NOERROR", com.get("@", "NS"), ad=True)
    s.turns(COM, bad_com(example))
    s.passes(3601)
    s.ask(*WWW).expect("SERVFAIL", ede=9)


@story("past_too_long_ago", "What has run out for longer than an answer may be stale is not used")
def _(s):
    root, com, example = s.tree()
    stays_known(root, com)
    s.setting("features: serve_expired=yes")
    s.ask(*WWW).expect("NOERROR", example.get("www", "A"), ad=True)
    s.turns(COM, bad_com(example))
    s.passes(300 + 86401)
    s.ask(*WWW).expect("SERVFAIL", ede=9)
