# SPDX-License-Identifier: BSD-3-Clause
"""holdfast-controlplane by itself, in the lab: its listeners over UDP and TCP, its admin socket, its
store. No dataplane runs. The program built with ASan is taken when there is one."""
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import time

import pytest

dns = pytest.importorskip("dns", reason="needs python3-dnspython")
import dns.message  # noqa: E402
import dns.rcode    # noqa: E402

import world        # noqa: E402

PORT = 5335
LISTEN = [f"127.0.0.1@{PORT}", f"::1@{PORT}", f"0.0.0.0@{PORT + 1}"]


def program():
    return world.program("holdfast-controlplane")


def missing():
    if os.geteuid() != 0:
        return "needs root: network namespaces"
    tools = [t for t in ("ip", "nsd", "knotd", "dig", "dnssec-signzone") if shutil.which(t) is None]
    if tools:
        return f"needs {tools}"
    return None if program() else "not built: holdfast-controlplane (make programs)"


pytestmark = pytest.mark.skipif(missing() is not None, reason=missing() or "")


class Answer:
    """What dig says."""

    def __init__(self, text):
        self.text = text
        status = re.search(r"status: (\w+)", text)
        self.rcode = status.group(1) if status else None
        flags = re.search(r"flags: ([a-z ]*);", text)
        self.flags = flags.group(1).split() if flags else []
        self.ede = [int(x) for x in re.findall(r"; EDE: (\d+)", text)]
        self.records = [line.split(None, 4) for line in text.splitlines()
                        if line and not line.startswith(";")]

    def types(self):
        return [r[3] for r in self.records]


class ControlPlane:
    """The real binary in the namespace of the appliance."""

    def __init__(self, lab, folder):
        self.lab, self.folder, self.process = lab, str(folder), None
        self.control = os.path.join(self.folder, "control.sock")
        self.store = os.path.join(self.folder, "policy.db")
        self.log = os.path.join(self.folder, "log")
        self.config = os.path.join(self.folder, "holdfast.yaml")
        with open(self.config, "w", encoding="ascii") as f:
            f.write(f"listen: {json.dumps(LISTEN)}\n"
                    f"link:\n  socket: {self.folder}/link.sock\n"
                    f"control:\n  socket: {self.control}\n"
                    f"resolver:\n  root-hints: {lab.dir}/root.hints\n"
                    f"validation:\n  trust-anchors: [{lab.dir}/root.ds, {lab.dir}/root.key]\n"
                    f"policy:\n  store: {self.store}\n")

    def start(self, *before):
        """before: a command that becomes the program, such as one that sets limits first."""
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                ["ip", "netns", "exec", self.lab.res, *before, program(), "--config", self.config],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        until = time.monotonic() + 20
        while time.monotonic() < until:
            assert self.process.poll() is None, self.text()
            try:
                self.call("status")
                return self
            except OSError:
                time.sleep(0.02)
        raise AssertionError("not ready: " + self.text())

    def text(self):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return f.read()

    def stop(self, sig=signal.SIGTERM):
        self.process.send_signal(sig)
        code = self.process.wait(20)
        text = self.text()
        assert "Sanitizer" not in text and "runtime error" not in text, text
        return code

    def dig(self, name, qtype="A", *more, server="127.0.0.1", port=PORT):
        p = subprocess.run(
            ["ip", "netns", "exec", self.lab.res, "dig", f"@{server}", "-p", str(port), "+tries=1",
             "+time=10", "+dnssec", "-t", qtype, name, *more],
            capture_output=True, text=True, timeout=30, check=False)
        return Answer(p.stdout)

    def dial(self):
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(10)
        s.connect(self.control)
        return s

    def call(self, command, **arguments):
        """result, or (exit code, reason)."""
        with self.dial() as s:
            s.sendall(json.dumps({"version": 1, "command": command,
                                  "arguments": arguments}).encode() + b"\n")
            reply = json.loads(s.makefile().readline())
        if reply["ok"]:
            return reply["result"]
        return reply["error"]["exit"], reply["error"]["reason"]

    def counter(self, name):
        return self.call("stats")["controlplane"][name]

    def files_open(self):
        """Descriptors of the control plane itself (`ip netns exec` replaces itself by it)."""
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))


