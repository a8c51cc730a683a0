# SPDX-License-Identifier: BSD-3-Clause
"""A real control plane in an internet of one evil authority (tests/evil). What names do is spelled
in them; tests/evil/README.md has the words."""
import json
import os
import signal
import subprocess
import sys
import time

import pytest

dns = pytest.importorskip("dns", reason="needs python3-dnspython")

import world  # noqa: E402

sys.path.insert(0, os.path.join(world.ROOT, "tests", "evil"))
import evil_lab  # noqa: E402

SENDS_MAX = 64  # docs/limits.md: what one question can make us send
# How many answers come in time is the machine's business too: what a quiet one has to reach is held by
# tests/evil/soak (95 %). Here it is enough to tell an appliance that serves from one that is stuck.
ENOUGH = 0.5
FAST, CAREFUL, PATIENT = (f"127.0.0.1@{port}" for port in (5336, 5337, 5338))
# A machine may be slow: where an answer must come, the wall clock must not be what keeps it away.
TIME = "limits:\n  time: 20s\n"

pytestmark = pytest.mark.skipif(evil_lab.missing() is not None, reason=evil_lab.missing() or "")


class ControlPlane:
    """One by its listener."""
    source = "127.1.0.1"

    def __init__(self, lab, folder, listen, programs, more=""):
        self.lab, self.netns, self.server, self.log = lab, lab.res, listen, os.path.join(folder, "log")
        config = os.path.join(folder, "holdfast.yaml")
        evil_lab.write_config(config, lab, folder, [listen], more)
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                ["ip", "netns", "exec", lab.res, os.path.join(programs, "holdfast-controlplane"),
                 "--config", config], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        until = time.monotonic() + 20
        while "running" not in self.text():
            assert self.process.poll() is None and time.monotonic() < until, self.text()
            time.sleep(0.02)

    def text(self):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return f.read()

    def stop(self):
        assert self.process.poll() is None, "it ended by itself: " + self.text()
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(20) == 0
        text = self.text()
        assert "Sanitizer" not in text and "runtime error" not in text, text


@pytest.fixture(scope="module")
def lab():
    handle = evil_lab.EvilLab(os.environ.get("HF_TEST_LAB", "hfe") + "e"
                              + os.environ.get("PYTEST_XDIST_WORKER", "")[-1:])
    try:
        yield handle.up()
    finally:
        handle.down()


def with_asan():
    asan = os.path.exists(os.path.join(world.PROGRAMS_ASAN, "holdfast-controlplane"))
    return world.PROGRAMS_ASAN if asan else world.PROGRAMS


@pytest.fixture(scope="module")
def careful(lab, tmp_path_factory):
    """With ASan if it is built so, and the limits as shipped."""
    one = ControlPlane(lab, str(tmp_path_factory.mktemp("careful")), CAREFUL, with_asan())
    yield one
    one.stop()


@pytest.fixture(scope="module")
def patient(lab, tmp_path_factory):
    """The same with more time for a question."""
    one = ControlPlane(lab, str(tmp_path_factory.mktemp("patient")), PATIENT, with_asan(), TIME)
    yield one
    one.stop()


@pytest.fixture(scope="module")
def fast(lab, tmp_path_factory):
    one = ControlPlane(lab, str(tmp_path_factory.mktemp("fast")), FAST, world.PROGRAMS, TIME)
    yield one
    one.stop()


class Cores:
    """One by its dataplane."""
    source, server = evil_lab.CLIENT_FIRST, f"{world.V4}@53"

    def __init__(self, lab, appliance):
        self.lab, self.netns, self.appliance = lab, lab.cli, appliance


@pytest.fixture(scope="module")
def whole(lab, tmp_path_factory):
    """Both processes, asked from the client's namespace by way of the dataplane's port."""
    appliance = world.make_appliance(lab, "af_packet", tmp_path_factory.mktemp("whole"),
                                     options={"access": {"others": "allow"}})  # CLIENTS are strangers
    appliance.port += ",framecnt=8192"  # as deep as a NIC's ring
    try:
        appliance.start()
        yield Cores(lab, appliance)
    finally:
        codes = appliance.stop()
    assert set(codes.values()) == {0}, codes


