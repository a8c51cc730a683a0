# SPDX-License-Identifier: BSD-3-Clause
"""A name resolves through the dataplane: every kind of port, every name of the lab."""
import concurrent.futures
import subprocess

import dns.message
import dns.rcode
import pytest

import world
from world import V4, V6

KINDS = ["af_packet", "af_xdp", "tap"]


@pytest.fixture(scope="module", params=KINDS)
def port(request, world_lab, tmp_path_factory):
    """(lab, appliance, client) with the dataplane on this kind of port."""
    kind = request.param
    workers = 1 if kind == "tap" else 2
    appliance = world.make_appliance(world_lab, kind, tmp_path_factory.mktemp(kind), workers=workers)
    try:
        appliance.start_dataplane()
        if kind == "tap":
            world.move_tap_to_client(world_lab)
        appliance.start_controlplane()
        client = world.Client(world_lab.cli)
        yield world_lab, appliance, client
        client.close()
        assert appliance.stop() == {"controlplane": 0, "dataplane": 0}
    finally:
        appliance.stop()
        if kind == "tap":
            world.restore_client(world_lab)


def test_every_lab_name_gets_the_answer_its_zone_holds(port):
    lab, _, client = port
    wrong = []
    for i, case in enumerate(lab.truth()["cases"]):
        reply = client.ask(case["qname"], case["qtype"], V6 if i % 2 else V4)
        wrong += world.differences(case, reply)
    assert not wrong, "\n".join(wrong)


def test_a_signed_name_has_ad_and_rrsig_over_both_families(port):
    _, _, client = port
    for server in (V4, V6):
        reply = client.ask("www.signed.de", "A", server)
        assert world.rcode(reply) == "NOERROR" and world.authentic(reply) and world.signed(reply)


def test_without_do_there_are_no_signatures_and_ad_follows_the_ad_bit(port):
    _, _, client = port
    plain = client.ask("www.signed.de", "A", dnssec=False)
    asked = client.ask("www.signed.de", "A", dnssec=False, ad=True)
    assert not world.signed(plain) and not world.authentic(plain)
    assert not world.signed(asked) and world.authentic(asked)


def test_a_query_without_edns_gets_none(port):
    _, _, client = port
    reply = client.ask("www.signed.de", "A", edns=False)
    assert world.rcode(reply) == "NOERROR" and reply.edns == -1


@pytest.mark.parametrize("name,code", [("badsig.de", 6), ("expired.de", 7), ("notyet.de", 8),
                                       ("badds.de", 9), ("nosig.de", 10)])
def test_a_bogus_name_says_why_and_cd_gives_the_data(port, name, code):
    lab, _, client = port
    case = lab.oracle().case(f"www.{name}.", "A")
    for server in (V4, V6):
        reply = client.ask(f"www.{name}", "A", server)
        assert world.rcode(reply) == "SERVFAIL" and not reply.answer
        assert [c for c, _ in world.edes(reply)] == [code]
        assert world.edes(reply)[0][1], "EXTRA-TEXT names the cause"
        data = client.ask(f"www.{name}", "A", server, cd=True)
        assert world.rcode(data) == "NOERROR" and not world.authentic(data)
        assert world.data(data.answer) == world.expected(case)


def test_the_second_ask_is_a_hit_that_nobody_else_sees(port):
    lab, appliance, client = port
    first = client.ask("mail.signed.se", "AAAA")
    before, seen = appliance.counters(), lab.queries()
    replies = [client.ask("mail.signed.se", "AAAA") for _ in range(20)]
    after = appliance.counters()
    assert after["hit"] - before["hit"] == 20
    assert after["miss"] == before["miss"]
    assert lab.queries() == seen
    assert all(world.data(r.answer) == world.data(first.answer) for r in replies)


def test_ttls_count_down(port):
    import time

    _, _, client = port
    first = client.ask("www.signed.se", "A").answer[0].ttl
    time.sleep(2.2)
    later = client.ask("www.signed.se", "A").answer[0].ttl
    assert 0 < later <= first - 2 < 3600


