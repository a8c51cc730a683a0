# SPDX-License-Identifier: BSD-3-Clause
"""Zones that are not the public tree's: forwarders (Unbound), stub zones, local zones and data, the
copy of the root (by file and from NSD), and what an instance says of itself."""
import os
import re
import subprocess
import time

import pytest

dns = pytest.importorskip("dns", reason="needs python3-dnspython")
import dns.edns     # noqa: E402
import dns.message  # noqa: E402
import dns.query    # noqa: E402
import dns.rdata    # noqa: E402
import dns.zone     # noqa: E402

import world                                                   # noqa: E402
from controlplane_test import PORT, ControlPlane, missing      # noqa: E402

pytestmark = pytest.mark.skipif(missing() is not None, reason=missing() or "")

FORWARDER, DEAD, MASTER = "127.0.0.1@5401", "127.0.0.1@5409", "127.0.0.1@5402"


def wait_for_port(lab, port, process):
    until = time.monotonic() + 20
    while time.monotonic() < until:
        assert process.poll() is None, "the helper server has ended"
        try:
            with world.inside(lab.res):
                dns.query.tcp(dns.message.make_query(".", "SOA"), "127.0.0.1", port=port, timeout=5)
            return
        except (OSError, EOFError, dns.exception.DNSException):
            time.sleep(0.1)
    raise AssertionError(f"nobody answers on port {port}")