def check(cp, *streams, arguments=()):
    """Ask and check as tests/evil/checker_main.c says: {template: counts}."""
    p = subprocess.run(["ip", "netns", "exec", cp.netns, evil_lab.program("checker"), "--server",
                        cp.server, "--source", cp.source, *arguments,
                        *(f"{s},timeout=30000" for s in streams)],
                       capture_output=True, text=True, timeout=120, check=False)
    assert p.stdout.count("\n") == len(streams), p.stderr
    counts = [json.loads(line) for line in p.stdout.splitlines()]
    for c in counts:
        c["complaints"] = p.stderr if c["wrong"] else ""
    return {c["template"]: c for c in counts}


def all_right(counts):
    return {t: c for t, c in counts.items() if c["right"] != c["asked"]} == {}


def test_the_checker_tells_a_wrong_answer(fast):
    """With another key the authority's data is wrong: each kind of answer is found out."""
    streams = ["a%n.fine.evil,cnt=20", "a%n.fine.evil,cnt=20,type=16", "a%n.cname2.evil,cnt=20",
               "a%n.many5.evil,cnt=20,type=28"]
    assert all_right(check(fast, *streams))
    lied = check(fast, *streams, arguments=["--key", "0123456789abcdef" * 2])
    assert all(c["wrong"] == c["asked"] for c in lied.values()), lied


def test_the_readme_has_the_words_that_the_authority_knows():
    words = subprocess.run([evil_lab.program("authority"), "--words"], capture_output=True,
                           text=True, check=True).stdout
    with open(os.path.join(evil_lab.HERE, "README.md"), encoding="utf-8") as f:
        readme = f.read()
    rows = [f"| `{w}` | {text} |" for w, text in (line.split("\t") for line in words.splitlines())]
    assert [r for r in rows if r not in readme] == []


# --- servers that are odd, broken or far away: the answer comes all the same

ODD = """delay200 formerr formerr1 badvers1 dropedns1 noedns tc tcdata tcpoison tcpslow50 only4 only6 oob
    oob-only4 oob-only6 silent1 refused1 servfail1 notimp1 lame1 selfref1 upref1 sideref1 othersrc1
    servers4-silent2 servers6-lame5 servers13-refused12 servers13-lame12 servers1 servers1-drop20
    tc-noedns tc-formerr drop20 dup100 reorder100 poison many50 ttl0 cname11 dname""".split()


@pytest.fixture(scope="module")
def odd(patient):
    """All of them at once: some take their time."""
    form = {w: f"m%n.{w}-x%r.evil" for w in ODD}
    form["dname"] = "m%n.dname.x%r.evil"
    counts = check(patient, *(f"{t},cnt=3" for t in form.values()))
    return {w: counts[t] for w, t in form.items()}


@pytest.mark.parametrize("word", ODD)
def test_an_odd_server_is_put_up_with(odd, word):
    assert odd[word]["right"] == odd[word]["asked"], odd[word]


def test_large_answers_come_whole_over_tcp(patient):
    with world.inside(patient.lab.res):
        for name in ("big100.large.evil.", "big100.tcpslow20-large.evil."):
            query = dns.message.make_query(name, "TXT")
            reply = dns.query.tcp(query, "127.0.0.1", port=5338, timeout=30)
            assert len(reply.answer[0]) == 100
            assert {len(d.strings) for d in reply.answer[0]} == {30}


def test_records_that_are_not_theirs_to_give_are_not_taken(patient):
    assert all_right(check(patient, "a%n.poison-x%r.evil,cnt=10"))
    assert all_right(check(patient, "prize.victim,cnt=1", "other%n.victim,cnt=5",
                           "b%n.fresh%r.evil,cnt=5"))


# --- attacks: each with a tag of its own, so that what it has led to is counted at the authority