@pytest.fixture(scope="module")
def lab():
    handle = world.Lab("hfc")
    handle.run("up")
    yield handle
    handle.down()


@pytest.fixture(scope="module")
def cp(lab, tmp_path_factory):
    one = ControlPlane(lab, tmp_path_factory.mktemp("controlplane")).start()
    yield one
    assert one.stop() == 0


@pytest.fixture
def own(lab, cp, tmp_path):
    """A control plane of the test's own. The shared one makes room: they have the same ports."""
    assert cp.stop() == 0
    one = ControlPlane(lab, tmp_path)
    yield one
    if one.process and one.process.poll() is None:
        one.stop()
    cp.start()


# --- answers


@pytest.mark.parametrize("transport", ["+notcp", "+tcp"])
@pytest.mark.parametrize("server", ["127.0.0.1", "::1"])
def test_a_signed_name_is_answered_with_ad_and_signature(cp, server, transport):
    a = cp.dig("www.signed.de", "A", transport, server=server)
    assert (a.rcode, "ad" in a.flags, a.types()) == ("NOERROR", True, ["A", "RRSIG"])
    assert a.records[0][4] == "198.18.0.80" and a.ede == []


@pytest.mark.parametrize("transport", ["+notcp", "+tcp"])
def test_an_unsigned_name_is_answered_without_ad(cp, transport):
    a = cp.dig("www.unsigned.de", "A", transport)
    assert (a.rcode, "ad" in a.flags, a.types()) == ("NOERROR", False, ["A"])


@pytest.mark.parametrize("name,code", [("www.badsig.de", 6), ("www.expired.de", 7),
                                       ("www.notyet.de", 8), ("www.badds.de", 9),
                                       ("www.nosig.de", 10)])
def test_a_bogus_name_is_servfail_with_its_cause_and_cd_gives_the_data(cp, name, code):
    for transport in ("+notcp", "+tcp"):
        a = cp.dig(name, "A", transport)
        assert (a.rcode, a.ede, a.records) == ("SERVFAIL", [code], [])
        a = cp.dig(name, "A", transport, "+cd")
        assert a.rcode == "NOERROR" and "ad" not in a.flags and "cd" in a.flags
        assert a.records[0][4] == "198.18.0.80"


def test_denials_carry_soa_and_ad(cp):
    a = cp.dig("nothere.signed.se", "A")
    assert a.rcode == "NXDOMAIN" and "ad" in a.flags and "SOA" in a.types()
    a = cp.dig("www.signed.de", "MX")
    assert a.rcode == "NOERROR" and "ad" in a.flags and "SOA" in a.types()
    assert "MX" not in a.types()


def test_an_alias_across_zones_is_followed_and_is_as_good_as_its_worst_part(cp):
    a = cp.dig("alias.signed.de", "A")
    assert a.rcode == "NOERROR" and "ad" in a.flags
    assert [t for t in a.types() if t != "RRSIG"] == ["CNAME", "A"]
    a = cp.dig("insecurealias.signed.de", "A")
    assert a.rcode == "NOERROR" and "ad" not in a.flags
    a = cp.dig("bogusalias.signed.de", "A")
    assert a.rcode == "SERVFAIL" and a.ede == [6]


def test_what_does_not_fit_a_datagram_is_cut_and_comes_whole_over_tcp(cp):
    a = cp.dig("huge.signed.de", "TXT", "+ignore", "+notcp")
    assert "tc" in a.flags and a.records == []
    a = cp.dig("huge.signed.de", "TXT")  # dig goes on over TCP
    assert "tc" not in a.flags and a.types().count("TXT") == 24 and "ad" in a.flags


