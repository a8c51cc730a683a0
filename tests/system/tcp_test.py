# SPDX-License-Identifier: BSD-3-Clause
"""TCP to the service addresses: through the dataplane's exception port to the control plane."""
import concurrent.futures
import os
import re
import signal
import subprocess
import time

import dns.edns
import dns.exception
import dns.flags
import dns.query
import pytest

import model
import world
from world import V4, V6

CONNECTIONS = 200


def dig(lab, *arguments):
    return subprocess.run(["ip", "netns", "exec", lab.cli, "dig", "+time=5", "+tries=1", *arguments],
                          check=False, capture_output=True, text=True, timeout=30).stdout


def ask(lab, name, qtype, server, timeout=5):
    with world.inside(lab.cli):
        return dns.query.tcp(world.question(name, qtype), server, timeout=timeout)


def answers(lab, server, timeout=1):
    try:
        return world.rcode(ask(lab, "www.signed.de", "A", server, timeout)) == "NOERROR"
    except (OSError, EOFError, dns.exception.Timeout):
        return False


def wait_for_tcp(lab, seconds=15):
    deadline = time.monotonic() + seconds
    while not all(answers(lab, server) for server in (V4, V6)):
        assert time.monotonic() < deadline, "no answer over TCP"
        time.sleep(0.2)


@pytest.mark.parametrize("server", [V4, V6])
def test_a_signed_name_resolves_over_tcp(on_port, server):
    lab, _, _ = on_port
    wait_for_tcp(lab)
    out = dig(lab, "@" + server, "+tcp", "+dnssec", "www.signed.de", "A")
    assert "status: NOERROR" in out and "RRSIG" in out and "(TCP)" in out, out
    assert " ad" in out.split("flags:")[1].split(";")[0], out


@pytest.mark.parametrize("server", [V4, V6])
@pytest.mark.parametrize("name", ["big.signed.de", "huge.signed.de"])
def test_what_does_not_fit_udp_is_fetched_over_tcp(on_port, server, name):
    lab, _, _ = on_port
    wait_for_tcp(lab)
    out = dig(lab, "@" + server, "+dnssec", name, "TXT")
    assert "Truncated, retrying in TCP mode" in out and "(TCP)" in out, out
    whole = ask(lab, name, "TXT", server)
    case = lab.oracle().case(name + ".", "TXT")
    assert world.data(whole.answer) == world.expected(case) and world.authentic(whole)


def test_many_connections_are_all_answered(on_port):
    lab, appliance, _ = on_port
    wait_for_tcp(lab)
    before = appliance.counters()

    def one(i):
        reply = ask(lab, f"n{i % 50}.signed.se", "TXT", V6 if i % 2 else V4, 10)
        return world.rcode(reply) in ("NOERROR", "NXDOMAIN")

    with concurrent.futures.ThreadPoolExecutor(max_workers=20) as pool:
        assert all(pool.map(one, range(CONNECTIONS)))
    after = appliance.counters()
    assert after["exception_in"] - before["exception_in"] >= 4 * CONNECTIONS
    assert after["exception_out"] - before["exception_out"] >= 3 * CONNECTIONS
    assert after["exception_limited"] == before["exception_limited"]


def test_another_tcp_port_is_closed_not_silent(on_port):
    lab, _, _ = on_port
    wait_for_tcp(lab)
    for server in (V4, V6):
        with pytest.raises(ConnectionRefusedError), world.inside(lab.cli):
            dns.query.tcp(world.question("www.signed.de"), server, port=853, timeout=5)


def test_udp_is_not_for_the_kernel(on_port):
    lab, appliance, _ = on_port
    wait_for_tcp(lab)
    time.sleep(0.3)  # the last connection's farewell
    client = world.Client(lab.cli)
    before = appliance.counters()
    for server in (V4, V6):
        assert world.rcode(client.ask("www.signed.de", "A", server)) == "NOERROR"
    client.close()
    after = appliance.counters()
    assert after["queries"] - before["queries"] == 2
    assert after["exception_in"] - before["exception_in"] <= 2  # a neighbour's advertisement