def test_an_expired_entry_is_fetched_again(port):
    import time

    _, appliance, client = port
    client.ask("short.signed.de", "A")
    time.sleep(3.2)
    before = appliance.counters()["miss"]
    assert client.ask("short.signed.de", "A").answer[0].ttl >= 1
    assert appliance.counters()["miss"] == before + 1


def test_the_name_case_of_the_client_comes_back(port):
    _, _, client = port
    query = world.question("WwW.sIgNeD.dE")
    reply = client.send(query)
    assert reply.question[0].name.to_text() == "WwW.sIgNeD.dE."
    assert reply.answer[0].name.to_text() == "WwW.sIgNeD.dE."


def test_what_does_not_fit_comes_with_tc_and_whole_over_tcp(port):
    lab, _, client = port
    for name in ("big.signed.de", "huge.signed.de"):
        case = lab.oracle().case(name + ".", "TXT")
        reply = client.ask(name, "TXT")
        assert world.truncated(reply) and not reply.answer
        resolver = world.Client(lab.res)
        whole = resolver.ask_tcp(world.question(name, "TXT"), "127.0.0.1", 5335)
        resolver.close()
        assert world.data(whole.answer) == world.expected(case) and world.authentic(whole)


def test_a_small_buffer_gets_tc(port):
    _, _, client = port
    assert not world.truncated(client.ask("www.signed.de", "TXT", payload=1232))
    reply = client.ask("signed.de", "DNSKEY", edns=True, payload=1232)
    small = client.ask("www.signed.se", "MX", payload=512)
    assert not world.truncated(reply)
    assert world.truncated(small) or len(small.to_wire()) <= 512


def test_rd_clear_is_answered_from_the_cache_and_refused_otherwise(port):
    _, _, client = port
    client.ask("www.signed.se", "A")
    hit = client.ask("www.signed.se", "A", rd=False)
    assert world.rcode(hit) == "NOERROR" and world.authentic(hit)
    miss = client.ask("n199.signed.se", "TXT", rd=False)
    assert world.rcode(miss) == "REFUSED" and [c for c, _ in world.edes(miss)] == [20]


def test_wrong_opcode_version_and_class_are_turned_down(port):
    _, _, client = port
    notify = world.question("www.signed.de")
    notify.set_opcode(4)
    assert world.rcode(client.send(notify)) == "NOTIMP"
    later = world.question("www.signed.de")
    later.use_edns(edns=1, payload=1232)
    assert client.send(later).rcode() == dns.rcode.BADVERS
    chaos = dns.message.make_query("version.bind", "TXT", "CH", use_edns=0)
    assert world.rcode(client.send(chaos)) == "REFUSED"
    assert world.rcode(client.ask("signed.de", "AXFR")) == "REFUSED"


def test_ping_answers_on_both_service_addresses(port):
    lab, _, _ = port
    for address in (V4, V6):
        subprocess.run(["ip", "netns", "exec", lab.cli, "ping", "-c", "2", "-i", "0.2", "-W", "2",
                        address], check=True, capture_output=True)


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
        ["ip", "netns", "exec", lab.cli, "delv", "@" + V4, "-a", f"{lab.dir}/root.delv", "+root=.",
         case["qname"], case["qtype"]],
        check=False, capture_output=True, text=True, timeout=60)
    marks = [line for line in (p.stdout + p.stderr).splitlines() if line.startswith(";")]
    if any("resolution failed" in m and "ncache" not in m for m in marks):
        return "bogus", p
    if any("unsigned answer" in m for m in marks):
        return "insecure", p
    return "secure" if any("fully validated" in m for m in marks) else "nothing", p


def test_delv_through_us_agrees_on_every_lab_name(port):
    """delv validates by itself, with the lab's root key, what we hand it under CD."""
    lab, _, _ = port
    cases = [c for c in lab.truth()["cases"] if c["security"] != "unreachable"]
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