def test_a_reply_comes_from_the_address_that_was_asked(cp):
    """Bound to 0.0.0.0; dig refuses a reply from another address."""
    for server in ("127.0.0.1", "127.8.8.8", "10.53.0.2"):
        assert cp.dig("www.signed.de", server=server, port=PORT + 1).rcode == "NOERROR"


def test_a_dead_zone_fails_with_ede_22_within_the_budget(cp):
    a = cp.dig("www.dead.se")
    assert a.rcode == "SERVFAIL" and a.ede[:1] == [22]


def test_without_rd_there_is_what_is_cached_or_refused(cp):
    a = cp.dig("never-asked.signed.de", "A", "+norecurse")
    assert a.rcode == "REFUSED" and a.ede == [20]
    cp.dig("www.signed.de", "A")
    assert cp.dig("www.signed.de", "A", "+norecurse").rcode == "NOERROR"


@pytest.mark.parametrize("more,rcode", [(["+edns=1", "+noednsneg"], "BADVERS"),
                                        (["+opcode=status"], "NOTIMP")])
def test_odd_queries_get_the_rcode_of_their_rfc(cp, more, rcode):
    assert cp.dig("www.signed.de", "A", *more).rcode == rcode


# --- TCP


def frame(name, qtype="A", number=1):
    query = dns.message.make_query(name, qtype, want_dnssec=True)
    query.id = number
    wire = query.to_wire()
    return struct.pack("!H", len(wire)) + wire


def read_frame(stream):
    head = stream.read(2)
    return dns.message.from_wire(stream.read(struct.unpack("!H", head)[0])) if head else None


def tcp(cp):
    with world.inside(cp.lab.res):
        s = socket.create_connection(("127.0.0.1", PORT), timeout=15)
    return s, s.makefile("rb")


def test_many_queries_on_one_connection_are_all_answered(cp):
    s, stream = tcp(cp)
    names = [f"n{i}.signed.de" for i in range(100)]  # more than may be under way at once
    s.sendall(b"".join(frame(n, "A", i) for i, n in enumerate(names)))
    seen = {}
    for _ in names:
        reply = read_frame(stream)
        seen[reply.id] = reply.answer[0][0].to_text()
    assert seen == {i: f"198.18.1.{i}" for i in range(100)}
    s.close()


def test_a_query_may_come_octet_by_octet(cp):
    s, stream = tcp(cp)
    for octet in frame("www.signed.de"):
        s.sendall(bytes([octet]))
        time.sleep(0.001)
    assert read_frame(stream).rcode() == dns.rcode.NOERROR
    s.close()


def test_a_client_that_closes_its_side_still_gets_its_replies(cp):
    s, stream = tcp(cp)
    s.sendall(frame("fresh0.de", "A", 1) + frame("www.dead.se", "A", 2))
    s.shutdown(socket.SHUT_WR)
    assert {read_frame(stream).id, read_frame(stream).id} == {1, 2}
    assert read_frame(stream) is None
    s.close()


def test_a_frame_too_short_for_dns_closes_the_connection(cp):
    s, stream = tcp(cp)
    s.sendall(b"\x00\x05hello")
    assert stream.read() == b""
    s.close()


def test_a_client_that_vanishes_while_its_query_is_under_way_does_no_harm(cp):
    for _ in range(20):
        s, _stream = tcp(cp)
        s.sendall(frame("www2.dead.se"))
        s.close()
    assert cp.dig("www.signed.de").rcode == "NOERROR"


def test_an_idle_connection_is_closed_after_ten_seconds(cp):
    s, stream = tcp(cp)
    start = time.monotonic()
    assert stream.read() == b""
    assert time.monotonic() - start > 9
    s.close()