ATTACKS = {
    "nxns135": "NXNSAttack", "nxns90": "NXNSAttack", "nxns13": "NXNSAttack",
    "nrd135": "NRDelegation", "nrd90": "NRDelegation", "nrd13": "NRDelegation",
    "tsu0": "TsuNAME", "ring0": "a circle of eight zones",
    "chase0": "servers that need servers without end",
    "overlap13": "13 names with the same silent addresses", "noglue": "servers within, no glue",
    "silent": "no server speaks", "servers13-silent": "26 silent addresses",
    "drop100": "every reply is lost", "othersrc": "every reply from another address",
    "selfref": "self-referral", "upref": "upward referral", "sideref": "sideways referral",
    "refused": "REFUSED", "servfail": "SERVFAIL", "notimp": "NOTIMP", "lame": "lame",
    "servers13-refused": "26 addresses that refuse", "servers13-lame": "26 lame addresses",
    "servers13-formerr-refused": "26 that want no EDNS and then refuse",
    "servers13-dropedns-refused": "26 that want no EDNS and then refuse, in silence",
    "tc-tcpclose": "TCP that closes", "tc-tcpsilent": "TCP that is silent",
    "tc-tcphalf": "TCP that stops half-way", "servers13-tc-tcpclose": "26 of them",
    "servers13-tc-tcphalf-delay50": "26 slow ones",
    "servers13-tc-tcpclose-formerr": "26 that want no EDNS and then close",
    "servers13-fakecase1-tcpclose": "26 with a forger in front and no TCP behind",
    "servers13-bad50-tcpclose-drop100": "26 that only ever send nonsense",
    "servers13-oob": "13 names without glue, all good",
    "servers13-oob-refused": "13 names without glue, 26 addresses that refuse",
    "servers13-oob-lame": "the same, lame", "servers13-oob-silent": "the same, silent",
    "servers13-oob-tc-tcpclose": "the same, and TCP that closes",
}
NAMED_ATTACKS = {
    "camp11": "camp11-q{}.evil", "camp100": "camp100-q{}.evil", "cname11": "cname11-q{}.evil",
    "cname30": "cname30-q{}.evil", "loop": "loop-q{}.evil", "dnameloop": "x.dnameloop.foo-q{}.evil",
    "endless": ".".join("abcdefghijklmnoprstuvwxyz" * 2) + ".endless-q{}.evil",
    "deep": ".".join(["a"] * 100) + ".deep-q{}.evil",
    "deep nx": ".".join(["a"] * 100) + ".nx.deep-q{}.evil",
    "deep silent": ".".join(["a"] * 100) + ".silent-q{}.evil",
    "deep camp": "camp11-q{}." + ".".join(["b"] * 60) + ".evil",
}


@pytest.fixture(scope="module")
def attacks(careful):
    """All at once, while benign names are asked."""
    names = {w: f"www{{n}}.{w}-q{{}}.evil" for w in ATTACKS} | NAMED_ATTACKS
    tags = {w: i for i, w in enumerate(names, 1000)}
    streams = [name.replace("{n}", "%n").format(tags[w]) for w, name in names.items()]
    benign = "benign%n.b%r.evil"
    counts = check(careful, f"{benign},rate=20,cnt=120", *streams)
    sent = {w: careful.lab.sent_for(tag) for w, tag in tags.items()}
    return {"benign": counts[benign], "sent": sent,
            "asked": {w: counts[s] for w, s in zip(names, streams)}}


@pytest.mark.parametrize("word", [*ATTACKS, *NAMED_ATTACKS])
def test_an_attack_costs_at_most_64_packets_and_is_answered(attacks, word):
    assert 0 < attacks["sent"][word] <= SENDS_MAX
    asked = attacks["asked"][word]
    assert asked["right"] + asked["failed"] == asked["asked"], asked  # silence is no answer


def test_addresses_that_many_names_share_are_asked_once_for_all(attacks):
    """13 names, four addresses, three sends to each at most; others have sent 130."""
    assert attacks["sent"]["overlap13"] <= 17


def test_benign_names_are_answered_during_and_after_the_attacks(careful, attacks):
    assert attacks["benign"]["right"] == attacks["benign"]["asked"], attacks["benign"]
    assert all_right(check(careful, "after%n.c%r.evil,cnt=50"))


def test_an_attack_that_is_repeated_costs_no_more_a_question(careful, attacks):
    """The same zones, other names: 20 more questions each for the worst of them."""
    words = ["nxns90", "nrd90", "tsu0", "chase0", "overlap13", "servers13-refused", "silent"]
    check(careful, *(f"again%n.{w}-q{i}.evil,cnt=20" for i, w in enumerate(words, 2000)))
    for i, w in enumerate(words, 2000):
        assert careful.lab.sent_for(i) <= 20 * SENDS_MAX, w


def test_a_ghost_domain_goes_with_its_delegation(fast):
    """The child's own NS records, of a day, do not keep alive what its parent has let go."""
    until = int(time.time()) + 4
    name = f"ghost-ttl1-until{until}-x.evil"
    assert all_right(check(fast, f"a%n.{name},cnt=3"))
    while time.time() < until + 2.5:  # asked for all the time, past the end of the delegation
        check(fast, f"b%r.{name},cnt=2", arguments=["--seed", str(time.time_ns())])
        time.sleep(0.25)
    gone = check(fast, f"c%n.{name},cnt=5")[f"c%n.{name}"]
    assert gone["right"] == 0 and gone["complaints"].count("records are missing") == 5, gone


