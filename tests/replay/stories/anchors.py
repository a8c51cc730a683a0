# SPDX-License-Identifier: BSD-3-Clause
"""Trust anchors: several of one name, of both types, at any name; the closest one is where trust begins."""
from .story import story
from .trust import WWW
from .zone import Key, Signature

UNKNOWN = "200"


def ds_line(zone, key=None):
    return f"{zone.origin} 3600 IN DS {zone.ds_text(key=key)}"


def key_line(zone, key=None):
    return f"{zone.origin} 3600 IN DNSKEY {(key or zone.keys[0]).rdata.to_text()}"


def unknown_ds(zone):
    return f"{zone.origin} 3600 IN DS {zone.keys[0].tag} {UNKNOWN} 2 {'00' * 32}"


def unknown_key(zone):
    return f"{zone.origin} 3600 IN DNSKEY 257 3 {UNKNOWN} AQID"


@story("anchor_key_good_beside_stale_ds", "A DNSKEY that fits is enough beside a DS that does not",
       "Both types at one name, from two files.")
def _(s):
    root, _, example = s.tree()
    s.anchored = [ds_line(root, Key("another")), key_line(root)]
    s.ask(*WWW).expect("NOERROR", example.get("www", "A"), ad=True)


@story("anchor_ds_good_beside_stale_key", "A DS that fits is enough beside a DNSKEY that does not")
def _(s):
    root, _, example = s.tree()
    s.anchored = [key_line(root, Key("another")), ds_line(root)]
    s.ask(*WWW).expect("NOERROR", example.get("www", "A"), ad=True)


@story("anchor_both_stale", "A DS and a DNSKEY that both fit no key make all below bogus")
def _(s):
    root, _, _ = s.tree()
    s.anchored = [key_line(root, Key("another")), ds_line(root, Key("yet another"))]
    s.ask(*WWW).expect("SERVFAIL", ede=9)


@story("anchor_stale_ds_beside_unknown_key", "An anchor of an algorithm nobody knows excuses no other that fits no key",
       "Insecure is only what has no anchor that could be used (RFC 4035 5.2), in whatever order they stand.")
def _(s):
    root, _, _ = s.tree()
    s.anchored = [ds_line(root, Key("another")), unknown_key(root)]
    s.ask(*WWW).expect("SERVFAIL", ede=9)


@story("anchor_unknown_ds_beside_stale_key", "The same the other way round")
def _(s):
    root, _, _ = s.tree()
    s.anchored = [key_line(root, Key("another")), unknown_ds(root)]
    s.ask(*WWW).expect("SERVFAIL", ede=9)


@story("anchor_unknown_beside_good", "An anchor of an algorithm nobody knows does no harm to one that fits")
def _(s):
    root, _, example = s.tree()
    s.anchored = [unknown_ds(root), key_line(root)]
    s.ask(*WWW).expect("NOERROR", example.get("www", "A"), ad=True)


@story("anchor_all_unknown", "Anchors none of which can be used leave the zone insecure")
def _(s):
    root, _, example = s.tree()
    s.anchored = [unknown_ds(root), unknown_key(root)]
    s.ask(*WWW).expect("NOERROR", example.get("www", "A"), ede=1)


@story("anchor_below_a_bogus_parent", "An anchor below a zone that does not validate stands by itself",
       "com.'s keys fit no DS; example.com. has an anchor of its own.")
def _(s):
    root, com, example = s.tree()
    com.add("www.com.", "A", "198.51.100.9")
    root.sets[com.origin, 43] = type(com)("com.").add("@", "DS", com.ds_text(key=Key("another"))).sets[com.origin, 43]
    s.anchor(example)
    s.ask("www.com.", "A").expect("SERVFAIL", ede=9)
    s.ask(*WWW).expect("NOERROR", example.get("www", "A"), ad=True)


@story("anchor_the_longest_wins", "The closest anchor is the one that counts, good or not",
       "The chain from the root is whole, and example.com.'s own anchor fits no key of it (RFC 6840 C.1).")
def _(s):
    _, com, example = s.tree()
    com.add("www.com.", "A", "198.51.100.9")
    s.anchored.append(ds_line(example, Key("another")))
    s.ask(*WWW).expect("SERVFAIL", ede=9)
    s.ask("www.com.", "A").expect("NOERROR", com.get("www.com.", "A"), ad=True)


@story("anchor_longest_of_three", "Of anchors at the root, com. and example.com. each is for what is below it alone",
       "com.'s fits no key, the others do.")
def _(s):
    root, com, example = s.tree()
    root.add("www.org.", "A", "198.51.100.7")
    com.add("www.com.", "A", "198.51.100.9")
    s.anchored += [ds_line(com, Key("another")), key_line(example)]
    s.ask(*WWW).expect("NOERROR", example.get("www", "A"), ad=True)
    s.ask("www.com.", "A").expect("SERVFAIL", ede=9)
    s.ask("www.org.", "A").expect("NOERROR", root.get("www.org.", "A"), ad=True)


@story("anchor_without_a_cut", "An anchor at a name that is no zone is an anchor that no key fits",
       "Whoever configured it meant that there be keys; what is beside it is well.")
def _(s):
    _, _, example = s.tree()
    example.add("ftp", "A", "198.51.100.81")
    s.anchor(type(example)("www.example.com."))
    s.ask(*WWW).expect("SERVFAIL")
    s.ask("ftp.example.com.", "A").expect("NOERROR", example.get("ftp", "A"), ad=True)


@story("anchor_any_key_that_signed", "Of two anchors one that signed the keys is enough (RFC 6840 5.11)",
       "As in a roll: both keys are published and believed, the second one alone signs the keys.")
def _(s):
    root, _, example = s.tree()
    second = Key("second")
    root.add("@", "DNSKEY", second.rdata.to_text(), ttl=3600)
    root.signatures[root.origin, 48] = Signature(second, root.origin)
    s.anchored = [ds_line(root), ds_line(root, second)]
    s.ask(*WWW).expect("NOERROR", example.get("www", "A"), ad=True)
