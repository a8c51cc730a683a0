# SPDX-License-Identifier: BSD-3-Clause
"""holdfastctl trace: what it shows of the lab's names is what the lab's zones have."""
import concurrent.futures
import json
import socket

import dns.dnssec
import dns.rdata
import pytest

import world
from delv_test import one_of_each

TRACES = 4  # at once, docs/limits.md


@pytest.fixture(scope="module")
def traced(world_lab, tmp_path_factory):
    """(lab, appliance): two recursion threads, which is where traces are not made."""
    appliance = world.make_appliance(world_lab, "af_packet", tmp_path_factory.mktemp("trace"), workers=1,
                                     options={"resolver": {"threads": 2}})
    try:
        appliance.start()
        yield world_lab, appliance
        assert appliance.stop() == {"controlplane": 0, "dataplane": 0}
    finally:
        appliance.stop()
        world_lab.run("fix", "de")


def tags(truth, zone, kind):
    """Key tags of a zone's DNSKEY or DS records, as the lab has them."""
    parent = zone if kind == "DNSKEY" else zone.split(".", 1)[1] or "."
    found = set()
    for rrset in truth["zones"][parent]["rrsets"]:
        if rrset["owner"] == zone and rrset["type"] == kind:
            for text in rrset["rdata"]:
                rdata = dns.rdata.from_text("IN", kind, text)
                found.add(dns.dnssec.key_id(rdata) if kind == "DNSKEY" else rdata.key_tag)
    return found


def chain_differences(truth, trace):
    """What the steps say of keys and DS that the zones do not have."""
    wrong = []
    for step in trace["steps"]:
        if step["kind"] == "keys" and step["name"] in truth["zones"]:
            shown = {k["key_tag"] for k in step["keys"]}
            if shown != tags(truth, step["name"], "DNSKEY"):
                wrong.append(f"keys of {step['name']}: {shown}")
            vouching = {v["key_tag"] for v in step["vouching"]}
            if step["vouched_by"] == "DS" and vouching != tags(truth, step["name"], "DS"):
                wrong.append(f"DS of {step['name']}: {vouching}")
        for rrset in step.get("rrsets", []):
            for signature in rrset["signatures"]:
                if signature.get("verdict") == "verified" and \
                        signature["key_tag"] not in tags(truth, signature["signer"], "DNSKEY"):
                    wrong.append(f"{rrset['owner']}: verified by {signature['key_tag']}")
    return wrong


def differences(truth, case, trace):
    answer, name = trace["answer"], f"{case['qname']} {case['qtype']}"
    wrong = [f"{name}: {w}" for w in chain_differences(truth, trace)]
    if (answer["rcode"], answer["verdict"]) != (case["rcode"], case["security"]):
        wrong.append(f"{name} is {case['rcode']} {case['security']}, traced {answer}")
    if case.get("ede") is not None and answer["ede"] not in [case["ede"], *(case.get("ede_may") or [])]:
        wrong.append(f"{name}: EDE {answer['ede']}, not {case['ede']}")
    verdicts = [s["verdict"] for s in trace["steps"]]
    if case["security"] == "secure" and set(verdicts) != {"secure"}:
        wrong.append(f"{name} is secure by {verdicts}")
    if case["security"] == "bogus" and "bogus" not in verdicts:
        wrong.append(f"{name} is bogus by {verdicts}")
    return wrong


def test_the_chain_of_every_kind_of_name_is_that_of_its_zones(traced):
    lab, appliance = traced
    truth = lab.truth()
    cases = one_of_each([c for c in truth["cases"] if c["security"] != "unreachable"])
    with concurrent.futures.ThreadPoolExecutor(max_workers=TRACES) as pool:
        traces = list(pool.map(lambda c: appliance.ctl_json("trace", c["qname"], c["qtype"]), cases))
    wrong = [w for case, trace in zip(cases, traces) for w in differences(truth, case, trace)]
    assert len(cases) > 60
    assert not wrong, "\n".join(wrong[:20])