@pytest.fixture(scope="module")
def unbound(world_lab, tmp_path_factory):
    """A validating recursive server beside us, which also knows corp., a zone of the house."""
    folder = tmp_path_factory.mktemp("unbound")
    config = folder / "unbound.conf"
    config.write_text(f"""server:
  interface: 127.0.0.1@5401
  do-daemonize: no
  chroot: ""
  username: ""
  directory: "{folder}"
  pidfile: "{folder}/pid"
  use-syslog: no
  root-hints: "{world_lab.dir}/root.hints"
  trust-anchor-file: "{world_lab.dir}/root.key"
  local-zone: "corp." static
  local-data: "www.corp. 300 A 10.9.9.9"
remote-control:
  control-enable: no
""")
    process = subprocess.Popen(["ip", "netns", "exec", world_lab.res, "unbound", "-d", "-c", str(config)],
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for_port(world_lab, 5401, process)
    yield world_lab
    process.terminate()
    process.wait(20)


def control_plane(lab, folder, more):
    one = ControlPlane(lab, folder)
    with open(one.config, "a", encoding="ascii") as f:
        f.write(more)
    return one.start()


def ad(answer):
    return "ad" in answer.flags


# --- forwarders and stubs


def test_what_a_forwarder_says_is_validated_here(unbound, tmp_path):
    cp = control_plane(unbound, tmp_path, f'forward:\n  - {{zone: ., servers: ["{FORWARDER}"]}}\n')
    a = cp.dig("www.signed.de")
    assert (a.rcode, ad(a), a.types()) == ("NOERROR", True, ["A", "RRSIG"])
    a = cp.dig("www.unsigned.de")
    assert (a.rcode, ad(a), a.types()) == ("NOERROR", False, ["A"])
    a = cp.dig("nothere.signed.se")
    assert (a.rcode, ad(a)) == ("NXDOMAIN", True)
    a = cp.dig("www.badsig.de")  # got with CD, found out by us
    assert (a.rcode, a.ede) == ("SERVFAIL", [6])
    assert cp.dig("www.badsig.de", "A", "+cd").rcode == "NOERROR"
    assert cp.dig("big.signed.de", "TXT", "+tcp").rcode == "NOERROR"
    assert cp.stop() == 0


def test_a_private_zone_needs_validate_no(unbound, tmp_path):
    cp = control_plane(unbound, tmp_path, f'forward:\n  - {{zone: corp., servers: ["{FORWARDER}"]}}\n')
    a = cp.dig("www.corp")
    assert a.rcode == "SERVFAIL" and a.ede
    assert ad(cp.dig("www.signed.de"))  # others are resolved as ever
    assert cp.stop() == 0
    with open(cp.config, encoding="ascii") as f:
        text = f.read().replace('5401"]}', '5401"], validate: no}')
    with open(cp.config, "w", encoding="ascii") as f:
        f.write(text)
    cp.start()
    a = cp.dig("www.corp")
    assert (a.rcode, ad(a), a.records[0][4]) == ("NOERROR", False, "10.9.9.9")
    assert cp.stop() == 0


def test_only_first_goes_on_in_the_public_tree(unbound, tmp_path):
    cp = control_plane(unbound, tmp_path, "forward:\n"
                       f'  - {{zone: signed.de., servers: ["{DEAD}"], first: yes}}\n'
                       f'  - {{zone: unsigned.de., servers: ["{DEAD}"]}}\n')
    a = cp.dig("www.signed.de")
    assert (a.rcode, ad(a)) == ("NOERROR", True)
    assert cp.dig("www.unsigned.de").rcode == "SERVFAIL"
    assert cp.call("stats")["resolver"]["fell_back"] > 0
    assert cp.stop() == 0


def test_a_stub_zone_begins_at_its_servers(world_lab, tmp_path):
    cp = control_plane(world_lab, tmp_path, "stub:\n"
                       "  - {zone: signed.se., servers: [10.53.7.1, ns2.signed.se.]}\n"
                       "  - {zone: unsigned.de., servers: [10.53.1.1]}\n")
    a = cp.dig("www.signed.se")
    assert (a.rcode, ad(a)) == ("NOERROR", True)
    a = cp.dig("www.sub.signed.se")  # a referral below it is followed
    assert (a.rcode, ad(a)) == ("NOERROR", True)
    assert cp.dig("www.unsigned.de").rcode == "SERVFAIL"  # the root's server is the wrong one
    assert cp.stop() == 0


# --- local zones


def test_local_names_are_answered_here_and_leak_nowhere(world_lab, tmp_path):
    cp = control_plane(world_lab, tmp_path, "local-zones: {lan.: empty, home.arpa.: off}\n"
                       "local-data:\n  - printer.lan. 60 A 10.0.0.9\n  - www.unsigned.de. 60 A 10.0.0.8\n")
    assert cp.dig("www.signed.de").rcode == "NOERROR"  # priming and keys are behind us
    keys, end = world_lab.queries(), time.monotonic() + 10
    while (before := world_lab.queries()) == keys and time.monotonic() < end:
        time.sleep(0.2)
    assert before > keys, "the root has heard which keys we trust (RFC 8145)"
    for name in ("x.onion", "a.test", "foo.invalid", "y.alt", "1.0.0.10.in-addr.arpa", "no.lan",
                 "20.172.in-addr.arpa", "x.resolver.arpa"):
        a = cp.dig(name, "PTR" if "arpa" in name else "A")
        assert a.rcode in ("NXDOMAIN", "NOERROR") and not ad(a) and a.types() == ["SOA"], name
    assert cp.dig("localhost").records[0][4] == "127.0.0.1"
    assert cp.dig("a.localhost", "AAAA").records[0][4] == "::1"
    assert cp.dig("1.0.0.127.in-addr.arpa", "PTR").records[0][4] == "localhost."
    assert cp.dig("printer.lan").records[0][4] == "10.0.0.9"
    a = cp.dig("www.unsigned.de")
    assert (a.records[0][4], ad(a)) == ("10.0.0.8", False)
    assert world_lab.queries() == before
    cp.dig("x.home.arpa")  # switched off: asked of the world
    assert world_lab.queries() > before
    assert cp.stop() == 0


def test_wrong_local_data_keeps_the_program_from_starting_and_is_told(world_lab, tmp_path):
    with pytest.raises(AssertionError, match=r'local-data: record:1:10: "10\.0\.0" is not an IPv4 address'):
        control_plane(world_lab, tmp_path, "local-data: [a.lan. A 10.0.0]\n")


# --- who is it?


def chaos(lab, name, ask, server="127.0.0.1", port=PORT, nsid=False):
    options = [dns.edns.GenericOption(dns.edns.NSID, b"")] if nsid else []
    q = dns.message.make_query(name, "TXT", rdclass="CH", use_edns=0, options=options)
    with world.inside(lab):
        return ask(q, server, port=port, timeout=5)


def text_of(reply):
    return [r.strings[0].decode() for rrset in reply.answer for r in rrset]


def nsid_of(reply):
    return [o.data.decode() if hasattr(o, "data") else o.nsid.decode()
            for o in reply.options if int(o.otype) == 3]


@pytest.mark.parametrize("ask", [dns.query.udp, dns.query.tcp])
def test_an_instance_says_who_it_is_and_hides_what_it_is_told_to(world_lab, tmp_path, ask):
    cp = control_plane(world_lab, tmp_path, "identity: {server: fra3, version: hidden, nsid: n-fra3}\n")
    reply = chaos(world_lab.res, "id.server", ask, nsid=True)
    assert (text_of(reply), nsid_of(reply)) == (["fra3"], ["n-fra3"])
    assert text_of(chaos(world_lab.res, "hostname.bind", ask)) == ["fra3"]
    reply = chaos(world_lab.res, "version.bind", ask)
    assert (reply.rcode(), nsid_of(reply)) == (dns.rcode.REFUSED, [])
    assert cp.stop() == 0


def test_the_cores_say_it_too_and_answer_local_names(world_lab, tmp_path):
    appliance = world.make_appliance(
        world_lab, "af_packet", tmp_path, options={"identity": {"server": "fra3", "version": "9", "nsid": "n-fra3"}})
    try:
        appliance.start()
        cli = world_lab.cli
        reply = chaos(cli, "id.server", dns.query.udp, world.V4, 53, nsid=True)
        assert (text_of(reply), nsid_of(reply)) == (["fra3"], ["n-fra3"])
        assert text_of(chaos(cli, "version.server", dns.query.udp, world.V6, 53)) == ["9"]
        assert chaos(cli, "other.server", dns.query.udp, world.V4, 53).rcode() == dns.rcode.REFUSED
        client = world.Client(cli)
        for _ in range(2):  # a miss, then a hit
            reply = client.ask("x.onion", "A")
            assert world.rcode(reply) == "NXDOMAIN" and not world.authentic(reply)
            assert world.rcode(client.ask("localhost", "A")) == "NOERROR"
        client.close()
        assert appliance.stop() == {"controlplane": 0, "dataplane": 0}
    finally:
        appliance.stop()


# --- the copy of the root


@pytest.fixture(scope="module")
def root_zone(world_lab, tmp_path_factory):
    """The lab's root zone with a ZONEMD, signed by the lab's keys. RSA signs the same way twice: once
    to know the zone, once with its digest in it."""
    folder = tmp_path_factory.mktemp("root")
    with open(f"{world_lab.dir}/zones/root/root.zone", encoding="ascii") as f:
        plain = [x for x in f.read().splitlines() if not re.search(r"\s(RRSIG|NSEC|DNSKEY)\s", x)]
    keys = sorted(k for k in os.listdir(f"{world_lab.dir}/keys") if k.startswith("K.+") and k.endswith(".key"))
    text = {k: open(f"{world_lab.dir}/keys/{k}", encoding="ascii").read() for k in keys}
    ksk = next(k for k in keys if " 257 3 " in text[k])
    zsk = next(k for k in keys if " 256 3 " in text[k])
    serial = next(x for x in plain if re.search(r"\sSOA\s", x)).split()[6]
    times = [time.strftime("%Y%m%d%H%M%S", time.gmtime(time.time() + t)) for t in (-3600, 864000)]

    def signed(digest):
        unsigned, out = folder / "plain", folder / "root.zone"
        unsigned.write_text("\n".join([*plain, text[ksk], text[zsk], f". 86400 IN ZONEMD {serial} 1 1 {digest}"]) + "\n")
        subprocess.run(["dnssec-signzone", "-q", "-P", "-o", ".", "-O", "full", "-s", times[0], "-e", times[1],
                        "-f", str(out), "-d", str(folder), "-x", "-k", f"{world_lab.dir}/keys/{ksk[:-4]}",
                        str(unsigned), f"{world_lab.dir}/keys/{zsk[:-4]}"], check=True, capture_output=True)
        return dns.zone.from_text(out.read_text(), ".", relativize=False)

    zone = signed("00" * 48)
    digest = zone.compute_digest(1).digest.hex()
    signed(digest).verify_digest()
    return folder / "root.zone"



def test_a_copy_from_a_file_spares_the_roots_servers(world_lab, root_zone, tmp_path):
    cp = control_plane(world_lab, tmp_path, f"root-copy: {{file: {root_zone}}}\n")
    assert cp.counter("root_loaded") == 1, cp.text()
    a = cp.dig("www.signed.de")
    assert (a.rcode, ad(a)) == ("NOERROR", True)
    a = cp.dig("no.such.tld")
    assert (a.rcode, ad(a)) == ("NXDOMAIN", True)
    assert cp.dig("www.unsigned.de").rcode == "NOERROR"
    assert cp.call("stats")["resolver"]["root_copy"] > 2
    assert cp.stop() == 0


def test_a_broken_copy_is_not_used_and_names_resolve_all_the_same(world_lab, root_zone, tmp_path):
    broken = tmp_path / "broken.zone"
    lines = root_zone.read_text().splitlines()
    glue = next(i for i, x in enumerate(lines) if re.search(r"\sIN\sA\s", x) and "root-servers" not in x)
    lines[glue] = re.sub(r"\S+$", "192.0.2.66", lines[glue])
    broken.write_text("\n".join(lines) + "\n")
    cp = control_plane(world_lab, tmp_path, f"root-copy: {{file: {broken}}}\n")
    assert cp.counter("root_refused") == 1 and "not what its ZONEMD says" in cp.text()
    assert ad(cp.dig("www.signed.de"))
    assert cp.call("stats")["resolver"]["root_copy"] == 0
    assert cp.stop() == 0


def test_a_copy_comes_by_transfer_from_the_first_master_that_has_a_good_one(world_lab, root_zone, tmp_path):
    config = tmp_path / "nsd.conf"
    config.write_text(f"""server:
  ip-address: 127.0.0.1@5402
  username: ""
  chroot: ""
  zonesdir: "{tmp_path}"
  database: ""
  pidfile: "{tmp_path}/nsd.pid"
  xfrdfile: "{tmp_path}/xfrd"
  xfrdir: "{tmp_path}"
  zonelistfile: "{tmp_path}/zonelist"
remote-control:
  control-enable: no
zone:
  name: "."
  zonefile: "{root_zone}"
  provide-xfr: 127.0.0.1 NOKEY
""")
    nsd = subprocess.Popen(["ip", "netns", "exec", world_lab.res, "nsd", "-d", "-c", str(config)],
                           stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for_port(world_lab, 5402, nsd)
        cp = control_plane(world_lab, tmp_path, f'root-copy: {{masters: ["{MASTER}"]}}\n')
        until = time.monotonic() + 20
        while cp.counter("root_loaded") == 0:
            assert time.monotonic() < until, cp.text()
            time.sleep(0.1)
        a = cp.dig("www.signed.de")
        assert (a.rcode, ad(a)) == ("NOERROR", True)
        assert cp.call("stats")["resolver"]["root_copy"] > 0
        assert cp.stop() == 0
    finally:
        nsd.terminate()
        nsd.wait(20)
