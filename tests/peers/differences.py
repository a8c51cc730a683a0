# SPDX-License-Identifier: BSD-3-Clause
"""Where holdfast, delv and unbound-host say different things on purpose. A difference that no row
explains is a fault, and so is a row that explains none."""
import itertools
from dataclasses import dataclass
from typing import Callable

import damage

SHA1 = (5, 7)
ITERATIONS = 50        # docs/limits.md; unbound-host is told the same
ITERATIONS_BIND = 150  # BIND 9.18


@dataclass(frozen=True)
class Row:
    """applies: to which zones. ours, delv, unbound: the verdicts that the row is about."""
    name: str
    why: str
    applies: Callable
    ours: str
    delv: str
    unbound: str


def only_sha1(zone):
    return bool(zone.algorithms) and set(zone.algorithms) <= set(SHA1)


def hangs_on_sha1(zone):
    """Is there no other way into the zone than a signature or a digest made with SHA-1?"""
    return only_sha1(zone) or zone.ds == "SHA1"


def _iterations(zone):
    return zone.nsec3.iterations if zone.nsec3 else 0


def _weight(zone):
    """Of the iterations: the SHA-1 blocks that they hash (docs/limits.md)."""
    salt = 0 if zone.nsec3 is None or zone.nsec3.salt == "-" else len(zone.nsec3.salt) // 2
    return _iterations(zone) * ((20 + salt + 9 + 63) // 64)


ROWS = [
    Row("RSASHA1", "operators must not rely on RSASHA1 (RFC 9905 2): insecure, EDE 1",
        only_sha1, "insecure", "secure", "secure"),
    Row("DS of SHA-1", "operators must not rely on SHA-1 digests (RFC 9905 3): insecure, EDE 2",
        lambda z: z.ds == "SHA1", "insecure", "secure", "secure"),
    Row("iterations", "insecure above 50 NSEC3 iterations (RFC 9276 3.2), above 150 in BIND 9.18",
        lambda z: ITERATIONS < _iterations(z) <= ITERATIONS_BIND, "insecure", "secure", "insecure"),
    Row("salt", "iterations weigh what they hash: with a salt of 40 octets two blocks each, 50 count as 100",
        lambda z: _iterations(z) <= ITERATIONS < _weight(z), "insecure", "secure", "secure"),
    Row("Ed448", "Debian's libunbound is built with Nettle, without Ed448: an algorithm that is not known is"
        " insecure (RFC 4035 5.2)", lambda z: set(z.algorithms) == {16}, "secure", "secure", "insecure"),
    Row("gives up", "of bogus data that it needs itself unbound-host asks for more until it may no more:"
        " SERVFAIL without a word of bogus", lambda z: z.kind in damage.EDE, "bogus", "bogus", "failure"),
    Row("opt-out", "an opt-out gap proves no name absent: no AD (RFC 5155 9.2)",
        lambda z: z.optout, "insecure", "secure", "insecure"),
]


def _worst(*verdicts):
    return max(verdicts, key=("secure", "insecure", "bogus", "failure").index)


def explain(zones, ours, delv, unbound):
    """The row that explains why the three differ; None when none does. An answer of two zones may hang on
    a row of each: then every judge has the worse of its two verdicts."""
    if len({s.kind for s in (ours, delv, unbound)}) > 1:
        return None
    said = (ours.verdict, delv.verdict, unbound.verdict)
    of_zones = [[r for r in ROWS if r.applies(z)] for z in zones]
    for rows in [(r,) for rs in of_zones for r in rs] + list(itertools.product(*of_zones)):
        if said == tuple(_worst(*(getattr(r, judge) for r in rows)) for judge in ("ours", "delv", "unbound")):
            return rows[0]
    return None
