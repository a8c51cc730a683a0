# SPDX-License-Identifier: BSD-3-Clause
"""Signatures: each field as it must not be, and what is still good enough (RFC 4035 5.3)."""
from .story import EXAMPLE, OTHER, Zone, name, story
from .zone import SINCE, UNTIL, Key, Signature

WWW = ("www.example.com.", "A")


def bad(file, title, rcode="SERVFAIL", ede=None, **wrong):
    """A story in which only the signature over www.example.com. A is wrong."""
    @story(file, title)
    def _(s):
        _, _, example = s.tree()
        example.signatures[example.owner("www"), 1] = Signature(example.keys[0], example.origin, **wrong)
        s.ask(*WWW).expect(rcode, ede=ede)


bad("sig_spoiled", "A signature with one bit flipped", ede=6, spoil=True)
bad("sig_expired", "A signature that has expired", ede=7, since="20260101000000", until="20260601000000")
bad("sig_not_yet", "A signature from the future", ede=8, since="20260602000000", until="20260701000000")
bad("sig_upside_down", "A signature that ends before it begins", since=UNTIL, until=SINCE)
bad("sig_labels_too_many", "A signature that counts more labels than the owner has (RFC 4035 5.3.1)", labels=4)
bad("sig_wrong_tag", "A signature whose key tag is no key's", tag=1)
bad("sig_wrong_algorithm", "A signature that names an algorithm its key does not have", algorithm=13)
bad("sig_unknown_algorithm", "A signature of an algorithm nobody knows, in a zone whose DS names a known one", algorithm=200)
bad("sig_of_another_type", "A signature that covers another type", type=28)


@story("sig_missing", "Data of a signed zone without a signature is bogus")
def _(s):
    _, _, example = s.tree()
    example.signatures[example.owner("www"), 1] = None
    s.ask(*WWW).expect("SERVFAIL", ede=10)


@story("sig_by_the_parent", "A zone above may not sign for a zone below",
       "com.'s key is good and the signature verifies, but com. has delegated example.com.")
def _(s):
    _, com, example = s.tree()
    example.signatures[example.owner("www"), 1] = Signature(com.keys[0], com.origin)
    s.ask(*WWW).expect("SERVFAIL")


@story("sig_by_a_sibling", "Another zone may not sign for this one, however good its key is")
def _(s):
    _, com, example = s.tree()
    other = s.serve(Zone("other.com."), OTHER)
    com.delegate("other.com.", ("ns.other.com.", OTHER), secure=other)
    example.signatures[example.owner("www"), 1] = Signature(other.keys[0], other.origin)
    s.ask(*WWW).expect("SERVFAIL")


@story("sig_by_a_name_inside", "The signer must be the zone's apex",
       "The signer's name is that of the owner itself, where there is no zone.")
def _(s):
    _, _, example = s.tree()
    example.signatures[example.owner("www"), 1] = Signature(example.keys[0], example.owner("www"))
    s.ask(*WWW).expect("SERVFAIL")


@story("sig_one_of_two_is_good", "One good signature is enough")
def _(s):
    _, _, example = s.tree()
    example.signatures[example.owner("www"), 1] = [
        Signature(example.keys[0], example.origin, spoil=True), Signature(example.keys[0], example.origin)]
    s.ask(*WWW).expect("NOERROR", example.get("www", "A"), ad=True)


@story("sig_unknown_beside_a_good_one", "A signature nobody can check beside a good one does no harm")
def _(s):
    _, _, example = s.tree()
    example.signatures[example.owner("www"), 1] = [
        Signature(example.keys[0], example.origin, algorithm=200), Signature(example.keys[0], example.origin)]
    s.ask(*WWW).expect("NOERROR", example.get("www", "A"), ad=True)


@story("sig_two_keys_of_a_roll", "Two zone keys, the second signs: a roll in the middle")
def _(s):
    keys = [Key("example.com."), Key("old", flags=256), Key("new", flags=256)]
    _, _, example = s.tree(keys=keys)
    example.signatures[example.owner("www"), 1] = Signature(keys[2], example.origin)
    s.ask(*WWW).expect("NOERROR", example.get("www", "A"), ad=True)


@story("sig_ends_before_the_ttl", "Data is not kept longer than its signature lasts (RFC 4035 5.3.3)",
       "The TTL is 300, the signature has 100 seconds left.")
