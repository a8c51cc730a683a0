# SPDX-License-Identifier: BSD-3-Clause
"""The lab by itself, with no Holdfast in it: what `lab truth` says is what the servers hold, and
what an independent validating resolver (Unbound, and delv through it) makes of it."""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

import pytest

dns = pytest.importorskip("dns", reason="needs python3-dnspython")
import dns.dnssec        # noqa: E402
import dns.edns          # noqa: E402
import dns.exception     # noqa: E402
import dns.flags         # noqa: E402
import dns.message       # noqa: E402
import dns.name          # noqa: E402
import dns.query         # noqa: E402
import dns.rcode         # noqa: E402
import dns.rdatatype     # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
LAB_FOLDER = os.path.join(HERE, "..", "..", "scripts", "lab")
LAB = os.path.join(LAB_FOLDER, "lab")
sys.dont_write_bytecode = True
sys.path.insert(0, LAB_FOLDER)

from hflab import netns  # noqa: E402

PORT = 5301
TOOLS = ["nsd", "knotd", "unbound", "dnssec-signzone", "delv", "ip", "ethtool"]

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root: network namespaces"),
    pytest.mark.skipif(any(shutil.which(t) is None for t in TOOLS), reason=f"needs {TOOLS}"),
]


class Handle:
    """One lab with a prefix of its own."""

    def __init__(self, prefix, state):
        self.state = str(state)
        self.env = {**os.environ, "HF_LAB": prefix, "HF_LAB_DIR": self.state}
        self.prefix = prefix
        self.res = f"{prefix}-res"

    def run(self, *argv, check=True):
        return subprocess.run([LAB, *argv], env=self.env, check=check, timeout=60, text=True,
                              capture_output=True)

    def json(self, *argv):
        return json.loads(self.run(*argv).stdout)

    def ask(self, server, qname, qtype, port=53, flags=dns.flags.RD, timeout=8):
        """A reply from server, asked from the appliance's namespace; TCP after truncation."""
        q = dns.message.make_query(qname, qtype, use_edns=0, want_dnssec=True, payload=1232,
                                   flags=flags)
        with netns.inside(self.res):
            return dns.query.udp_with_fallback(q, server, port=port, timeout=timeout)[0]


def short_prefix(letter):
    return f"t{letter}{os.getpid() % 100000}"


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    handle = Handle(short_prefix("a"), tmp_path_factory.mktemp("lab"))
    handle.run("up")
    yield handle
    handle.run("down")


@pytest.fixture
def good_lab(lab):
    """The lab with de in order before and after, whatever the test does."""
    yield lab
    lab.run("fix", "de")


class Resolver:
    """Unbound in <P>-res on 127.0.0.1, with the lab's hints and anchor and an empty cache."""

    def __init__(self, lab, folder):
        self.lab = lab
        conf = os.path.join(folder, "unbound.conf")
        with open(conf, "w", encoding="ascii") as f:
            f.write(UNBOUND.format(port=PORT, folder=folder, state=lab.state))
        # A copy: where AppArmor is on, the profile of the installed one allows no other folder.
        program = shutil.copy(shutil.which("unbound"), os.path.join(folder, "unbound"))
        self.process = subprocess.Popen(["ip", "netns", "exec", lab.res, program, "-d", "-c", conf],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 10
        while time.monotonic() < until:
            try:
                self.ask("localhost.", "A", timeout=0.2)
                return
            except dns.exception.Timeout:
                pass
        self.stop()
        raise AssertionError("unbound does not answer")

    def ask(self, qname, qtype, flags=dns.flags.RD, timeout=8):
        return self.lab.ask("127.0.0.1", qname, qtype, PORT, flags, timeout)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)


# No QNAME minimisation: with it Unbound 1.17 answers NXDOMAIN when the CNAME itself is asked for,
# on an empty cache, and NOERROR the second time.
UNBOUND = """server:
 interface: 127.0.0.1@{port}
 directory: "{folder}"
 pidfile: ""
 chroot: ""
 username: ""
 use-syslog: no
 logfile: "{folder}/log"
 num-threads: 1
 module-config: "validator iterator"
 root-hints: "{state}/root.hints"
 trust-anchor-file: "{state}/root.ds"
 ede: yes
 qname-minimisation: no
 val-log-level: 2
 val-nsec3-keysize-iterations: "1024 50 2048 50 4096 50"
 minimal-responses: no
 rrset-roundrobin: no
remote-control:
 control-enable: no
"""


@pytest.fixture
def resolver(lab, tmp_path):
    r = Resolver(lab, str(tmp_path))
    yield r
    r.stop()