# --- forged and malformed replies

FORGED_KINDS = 9


def test_forged_replies_with_one_wrong_field_are_not_believed(fast):
    before = fast.lab.counters()["forged"]
    counts = check(fast, "x%n.fake40-x%r.evil,cnt=300,window=8")["x%n.fake40-x%r.evil"]
    assert counts["wrong"] == 0 and counts["right"] >= ENOUGH * 300, counts
    assert fast.lab.counters()["forged"] - before >= 300 * 40 * FORGED_KINDS


@pytest.mark.parametrize("field", ["id", "port", "name", "type", "class", "qr", "opcode", "src",
                                   "sport", "case"])
def test_one_wrong_field_is_enough(patient, field):
    counts = check(patient, f"x%n.fake{field}100-x%r.evil,cnt=3")
    assert all_right(counts), counts


def test_the_true_reply_wins_over_64_kinds_of_malformed_ones(patient):
    """Each comes first, from the right address and port with the right ID; the true one after."""
    before = patient.lab.counters()["malformed"]
    counts = check(patient, "m.bad%n-x%r.evil,first=0,cnt=64")
    assert all_right(counts), counts
    assert patient.lab.counters()["malformed"] - before >= 64


# --- many answers, bad weather

WEATHER = ("--delay", "5", "--drop", "3", "--dup", "5", "--reorder", "20")


def test_no_answer_is_wrong_in_bad_weather(fast):
    """Delay, loss, duplication and reordering on every path: 20 000 answers, each checked."""
    fast.lab.stop()
    fast.lab.start(*WEATHER)
    try:
        counts = check(fast, "w%n.z%z.evil,cnt=12000,zones=500,sources=16,window=1500",
                       "v%r.z%z.evil,cnt=3000,zones=500,type=28,sources=4",
                       "c%r.cname2-z%z.evil,cnt=2000,zones=100", "nx-%r.z%z.evil,cnt=2000",
                       "m%r.many8-z%z.evil,cnt=1000,zones=100")
    finally:
        fast.lab.stop()
        fast.lab.start()
    assert sum(c["wrong"] for c in counts.values()) == 0, counts
    asked, right = (sum(c[k] for c in counts.values()) for k in ("asked", "right"))
    assert asked == 20000 and right >= ENOUGH * asked, counts


def test_no_answer_from_the_cores_is_wrong(whole):
    """By way of the dataplane, cold and out of its cache: the same names again and again."""
    counts = check(whole, "w%n.delay5-dup10-reorder20-z%z.evil,cnt=3000,zones=50,sources=8",
                   "h%z.hot.evil,cnt=20000,zones=200,sources=16", "c%z.cname2.evil,cnt=2000,zones=50",
                   "nx-%z.hot.evil,cnt=2000,zones=50", "t%r.hot.evil,cnt=500,type=16")
    assert sum(c["wrong"] for c in counts.values()) == 0, counts
    assert all(c["right"] >= ENOUGH * c["asked"] for c in counts.values()), counts


# --- water torture


def test_water_torture_leaves_hits_and_benign_names_alone(whole):
    """3000 random names a second below one zone: no hit is lost, and cold names are answered."""
    warm, cold = "warm%z.hits.evil", "cold%n.c%r.evil"
    check(whole, f"{warm},cnt=2000,zones=50")
    counts = check(whole, "nx-%r.torture.evil,rate=3000,cnt=15000,sources=32,window=30000",
                   f"{cold},rate=100,cnt=500", f"{warm},zones=50,rate=400,cnt=2000")
    assert counts[warm]["right"] == 2000, counts
    assert counts[cold]["right"] >= ENOUGH * 500, counts
    assert sum(c["wrong"] for c in counts.values()) == 0, counts


def test_a_flood_to_silent_servers_leaves_hits_and_benign_names_alone(whole):
    """The same when nobody answers the flood: its questions hold what they hold until they end."""
    warm, cold = "warm%z.hits.evil", "cool%n.d%r.evil"
    check(whole, f"{warm},cnt=2000,zones=50")
    counts = check(whole, "x%r.silent-torture.evil,rate=1000,cnt=5000,sources=32,window=30000",
                   f"{cold},rate=100,cnt=500", f"{warm},zones=50,rate=400,cnt=2000")
    assert counts[warm]["right"] == 2000, counts
    assert counts[cold]["right"] >= ENOUGH * 500, counts
    assert sum(c["wrong"] for c in counts.values()) == 0, counts