def test_what_is_traced_is_in_no_cache_afterwards_and_what_was_cached_still_is(traced):
    lab, appliance = traced
    client = world.Client(lab.cli)
    client.ask("www.signed.se.", "A")
    client.ask("nothere.signed.se.", "A")
    appliance.ctl("trace", "www.rsasha512.se", "A")
    appliance.ctl("trace", "www.signed.se", "A")
    before = lab.queries()
    missing = appliance.ctl_json("trace", "www.rsasha512.se", "A", "--cached")
    cached = appliance.ctl_json("trace", "www.signed.se", "A", "--cached")
    client.close()
    assert lab.queries() == before
    assert missing["steps"][-1]["verdict"] is None and missing["dataplane"]["entries"] == []
    assert [s["verdict"] for s in cached["steps"]] == ["secure"] * 6
    assert cached["dataplane"]["entries"][0]["verdict"] == "secure"
    assert "NXDOMAIN, secure, " in appliance.ctl("cache", "show", "nothere.signed.se", "A").stdout


def test_with_four_of_six_servers_bad_each_address_is_shown_as_it_is(traced):
    lab, appliance = traced
    from hflab.world import DE_SERVERS
    bad = set(lab.run("break", "de", "--servers", "4").stdout.split(" at ")[1].split())
    judged = {}
    for i in range(8):  # until a bad one is met first: else nobody is asked out of curiosity
        trace = appliance.ctl_json("trace", f"www.fresh{i}.de", "A")
        assert trace["answer"]["verdict"] == "secure"
        step = next(s for s in trace["steps"] if s["kind"] == "ds" and s["name"] == f"fresh{i}.de.")
        judged = {q["server"]: q["verdict"] for q in step["queries"] if "verdict" in q}
        if len(judged) > 1:
            break
    assert judged == {a: "bogus" if s.name in bad else "secure" for s in DE_SERVERS for a in s.addresses}


def test_with_all_servers_bad_the_trace_names_key_tag_step_and_nta(traced):
    lab, appliance = traced
    lab.run("break", "de")
    text = appliance.ctl("trace", "www.plain3.de", "A").stdout
    appliance.ctl("nta", "add", "de", "--yes", "--for", "1h", "--reason", "bad signatures in .de")
    under = appliance.ctl("trace", "www.plain3.de", "A").stdout
    appliance.ctl("nta", "remove", "de")
    assert "plain3.de.  DS  bogus: signature does not verify (RFC 4035 5.3.3)" in text
    assert "www.plain3.de.  A  bogus: signature does not verify (RFC 4035 5.3.3), by step 4" in text
    assert "good records from 0 of 12 addresses" in text
    assert "=>  bogus: SERVFAIL\n    EDE 6 (DNSSEC Bogus)\n    RRSIG " in text
    assert "keytag 33834" in text
    assert "=>  unvalidated: NOERROR\n    EDE 33" in under
    assert "SERVFAIL, EDE 6 (DNSSEC Bogus)" in under
    assert "negative trust anchor de., until " in under and "bad signatures in .de" in under


@pytest.mark.parametrize("arguments, says", [
    (("a..b", "A"), '"a..b" is not a domain name'),
    (("müller.de", "A"), "is not ASCII"),
    (("x.de", "BLAH"), '"BLAH" is not a type'),
    (("x.de", "ANY"), "many types or none"),
    (("x.de",), "usage: holdfastctl trace NAME TYPE"),
])
def test_what_cannot_be_traced_is_a_usage_error(traced, arguments, says):
    _, appliance = traced
    p = appliance.ctl("trace", *arguments, check=False)
    assert p.returncode == 2 and says in p.stderr


def test_a_client_that_goes_away_and_more_traces_than_fit_do_no_harm(traced):
    _, appliance = traced
    line = json.dumps({"version": 1, "command": "trace",
                       "arguments": {"name": "www.dead.se", "type": "A"}}).encode() + b"\n"
    clients = []
    for _ in range(TRACES):  # nobody answers there, so that they take their time
        clients.append(socket.socket(socket.AF_UNIX))
        clients[-1].connect(appliance.control)
        clients[-1].sendall(line)
    for _ in range(50):
        busy = appliance.ctl("trace", "www.signed.se", "A", check=False)
        if busy.returncode != 0:
            break
    assert busy.returncode == 1 and "4 traces are under way" in busy.stderr
    for client in clients:
        client.close()
    assert appliance.ctl("status", check=False).returncode == 0