def all_faults(resolver, cases, want_of):
    out = []
    for case in cases:
        out += faults(case, want_of(case), resolver.ask(case["qname"], case["qtype"]))
    return out


def rrset_text(rrset):
    """(owner, type, {rdata text}) with absolute lower-case names."""
    return (rrset.name.to_text().lower(), dns.rdatatype.to_text(rrset.rdtype),
            frozenset(normal(r.to_text()) for r in rrset))


def expected_text(rr):
    return (rr["owner"], rr["type"], frozenset(normal(x) for x in rr["rdata"]))


def answerable(truth):
    """The cases a test can afford to ask: a dead server costs seconds each."""
    return [c for c in truth["cases"] if c["security"] != "unreachable"]


def normal(rdata):
    """Without the spaces that presentation format allows in base64 and hex."""
    return rdata if '"' in rdata else rdata.replace(" ", "").lower()


def data_of(section):
    return {rrset_text(r) for r in section if r.rdtype != dns.rdatatype.RRSIG}


def ede_codes(reply):
    return {int(o.code) for o in reply.options if isinstance(o, dns.edns.EDEOption)}


def faults(case, want, reply):
    """What is wrong with a validating resolver's reply, as text; empty when nothing is."""
    out = []
    rcode, ad = dns.rcode.to_text(reply.rcode()), bool(reply.flags & dns.flags.AD)
    if rcode != want["rcode"]:
        out.append(f"{rcode}, not {want['rcode']}")
    if ad != (want["security"] == "secure"):
        out.append(f"AD {ad}, but {want['security']}")
    if want["rcode"] != "SERVFAIL" and rcode != "SERVFAIL":
        if data_of(reply.answer) != {expected_text(r) for r in case["answer"]}:
            out.append(f"answer {data_of(reply.answer)}")
    allowed = set(case["ede_may"]) if not want["ede"] else {want["ede"]}
    if want["ede"] in (6, 9):  # from its key cache Unbound says one for the other
        allowed |= {6, 9}
    codes = ede_codes(reply)
    mute = (case["qname"], case["qtype"]) == ("de.", "NS")  # Unbound fails it without a code
    if codes - allowed or (want["ede"] and not codes and not mute):
        out.append(f"EDE {codes}, not {allowed}")
    return [f"{case['qname']} {case['qtype']} ({case['note']}): {x}" for x in out]


# -- what is served ----------------------------------------------------------------------------


def rows_to_ask(truth):
    """(zone, its servers, rrset) of what each zone answers itself; a tenth of the load names."""
    for name, zone in truth["zones"].items():
        if zone["security"] == "secure" and zone["ede"] == 22:
            continue
        for i, rr in enumerate(zone["rrsets"]):
            load = rr["owner"].startswith("n") and rr["owner"][1:2].isdigit()
            if rr["kind"] == "data" and (not load or i % 10 == 0):
                yield name, zone, rr


def test_every_server_holds_what_the_truth_says(lab):
    truth = lab.json("truth")
    hosts = {rr["owner"]: set() for z in truth["zones"].values() for rr in z["rrsets"]}
    for z in truth["zones"].values():
        for rr in z["rrsets"]:
            if rr["type"] in ("A", "AAAA"):
                hosts[rr["owner"]].update(rr["rdata"])
    asked = 0
    for name, zone, rr in rows_to_ask(truth):
        where = sorted(a for s in zone["servers"] for a in hosts[s["name"]])
        if name == "lame.se.":
            where = [a for a in where if a in ("10.53.7.2", "fd53:7::2")]
        address = where[asked % len(where)]  # in turn: NSD and Knot, IPv4 and IPv6
        reply = lab.ask(address, rr["owner"], rr["type"])
        what = f"{rr['owner']} {rr['type']} at {address}"
        assert reply.flags & dns.flags.AA, what
        assert expected_text(rr) in data_of(reply.answer), what
        ttls = {r.ttl for r in reply.answer if r.rdtype == dns.rdatatype.from_text(rr["type"])}
        assert ttls == {rr["ttl"]}
        asked += 1
    assert asked > 600


def test_load_names_can_be_computed(lab):
    truth = lab.json("truth")
    assert {x["zone"] for x in truth["load"]} == {"signed.de.", "unsigned.de.", "signed.se."}
    for x in truth["load"]:
        held = {(r["owner"], r["type"]): r["rdata"] for r in truth["zones"][x["zone"]]["rrsets"]}
        for i in (x["first"], 77, x["last"]):
            owner = x["name"].format(i=i)
            assert held[(owner, "A")] == [x["a"].format(i=i)]
            assert held[(owner, "AAAA")] == [f"{x['aaaa_net']}{i + 4096:x}"]
            assert held[(owner, "TXT")] == [x["txt"].format(i=i)]