def test_junk_never_ends_the_program_and_good_queries_in_between_are_answered(cp):
    import random
    dice = random.Random(4)
    good = dns.message.make_query("www.signed.de", "A", want_dnssec=True).to_wire()
    with world.inside(cp.lab.res):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for i in range(3000):
        junk = bytearray(good)
        for _ in range(dice.randrange(1, 6)):
            junk[dice.randrange(len(junk))] = dice.randrange(256)
        s.sendto(bytes(junk[:dice.randrange(len(junk) + 1)]), ("127.0.0.1", PORT))
        if i % 500 == 0:
            assert cp.dig("www.signed.de").rcode == "NOERROR"
    s.close()
    assert cp.dig("www.signed.de").rcode == "NOERROR"


def test_no_socket_towards_a_server_outlives_its_question(cp):
    assert cp.dig("www.oob.de").rcode == "NOERROR"
    time.sleep(0.3)
    before = cp.files_open()
    for i in range(100, 130):
        assert cp.dig(f"n{i}.signed.se").rcode == "NOERROR"
    time.sleep(0.3)
    assert cp.files_open() <= before + 2


# --- the admin socket


def test_status_says_what_runs(cp):
    s = cp.call("status")
    assert s["dataplane"] == {"attached": False}
    assert s["resolver"]["trust_anchors"] == ["."]
    assert s["listen"] == LISTEN and s["store"] == cp.store
    assert s["pid"] == cp.process.pid


def test_every_counter_is_described(cp):
    s = cp.call("stats")
    for name in list(s["resolver"]) + list(s["controlplane"]):
        assert s["describe"][name]["unit"] and s["describe"][name]["text"]
    assert s["controlplane"]["udp_queries"] > 0 and s["resolver"]["sent_udp"] > 0


def test_cache_show_gives_the_records_that_were_fetched(cp):
    assert cp.dig("www.signed.se", "AAAA").rcode == "NOERROR"
    shown = cp.call("cache.show", name="WWW.signed.se", type="AAAA")
    one = [r for r in shown["resolver"]["rrsets"] if r["type"] == "AAAA"][0]
    assert one["verdict"] == "secure" and 0 < one["ttl_s"] <= 300
    records = {(r["type"], r["rdata"]) for r in one["records"]}
    assert ("AAAA", "20010db8000000800000000000000080") in records
    assert cp.call("cache.show", name="www.signed.se", type="nonsense") == (2, "usage")


# --- policy


def test_an_nta_makes_bogus_names_answers_and_its_removal_undoes_that(cp):
    assert cp.dig("www.badsig.se").rcode == "SERVFAIL"
    assert cp.dig("www.signed.se").flags.count("ad") == 1
    added = cp.call("nta.add", name="se", for_s=600, reason="a test")
    assert added["acknowledged"] is False  # no dataplane here
    assert (added["name"], added["author"], added["reason"]) == ("se.", "root", "a test")
    a = cp.dig("www.badsig.se")
    assert (a.rcode, a.ede, "ad" in a.flags) == ("NOERROR", [33, 6], False)
    a = cp.dig("www.signed.se")
    assert a.rcode == "NOERROR" and "ad" not in a.flags
    assert "ad" in cp.dig("www.signed.de").flags  # not below se
    assert cp.call("nta.add", name="SE.", for_s=60, reason="again") == (6, "conflict")
    assert [n["name"] for n in cp.call("nta.list")["ntas"]] == ["se."]
    removed = cp.call("nta.remove", name="se")
    assert removed["generation"] == added["generation"] + 1
    a = cp.dig("www.badsig.se")
    assert (a.rcode, a.ede) == ("SERVFAIL", [6])
    assert "ad" in cp.dig("www.signed.se").flags
    assert cp.call("nta.remove", name="se") == (1, "absent")


def test_an_nta_ends_by_itself(cp):
    cp.call("nta.add", name="badsig.de", for_s=2, reason="short")
    assert cp.dig("www.badsig.de").rcode == "NOERROR"
    time.sleep(3.2)
    assert cp.call("nta.list")["ntas"] == []
    assert cp.dig("www.badsig.de").rcode == "SERVFAIL"


