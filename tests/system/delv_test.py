# SPDX-License-Identifier: BSD-3-Clause
"""delv, which validates by itself, agrees with us on the names of the lab: one of each TLD and kind in
`make test`, every one of them, on every kind of port, in `make compare` (HF_COMPARE=1). A delv costs a
tenth of a second and more."""
import concurrent.futures
import os
import subprocess

import pytest

from world import V4

EVERY = "HF_COMPARE" in os.environ


# Where delv (BIND's validator) says secure and we say insecure, on purpose: {(name, type): why}.
OPT_OUT = "opt-out NSEC3 does not prove that the name is not there: no AD (RFC 5155 9.2)"
ITERATIONS = "150 iterations: insecure above 50 here (RFC 9276 3.2), above 150 in BIND 9.18"
DELV_BELIEVES_MORE = {
    ("nothere.de.", "A"): OPT_OUT,
    ("unsigned.de.", "DS"): OPT_OUT,
    ("nothere.iter.se.", "A"): ITERATIONS,
    ("www.iter.se.", "MX"): ITERATIONS,
}


def delv(lab, case):
    """What delv makes of it. A reply made of parts is insecure if any part is."""
    p = subprocess.run(
        ["nsenter", f"--net=/run/netns/{lab.cli}", "delv", "@" + V4, "-a", f"{lab.dir}/root.delv", "+root=.",
         case["qname"], case["qtype"]],
        check=False, capture_output=True, text=True, timeout=60)
    marks = [line for line in (p.stdout + p.stderr).splitlines() if line.startswith(";")]
    if any("resolution failed" in m and "ncache" not in m for m in marks):
        return "bogus", p
    if any("unsigned answer" in m for m in marks):
        return "insecure", p
    return "secure" if any("fully validated" in m for m in marks) else "nothing", p


def parent(qname):
    return qname.split(".", 1)[1]


def tld(qname):
    return qname.split(".")[-2]


def one_of_each(cases, place=parent):
    """A case of each place, rcode and verdict; and each where delv and we differ."""
    kinds = {}
    for c in cases:
        known = (c["qname"], c["qtype"]) in DELV_BELIEVES_MORE
        kinds.setdefault((place(c["qname"]), c["rcode"], c["security"], known and c["qname"]), c)
    return list(kinds.values())


@pytest.mark.parametrize("on_port", ["af_packet", "af_xdp", "tap"] if EVERY else ["af_packet"],
                         indirect=True, scope="module")
def test_delv_through_us_agrees_on_the_lab_s_names(port):
    """delv validates by itself, with the lab's root key, what we hand it under CD."""
    lab, _, _ = port
    cases = [c for c in lab.truth()["cases"] if c["security"] != "unreachable"]
    if not EVERY:
        cases = one_of_each(cases, tld)
    with concurrent.futures.ThreadPoolExecutor(max_workers=6) as pool:
        verdicts = list(pool.map(lambda case: delv(lab, case), cases))
    wrong = []
    for case, (verdict, p) in zip(cases, verdicts):
        differs = (case["qname"], case["qtype"]) in DELV_BELIEVES_MORE
        want = "secure" if differs else case["security"]
        if differs and case["security"] != "insecure":
            wrong.append(f"{case['qname']} {case['qtype']}: no difference any more")
        if verdict != want:
            wrong.append(f"{case['qname']} {case['qtype']} is {case['security']}, delv says {verdict}: "
                         f"{(p.stdout + p.stderr)[:200]}")
    assert not wrong, "\n".join(wrong[:20])