def test_big_answers_are_truncated_over_udp(lab):
    for name, least in (("big.signed.de.", 1232), ("huge.signed.de.", 4096)):
        q = dns.message.make_query(name, "TXT", use_edns=0, payload=1232)
        with netns.inside(lab.res):
            short = dns.query.udp(q, "10.53.7.1", timeout=5)
            whole = dns.query.tcp(q, "10.53.7.1", timeout=5)
        assert short.flags & dns.flags.TC
        assert len(whole.to_wire()) > least


def test_queries_are_counted_exactly(lab):
    before = lab.json("queries", "--json")
    for address in ("10.53.7.1", "fd53:7::2", "fd53:7::1"):
        lab.ask(address, "www.signed.de.", "A")
    q = dns.message.make_query("www.signed.de.", "A")
    with netns.inside(lab.res):
        dns.query.tcp(q, "10.53.7.2", timeout=5)
    after = lab.json("queries", "--json")
    assert {k: after[k] - before[k] for k in after} == {"udp4": 1, "udp6": 2, "tcp": 1, "total": 4}
    assert int(lab.run("queries").stdout) == after["total"]


# -- what a validating resolver makes of it --------------------------------------------------------


def test_an_independent_validator_agrees_with_every_case(lab, resolver):
    cases = answerable(lab.json("truth"))
    assert len(cases) > 350
    assert all_faults(resolver, cases, lambda case: case) == []


def test_checking_disabled_gives_the_data_of_bogus_names(lab, resolver):
    cases = [c for c in answerable(lab.json("truth")) if c["security"] == "bogus"]
    assert {c["ede"] for c in cases} >= {6, 7, 8, 9, 10, 12}
    for c in cases:
        reply = resolver.ask(c["qname"], c["qtype"], dns.flags.RD | dns.flags.CD)
        assert dns.rcode.to_text(reply.rcode()) == c["data_rcode"]
        assert data_of(reply.answer) == {expected_text(r) for r in c["answer"]}


DELV = [
    ("www.signed.de.", "; fully validated"), ("www.nsec3.de.", "; fully validated"),
    ("nothere.signed.se.", "; negative response, fully validated"),
    ("www.ed448.se.", "; fully validated"),
    ("www.p384.se.", "; fully validated"), ("www.rsasha512.se.", "; fully validated"),
    ("www.ed25519.se.", "; fully validated"), ("www.unsigned.de.", "; unsigned answer"),
    ("www.unsigned.aq.", "; unsigned answer"), ("www.badsig.de.", "resolution failed"),
    ("www.expired.de.", "resolution failed"), ("www.badds.de.", "resolution failed"),
]


@pytest.mark.parametrize("name,says", DELV)
def test_delv_with_the_labs_anchor_agrees(lab, resolver, name, says):
    p = subprocess.run(["ip", "netns", "exec", lab.res, "delv", "@127.0.0.1", "-p", str(PORT),
                        "-a", os.path.join(lab.state, "root.delv"), "+root=.", name, "A"],
                       capture_output=True, text=True, timeout=30, check=False)
    assert says in p.stdout + p.stderr


def test_ask_agrees_with_the_cases_and_knows_other_names(lab):
    for case in lab.json("truth")["cases"][::40]:
        got = lab.json("ask", case["qname"], case["qtype"])
        assert {**got, "note": ""} == {**case, "note": ""}
    assert lab.json("ask", "N5.Signed.DE")["answer"][0]["rdata"] == ["198.18.1.5"]


# -- breaking de ---------------------------------------------------------------------------------


DE = {f"10.53.2.{i}": f"fd53:2::{i}" for i in range(1, 7)}


def soa_serials(lab):
    return {a: lab.ask(a, "de.", "SOA").answer[0][0].serial for v4, v6 in DE.items()
            for a in (v4, v6)}


def test_a_broken_de_fails_and_a_mended_one_does_not(good_lab, tmp_path):
    touched = [c for c in answerable(good_lab.json("truth"))
               if c["broken"]["rcode"] != c["rcode"]]
    assert {"www.fresh0.de.", "www.plain0.de.", "nothere.de."} <= {c["qname"] for c in touched}
    good_lab.run("break", "de")
    for folder, want in (("broken", lambda c: c["broken"]), ("good", lambda c: c)):
        cases = answerable(good_lab.json("truth"))  # the serial of de is another each time
        os.mkdir(tmp_path / folder)
        resolver = Resolver(good_lab, str(tmp_path / folder))
        try:
            assert all_faults(resolver, cases, want) == []
        finally:
            resolver.stop()
        good_lab.run("fix", "de")