@pytest.mark.parametrize("arguments,error", [
    ({"name": ".", "reason": "r"}, (5, "refused")),
    ({"name": "de", "reason": "r", "for_s": 604801}, (5, "refused")),
    ({"name": "de"}, (2, "usage")),
    ({"name": "de..", "reason": "r"}, (2, "usage"))])
def test_an_nta_that_may_not_be_is_refused(cp, arguments, error):
    assert cp.call("nta.add", **arguments) == error
    assert cp.call("nta.list")["ntas"] == []


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGKILL])
def test_policy_survives_a_restart(own, sig):
    own.start()
    own.call("nta.add", name="badsig.de", for_s=600, reason="stays")
    own.call("nta.add", name="badsig.se", for_s=1, reason="goes")
    before = own.call("nta.list")["generation"]
    own.stop(sig)
    time.sleep(1.2)
    own.start()
    listed = own.call("nta.list")
    assert [(n["name"], n["reason"]) for n in listed["ntas"]] == [("badsig.de.", "stays")]
    assert listed["generation"] > before
    assert own.dig("www.badsig.de").ede == [33, 6]
    assert own.dig("www.badsig.se").rcode == "SERVFAIL"
    assert own.stop() == 0
    with sqlite3.connect(f"file:{own.store}?mode=ro", uri=True) as db:
        lines = db.execute("SELECT action, name, author FROM audit WHERE name <> '.' ORDER BY id").fetchall()
    assert lines == [("add", "badsig.de.", "root"), ("add", "badsig.se.", "root"),
                     ("expire", "badsig.se.", "holdfast")]


# --- starting


def run_once(own, *arguments):
    return subprocess.run([program(), *arguments], capture_output=True, text=True, timeout=20,
                          check=False)


def test_usage_errors_exit_2_and_help_0(own):
    assert run_once(own, "--help").returncode == 0
    for bad in (["--nonsense"], ["--log-level", "loud"], ["extra"]):
        p = run_once(own, *bad)
        assert p.returncode == 2 and p.stderr


def test_what_is_wrong_at_start_is_said_and_nothing_is_overwritten(own):
    assert run_once(own, "--config", "/nonexistent.yaml").returncode == 1
    with open(own.store, "w", encoding="ascii") as f:
        f.write("this is somebody's diary\n" * 50)
    p = run_once(own, "--config", own.config)
    assert p.returncode == 1 and own.store in p.stderr
    with open(own.store, encoding="ascii") as f:
        assert f.read() == "this is somebody's diary\n" * 50
    os.unlink(own.store)
    broken = os.path.join(own.folder, "anchors")
    with open(broken, "w", encoding="ascii") as f:
        f.write(". IN DS 20326 8 2 E06D\n")
    with open(own.config, encoding="ascii") as f:
        text = re.sub(r"trust-anchors: .*", f"trust-anchors: [{broken}]", f.read())
    with open(own.config, "w", encoding="ascii") as f:
        f.write(text)
    p = run_once(own, "--config", own.config)
    assert p.returncode == 1 and f"{broken}:1:19: " in p.stderr


def test_a_second_control_plane_on_the_same_store_is_told_so(own):
    own.start()
    p = run_once(own, "--config", own.config)
    assert p.returncode == 1 and "in use by another control plane" in p.stderr
    assert own.call("status")["pid"] == own.process.pid  # undisturbed


def test_few_descriptors_are_failures_not_a_crash(own):
    """With 64 descriptors, 300 questions at once: some fail for our own shortage, later ones work."""
    own.start("sh", "-c", 'ulimit -n 64 && exec "$@"', "sh")
    with world.inside(own.lab.res):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for i in range(300):
        s.sendto(dns.message.make_query(f"x{i}.dead.se", "A").to_wire(), ("127.0.0.1", PORT))
    time.sleep(7)
    assert own.dig("www.signed.de").rcode == "NOERROR"
    assert own.counter("up_local") > 0
    s.close()
