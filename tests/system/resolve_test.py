# SPDX-License-Identifier: BSD-3-Clause
"""A name resolves through the dataplane: every kind of port, every name of the lab."""
import subprocess

import dns.message
import dns.rcode
import pytest

import world
from world import V4, V6


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
        assert world.truncated(reply) and len(reply.to_wire()) <= 1232
        for key, rdata in world.data(reply.answer).items():
            assert rdata <= world.expected(case)[key]  # whole records
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