def test_three_keys_share_one_tag_and_one_is_published(good_lab):
    public = set()
    for i in range(3):
        with open(f"{good_lab.state}/keys/de-zsk{i}/Kde.+008+33834.key", encoding="ascii") as f:
            public.add(f.read().split()[-1])
    assert len(public) == 3
    for how in ((), ("break", "de")):
        if how:
            good_lab.run(*how)
        for address in DE:
            keys = good_lab.ask(address, "de.", "DNSKEY").answer[0]
            assert sorted(k.flags for k in keys) == [256, 257]
            assert [dns.dnssec.key_id(k) for k in keys if k.flags == 256] == [33834]


def valid_share(lab, address):
    """How many of some RRsets of de, the SOA included, verify at one instance."""
    keys = {dns.name.from_text("de."): lab.ask(address, "de.", "DNSKEY").answer[0]}
    found = []
    for name, rtype in [("de.", "SOA")] + [(f"direct{i}.de.", "A") for i in range(20)]:
        answer = lab.ask(address, name, rtype).answer
        assert {r.key_tag for r in answer[1]} == {33834}
        try:
            dns.dnssec.validate(answer[0], answer[1], keys)
            found.append(True)
        except dns.dnssec.ValidationFailure:
            found.append(False)
    return sum(found) / len(found)


def test_four_of_six_instances_can_be_bad(good_lab):
    pytest.importorskip("cryptography")
    good_lab.run("break", "de", "--servers", "4")
    assert [valid_share(good_lab, a) for a in DE] == [1, 1, 0, 0, 0, 0]
    good_lab.run("break", "de", "--servers", "4", "--mixed")
    shares = [valid_share(good_lab, a) for a in DE]
    assert shares[:2] == [1, 1] and all(0.1 < s < 0.7 for s in shares[2:])
    keys = good_lab.ask("10.53.2.6", "de.", "DNSKEY").answer
    dns.dnssec.validate(keys[0], keys[1], {dns.name.from_text("de."): keys[0]})


def test_serials_rise_and_differ_between_bad_instances(good_lab):
    first = soa_serials(good_lab)
    assert len(set(first.values())) == 1
    good_lab.run("break", "de")
    broken = soa_serials(good_lab)
    assert len(set(broken.values())) == 6 and min(broken.values()) > max(first.values())
    good_lab.run("break", "de", "--servers", "4")
    again = soa_serials(good_lab)
    assert len(set(again.values())) == 5 and min(again.values()) > max(broken.values())
    good_lab.run("fix", "de")
    good_lab.run("fix", "de")
    mended = soa_serials(good_lab)
    assert len(set(mended.values())) == 1 and min(mended.values()) > max(again.values())


# -- the namespaces and the verbs ----------------------------------------------------------------


def test_env_names_what_is_there(lab):
    env = dict(x.split("=", 1) for x in lab.run("env").stdout.split())
    for key in ("HF_LAB_HINTS", "HF_LAB_ANCHOR", "HF_LAB_ANCHOR_KEY", "HF_LAB_TRUTH"):
        assert os.path.getsize(env[key]) > 0
    for ns, link in (("HF_LAB_RES", "HF_LAB_UP_IF"), ("HF_LAB_RES", "HF_LAB_SVC_IF"),
                     ("HF_LAB_CLI", "HF_LAB_CLI_IF"), ("HF_LAB_NET", "HF_LAB_NET_IF")):
        netns.run("ip", "-n", env[ns], "link", "show", env[link])
    assert env["HF_LAB_SVC_V4"] == "192.0.2.53" and env["HF_LAB_SVC_V6"] == "2001:db8:53::53"


@pytest.mark.parametrize("ns,link", [("res", "svc0"), ("cli", "cli0")])
def test_the_service_link_has_two_queues_and_no_offload(lab, ns, link):
    detail = json.loads(netns.run("ip", "-d", "-j", "-n", f"{lab.prefix}-{ns}", "link", "show",
                                  link).stdout)[0]
    assert (detail["num_tx_queues"], detail["num_rx_queues"]) == (2, 2)
    features = netns.run("ip", "netns", "exec", f"{lab.prefix}-{ns}", "ethtool", "-k", link).stdout
    for feature in ("rx-checksumming", "tx-checksumming", "tcp-segmentation-offload",
                    "generic-segmentation-offload", "generic-receive-offload"):
        assert f"{feature}: off" in features