def _(s):
    _, _, example = s.tree()
    example.signatures[example.owner("www"), 1] = Signature(example.keys[0], example.origin, until="20260601120140")
    good = example.get("www", "A")
    for rrset in good:
        rrset.ttl = 100
    s.ask(*WWW).expect("NOERROR", good, ad=True, ttl=True)


@story("sig_original_ttl_is_the_cap", "A TTL above the one that was signed is brought down to it")
def _(s):
    _, _, example = s.tree()
    www = example.get("www", "A")
    reply = example.reply(name("www.example.com."), "A")
    for rrset in reply.answer:
        rrset.ttl = 3000
    s.says(EXAMPLE, WWW, reply)
    s.ask(*WWW).expect("NOERROR", www, ad=True, ttl=True)


@story("sig_data_changed", "A record that was not signed with the others makes the set bogus")
def _(s):
    _, _, example = s.tree()
    reply = example.reply(name("www.example.com."), "A")
    forged = Zone("example.com.").add("www", "A", "203.0.113.66").sets[example.owner("www"), 1]
    reply.answer = [forged] + reply.answer[1:]
    s.says(EXAMPLE, WWW, reply)
    s.ask(*WWW).expect("SERVFAIL", ede=6)


@story("sig_record_left_out", "A set with a record missing is not the set that was signed")
def _(s):
    _, _, example = s.tree()
    example.add("www", "A", "198.51.100.81")
    reply = example.reply(name("www.example.com."), "A")
    fewer = Zone("example.com.").add("www", "A", "198.51.100.80").sets[example.owner("www"), 1]
    reply.answer = [fewer] + reply.answer[1:]
    s.says(EXAMPLE, WWW, reply)
    s.ask(*WWW).expect("SERVFAIL", ede=6)


@story("sig_names_in_upper_case", "Case of owner names and of names in RDATA does not matter (RFC 4034 6.2)")
def _(s):
    _, _, example = s.tree()
    example.add("mail", "MX", "10 mx.example.com.")
    reply = example.reply(name("mail.example.com."), "MX")
    shouted = Zone("example.com.").add("MAIL", "MX", "10 MX.EXAMPLE.COM.").sets[example.owner("mail"), 15]
    reply.answer = [shouted] + reply.answer[1:]
    s.says(EXAMPLE, ("mail.example.com.", "MX"), reply)
    s.ask("mail.example.com.", "MX").expect("NOERROR", reply.answer, ad=True)


@story("sig_bad_at_one_server", "If one server has bad signatures another is asked",
       "Two of six had good ones when .de failed.")
def _(s):
    _, com, example = s.tree()
    s.zones[OTHER] = [example]
    com.delegate("example.com.", ("ns2.example.com.", OTHER))
    example.add("ns2", "A", OTHER).add("@", "NS", "ns2.example.com.")
    reply = example.reply(name("www.example.com."), "A")
    example.signatures[example.owner("www"), 1] = Signature(example.keys[0], example.origin, spoil=True)
    wrong = example.reply(name("www.example.com."), "A")
    del example.signatures[example.owner("www"), 1]
    s.says(EXAMPLE, WWW, wrong)
    s.ask(*WWW).expect("NOERROR", reply.answer, ad=True)


@story("sig_bad_keys_at_one_server", "If one server has bad keys another is asked for them")
def _(s):
    _, com, example = s.tree()
    s.zones[OTHER] = [example]
    com.delegate("example.com.", ("ns2.example.com.", OTHER))
    example.add("ns2", "A", OTHER).add("@", "NS", "ns2.example.com.")
    example.signatures[example.origin, 48] = Signature(example.keys[0], example.origin, spoil=True)
    wrong = example.reply(example.origin, "DNSKEY")
    del example.signatures[example.origin, 48]
    s.says(EXAMPLE, ("example.com.", "DNSKEY"), wrong)
    s.ask(*WWW).expect("NOERROR", example.get("www", "A"), ad=True)


@story("sig_bad_at_all_servers", "If all servers have bad signatures the answer is bogus, with the reason")
def _(s):
    _, com, example = s.tree()
    s.zones[OTHER] = [example]
    com.delegate("example.com.", ("ns2.example.com.", OTHER))
    example.add("ns2", "A", OTHER).add("@", "NS", "ns2.example.com.")
    example.signatures[example.owner("www"), 1] = Signature(example.keys[0], example.origin, spoil=True)
    s.ask(*WWW).expect("SERVFAIL", ede=6)
