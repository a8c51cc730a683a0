# SPDX-License-Identifier: BSD-3-Clause
"""Zones made to be costly to validate, from real servers (tests/evil/keytrap.py): what they cost is
counted, and others do not pay for them."""
import json
import os
import subprocess
import sys
import time

import pytest

dns = pytest.importorskip("dns", reason="needs python3-dnspython")

import world  # noqa: E402

sys.path.insert(0, os.path.join(world.ROOT, "tests", "evil"))
import evil_lab  # noqa: E402
import keytrap   # noqa: E402
import trap_lab  # noqa: E402
from evil_test import ControlPlane, with_asan  # noqa: E402

CHECKS_MAX, CHECKS_RRSET = 64, 8  # docs/limits.md
P384_MAX = 16                     # in 20 ms
# What a further name costs, for which the keys of its zone are known.
SECOND = {"many": CHECKS_RRSET, "sigs": CHECKS_RRSET, "keys": 0, "fewkeys": 2, "ds": 0, "odd": 0,
          "seven": CHECKS_RRSET}
PORT, STRICT_PORT = 5339, 5340
OPTIONS = "limits:\n  time: 20s\n"

pytestmark = pytest.mark.skipif(evil_lab.missing() is not None, reason=evil_lab.missing() or "")


class Asked(ControlPlane):
    def __init__(self, lab, folder, port, more):
        super().__init__(lab, folder, f"127.0.0.1@{port}", with_asan(), more)
        self.folder, self.port = folder, port

    def ask(self, qname, qtype="A"):
        query = world.question(qname, qtype)
        with evil_lab.netns.inside(self.netns):
            return dns.query.udp(query, "127.0.0.1", port=self.port, timeout=25)

    def counters(self):
        p = subprocess.run([os.path.join(world.PROGRAMS, "holdfastctl"), "--socket",
                            f"{self.folder}/control.sock", "--json", "stats", "--all"],
                           check=True, capture_output=True, text=True)
        return json.loads(p.stdout)["result"]["resolver"]

    def cost(self, qname, qtype="A"):
        """(reply, what the counters grew by)"""
        before = self.counters()
        reply = self.ask(qname, qtype)
        after = self.counters()
        return reply, {k: after[k] - before[k] for k in after}


@pytest.fixture(scope="module")
def lab():
    handle = trap_lab.TrapLab(os.environ.get("HF_TEST_LAB", "hfe") + "k"
                              + os.environ.get("PYTEST_XDIST_WORKER", "")[-1:])
    try:
        yield handle.up()
    finally:
        handle.down()


@pytest.fixture(scope="module")
def cp(lab, tmp_path_factory):
    one = Asked(lab, str(tmp_path_factory.mktemp("trap")), PORT, OPTIONS)
    yield one
    one.stop()


def is_good(reply):
    return world.rcode(reply) == "NOERROR" and world.authentic(reply)


@pytest.mark.parametrize("bits", ["", "384"])
@pytest.mark.parametrize("kind", keytrap.KINDS)
def test_each_kind_costs_what_a_question_may_and_others_nothing(cp, kind, bits):
    zone = f"{kind}{bits}.trap"
    assert is_good(cp.ask(f"before-{kind}{bits}.good{bits}.trap"))
    for name in ("first", "few-second"):
        reply, cost = cp.cost(f"{name}.{zone}", "ANY" if kind == "any" else "A")
        assert cost["sig_checks"] <= (P384_MAX if bits and name != "first" else CHECKS_MAX), cost
        if kind == "seven":
            assert is_good(reply)
        elif kind != "any":
            assert world.rcode(reply) == "SERVFAIL" and world.edes(reply), reply
    if kind in SECOND:  # bogus records are asked for once more
        assert cost["sig_checks"] in (SECOND[kind], 2 * SECOND[kind]), cost
    reply, cost = cp.cost(f"after-{kind}{bits}.good{bits}.trap")
    assert is_good(reply)
    assert cost["sig_checks"] == 1


def test_zones_that_never_validate_cost_nothing_after_the_third_name(cp):
    for i in range(4):
        cp.ask(f"few{i}.sigs384.trap")
    _, cost = cp.cost("few-next.sigs384.trap")
    assert cost["sig_checks"] == 0


def test_a_domain_has_its_share_of_the_thread_and_others_theirs(lab, tmp_path):
    """What is secure in the end brings no zone into trouble: nothing but the share bounds what names cost
    together."""
    options = OPTIONS.replace("time: 20s", "time: 20s\n  zone-checks: 1ms")
    one = Asked(lab, str(tmp_path), STRICT_PORT, options)
    try:
        before, began = one.counters(), time.monotonic()
        for i in range(60):
            one.ask(f"n{i}.seven384.trap")
        after, elapsed = one.counters(), time.monotonic() - began
        assert after["zone_costly"] > before["zone_costly"]
        # Fifty milliseconds at once, one name more, its chain, and what time gives back; 1.2 ms each.
        assert (after["sig_checks"] - before["sig_checks"]) * 1.2 <= 50 + 10 + 10 + elapsed
        assert is_good(one.ask("beside.good384.trap"))
        assert one.counters()["zone_costly"] == after["zone_costly"]
    finally:
        one.stop()