def test_the_kernel_has_no_address_on_the_service_port(lab):
    shown = json.loads(netns.run("ip", "-j", "-n", lab.res, "addr", "show", "svc0").stdout)[0]
    assert shown["addr_info"] == [] and "UP" in shown["flags"]


@pytest.mark.parametrize("address,family", [("192.0.2.53", socket.AF_INET),
                                            ("2001:db8:53::53", socket.AF_INET6)])
def test_nobody_but_the_dataplane_answers_for_the_service_addresses(lab, address, family):
    with netns.inside(f"{lab.prefix}-cli"):
        s = socket.socket(family, socket.SOCK_DGRAM)
    with s:
        s.settimeout(0.4)
        s.sendto(b"x" * 12, (address, 53))
        with pytest.raises(OSError):
            s.recv(100)
    near = netns.run("ip", "-n", f"{lab.prefix}-cli", "neigh", "show", address, "dev", "cli0")
    assert "lladdr" not in near.stdout


def lab_processes(state):
    """Processes whose command line or working directory is in the lab's state directory."""
    out = []
    for number in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{number}/cmdline", "rb") as f:
                named = state.encode() in f.read()
            if named or os.readlink(f"/proc/{number}/cwd").startswith(state):
                out.append(int(number))
        except OSError:
            pass
    return out


def assert_nothing_left(handle):
    assert not [n for n in ("net", "res", "cli") if netns.exists(f"{handle.prefix}-{n}")]
    assert not os.path.exists(handle.state)
    assert lab_processes(handle.state) == []


def test_two_labs_live_side_by_side_and_down_leaves_nothing(lab, tmp_path):
    other = Handle(short_prefix("b"), tmp_path / "b")
    other.run("up")
    assert len(lab_processes(other.state)) >= 12
    assert other.ask("fd53:1::2", ".", "SOA").flags & dns.flags.AA
    other.run("up")  # again: takes the first one down
    other.run("down")
    assert_nothing_left(other)
    other.run("down")
    assert lab.json("status", "--json")["up"]


@pytest.mark.parametrize("seconds", [0.15, 0.6, 1.2, 1.8, 2.4])
def test_down_cleans_up_after_an_up_that_was_killed(tmp_path, seconds):
    half = Handle(short_prefix("c"), tmp_path / "c")
    p = subprocess.Popen([LAB, "up"], env=half.env, stdout=subprocess.DEVNULL)
    time.sleep(seconds)
    p.kill()
    p.wait()
    half.run("down")
    time.sleep(0.3)  # a signing tool that was running ends on its own
    half.run("down")
    assert_nothing_left(half)


def test_down_spares_processes_that_are_not_the_labs(tmp_path):
    with subprocess.Popen(["sleep", "60"]) as sleeper:
        try:
            fake = Handle(short_prefix("d"), tmp_path / "d")
            os.makedirs(tmp_path / "d" / "srv" / "root-a")
            (tmp_path / "d" / ".holdfast-lab").write_text("x")
            (tmp_path / "d" / "srv" / "root-a" / "pid").write_text(f"{sleeper.pid}\n")
            fake.run("down")
            assert sleeper.poll() is None
            assert_nothing_left(fake)
        finally:
            sleeper.kill()


def test_a_directory_of_somebody_else_is_not_touched(tmp_path):
    (tmp_path / "precious").write_text("mine")
    handle = Handle(short_prefix("e"), tmp_path)
    p = handle.run("up", check=False)
    assert p.returncode == 1 and "not touching" in p.stderr
    handle.run("down")
    assert (tmp_path / "precious").read_text() == "mine"


@pytest.mark.parametrize("prefix", ["", "Upper", "x y", "../x", "much-too-long-a-name"])
def test_a_prefix_that_cannot_name_a_namespace_is_refused(tmp_path, prefix):
    handle = Handle(prefix or "9", tmp_path / "x")
    p = handle.run("status", check=False)
    assert p.returncode == 1 and "HF_LAB" in p.stderr


def test_verbs_on_a_lab_that_is_down_say_so(tmp_path):
    handle = Handle(short_prefix("f"), tmp_path / "x")
    for verb in (("break", "de"), ("fix", "de"), ("queries",), ("truth",)):
        p = handle.run(*verb, check=False)
        assert p.returncode == 1 and "not up" in p.stderr
    assert handle.run("status", check=False).returncode == 1