def test_tcp_comes_back_after_the_dataplane_was_killed(on_port):
    lab, appliance, kind = on_port
    wait_for_tcp(lab)
    appliance.kill("dataplane", signal.SIGKILL)
    assert not answers(lab, V4)
    appliance.start_dataplane()
    if kind == "tap":
        world.move_tap_to_client(lab)
    wait_for_tcp(lab)


def test_tcp_comes_back_after_its_namespace_was_made_anew(on_port):
    lab, appliance, kind = on_port
    wait_for_tcp(lab)
    appliance.kill("dataplane", signal.SIGTERM)
    appliance.exception_down()
    assert not os.path.exists(f"/run/netns/{appliance.exception_netns}")
    appliance.start_dataplane()
    if kind == "tap":
        world.move_tap_to_client(lab)
    wait_for_tcp(lab)
    assert appliance.ctl_json("stats")["controlplane"]["service_tcp_moved"] >= 1


# --- cookies: the cores give them out, the control plane takes them over TCP

CLIENT, ADDRESS = bytes(range(8)), bytes([192, 0, 2, 1])


def with_cookie(data):
    query = world.question("www.signed.de")
    query.use_edns(0, dns.flags.DO, 1232, options=[dns.edns.GenericOption(10, data)])
    return query


def cookie_of(reply):
    return next(o.to_wire() for o in reply.options if o.otype == 10)


def made_by(secret, cookie):
    return model.cookie_state([secret], cookie, ADDRESS, int(time.time())) == 0


def reload(appliance, text, *secrets):
    with open(appliance.options["cookies"]["secrets"], "w", encoding="ascii") as f:
        f.write(text + "".join(s.hex() + "\n" for s in secrets))
    return appliance.ctl("cookie", "reload", check=False)


def renewed(client, cookie, secret):
    """What comes back for a cookie: made by this secret, since the cores said that they have it."""
    got = cookie_of(client.send(with_cookie(cookie)))
    assert made_by(secret, got)
    return got


def test_a_cookie_learnt_over_udp_is_good_over_tcp_and_while_secrets_are_rolled(on_port):
    lab, appliance, _ = on_port
    wait_for_tcp(lab)
    old, new = (bytes([i]) * 16 for i in (17, 34))
    client = world.Client(lab.cli)
    assert re.search(r"^in force on (\d+)/\1 cores in \d+ us$", reload(appliance, "# one\n", old).stdout, re.M)
    learnt = renewed(client, CLIENT, old)
    with world.inside(lab.cli):
        assert cookie_of(dns.query.tcp(with_cookie(learnt), V4, timeout=5)) == learnt
    assert reload(appliance, "", new, old).returncode == 0
    before = appliance.counters()
    fresh = renewed(client, learnt, new)
    after = appliance.counters()
    assert after["client_cookie_bad"] == before["client_cookie_bad"]  # good all the time
    assert reload(appliance, "not a secret\n", old).returncode == 1  # and nothing changes
    assert cookie_of(client.send(with_cookie(fresh))) == fresh
    assert reload(appliance, "", new).returncode == 0
    assert appliance.ctl("cookie", "show").stdout.count("makes and accepts") == 1
    client.close()


def test_a_cookie_of_a_length_that_cannot_be_is_malformed_on_every_way(on_port):
    lab, _, _ = on_port
    wait_for_tcp(lab)
    client = world.Client(lab.cli)
    assert world.rcode(client.send(with_cookie(CLIENT + b"x"))) == "FORMERR"
    with world.inside(lab.cli):
        assert world.rcode(dns.query.tcp(with_cookie(CLIENT + b"x"), V4, timeout=5)) == "FORMERR"
    client.close()
