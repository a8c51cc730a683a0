# SPDX-License-Identifier: BSD-3-Clause
"""Options: what an operator may choose, each way."""
import dns.rrset

from .story import EXAMPLE, Reply, story
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
