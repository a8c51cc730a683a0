# SPDX-License-Identifier: BSD-3-Clause
"""A hundred questions of the comparison with delv and unbound-host (tests/peers, `make compare`), and
that its tables and its zones hold together."""
import os
import shutil
import sys

import pytest

dns = pytest.importorskip("dns", reason="needs python3-dnspython")

import world  # noqa: E402

sys.path.append(os.path.join(world.ROOT, "tests", "peers"))
import compare      # noqa: E402
import damage       # noqa: E402
import differences  # noqa: E402
import net          # noqa: E402
import zones        # noqa: E402

TOOLS = ("nsd", "knotd", "delv", "unbound-host", "dnssec-signzone", "ldns-signzone", "kzonesign")
SAMPLE = 100


def missing():
    why = world.missing()
    tools = [t for t in TOOLS if shutil.which(t) is None]
    return why or (f"needs {tools}" if tools else None)


def leaves(sample=False):
    return [z for z in zones.build(1, sample).values() if z.group == "leaf"]


def test_every_way_of_signing_and_every_defect_is_among_the_zones():
    every = leaves()
    for signer in ("bind", "ldns", "knot"):
        assert {a for z in every if z.signer == signer for a in z.algorithms} == {5, 7, 8, 10, 13, 14, 15, 16}
        assert {z.nsec3 is None for z in every if z.signer == signer} == {True, False}
        assert {z.csk for z in every if z.signer == signer} == {True, False}
        assert any(z.optout for z in every if z.signer == signer)
    assert {z.kind for z in every} == set(damage.EDE) | {"good", "island", "badalg", "baddigest"}
    assert sum(z.signer is not None for z in zones.build(1).values()) >= 100
    assert len(zones.all_questions(zones.build(1))) >= 5000


def test_every_row_of_the_table_is_about_some_zone():
    for row in differences.ROWS:
        assert any(map(row.applies, leaves())), row.name


@pytest.mark.skipif(missing() is not None, reason=missing() or "")
def test_delv_and_unbound_host_agree_on_a_sample():
    """All kinds of zones, other names of each; the rest is `make compare`."""
    prefix = os.environ.get("HF_TEST_LAB", "hfsys") + "p" + os.environ.get("PYTEST_XDIST_WORKER", "")[-1:]
    program = os.path.join(world.PROGRAMS, "holdfast-controlplane")
    with net.Net(prefix, sample=True) as n:
        asked = zones.all_questions(n.zones)
        asked = asked[::max(1, len(asked) // SAMPLE)]
        comparison = compare.Comparison(n, program)
        faults = [f for r in comparison.judge_all(asked) for f in compare.faults(r)[0]]
        assert not n.dead()
    assert len(asked) >= SAMPLE // 2
    assert not faults, "\n".join(faults)
