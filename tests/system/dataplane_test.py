# SPDX-License-Identifier: BSD-3-Clause
"""The dataplane alone: the real program on real drivers in namespaces of its own, with a control
plane of one page (helpers/mini_control.c) that answers by rule and misbehaves on command."""
import concurrent.futures
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
from unittest import mock

import dns.edns
import dns.flags
import dns.message
import dns.opcode
import dns.query
import dns.rcode
import pytest

from hostile import frame, hostile_frames
from world import inside

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PLAIN = os.path.join(ROOT, os.environ.get("O", "build"))
ASAN = os.path.join(ROOT, os.environ.get("O_ASAN", "build-asan"))
PREFIX = f"hfdp{os.getpid() % 100000}"
V4, V6 = "192.0.2.53", "2001:db8::53"
FRAMES = 100_000
DRIVERS = ("af_packet", "af_xdp", "tap")
SERVICE = (V4, V6)

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("ip") is None or shutil.which("ethtool") is None
    or not os.path.exists(f"{PLAIN}/tests/system/helpers/mini_control"),
    reason="needs root, ip, ethtool and the programs (make programs system-programs)")


def run(*words, check=True):
    return subprocess.run([str(w) for w in words], check=check, capture_output=True, text=True, timeout=60)


class Wire:
    """Two namespaces and a wire: the client's end is kernel, the other the dataplane's."""

    made = 0

    def __init__(self, driver, queues=1):
        self.driver, self.queues = driver, queues
        Wire.made += 1
        self.client = f"{PREFIX}-c{Wire.made}"
        self.home = self.client if driver == "tap" else f"{PREFIX}-d{Wire.made}"
        self.far = "hftap" if driver == "tap" else "hfcli"

    def __enter__(self):
        for ns in {self.client, self.home}:
            run("ip", "netns", "add", ns)
            run("ip", "-n", ns, "link", "set", "lo", "up")
        if self.driver != "tap":
            queues = ("numtxqueues", self.queues, "numrxqueues", self.queues)
            run("ip", "link", "add", "hfdpl", "netns", self.home, *queues, "type", "veth",
                "peer", "name", self.far, "netns", self.client, *queues)
            run("ip", "netns", "exec", self.home, "sysctl", "-qw", "net.ipv6.conf.hfdpl.disable_ipv6=1")
            run("ip", "-n", self.home, "link", "set", "hfdpl", "up")
        return self

    def dress(self):
        """Addresses, checksums in software: after the dataplane made its tap."""
        if self.driver != "tap":
            # a checksum that the kernel leaves to the card is never made on a veth
            run("ip", "netns", "exec", self.client, "ethtool", "-K", self.far, "tx", "off", check=False)
        run("ip", "-n", self.client, "link", "set", self.far, "up")
        run("ip", "-n", self.client, "addr", "add", "192.0.2.1/24", "dev", self.far)
        run("ip", "-n", self.client, "addr", "add", "2001:db8::1/64", "nodad", "dev", self.far)

    def devargs(self):
        return {"tap": f"net_tap0,iface={self.far}"}.get(self.driver, f"net_{self.driver}0,iface=hfdpl")

    def __exit__(self, *_):
        for ns in {self.client, self.home}:
            run("ip", "netns", "del", ns, check=False)


class Dataplane:
    def __init__(self, wire, workers=1, programs=PLAIN, options=(), through=()):
        """through: a command that runs the program, named behind it with its arguments."""
        self.wire, self.workers, self.programs, self.through = wire, workers, programs, through
        self.dir = tempfile.mkdtemp(prefix="hfdp")
        self.link = f"{self.dir}/link"
        self.options = options

    def __enter__(self):
        words = ["ip", "netns", "exec", self.wire.home, *self.through, f"{self.programs}/holdfast-dataplane",
                 "--port", self.wire.devargs(), "--service", V4, "--service", V6,
                 "--workers", str(self.workers), "--link", self.link, "--stats-file", f"{self.dir}/stats",
                 *(self.options or ("--hugepages", "no"))]
        self.log = open(f"{self.dir}/log", "w+")
        self.process = subprocess.Popen(words, stdout=self.log, stderr=self.log)
        end = time.monotonic() + 20
        while "serving" not in self.said() and time.monotonic() < end and self.process.poll() is None:
            time.sleep(0.05)
        if "serving" not in self.said():
            why = self.said()
            self.stop()
            raise RuntimeError(why)
        return self

    def said(self):
        with open(f"{self.dir}/log") as f:
            return f.read()

    def worker_rows(self):
        """Each worker's counters at this moment."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"{self.dir}/stats")
        self.process.send_signal(signal.SIGUSR1)
        end = time.monotonic() + 10
        while True:
            with contextlib.suppress(OSError, ValueError), open(f"{self.dir}/stats") as f:
                return json.load(f)["threads"][1:]
            assert time.monotonic() < end, "no counters"
            time.sleep(0.02)

    def stop(self):
        self.process.terminate()
        try:
            code = self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.log.close()
        return code

    def __exit__(self, *_):
        code = self.stop()
        said = self.said()
        shutil.rmtree(self.dir)
        assert code == 0, f"exit {code}\n{said}"
        assert "AddressSanitizer" not in said and "runtime error" not in said, said

    def ask(self, name, server=V4, **more):
        """One query over UDP; None when there is no reply within timeout."""
        timeout = more.pop("timeout", 2)
        flags = more.pop("flags", dns.flags.RD | dns.flags.AD)
        q = dns.message.make_query(name, "A", flags=flags, **{"use_edns": 0, "payload": 1232, **more})
        return self.ask_message(q, server, timeout)

    def ask_message(self, q, server=V4, timeout=2):
        with inside(self.wire.client):
            s = socket.socket(socket.AF_INET6 if ":" in server else socket.AF_INET, socket.SOCK_DGRAM)
        with s:
            s.setblocking(False)  # dnspython waits by itself
            try:
                return dns.query.udp(q, server, timeout=timeout, sock=s)
            except dns.exception.Timeout:
                return None

    def ask_octets(self, octets, timeout=0.3):
        """Raw octets to port 53; the reply's octets or None."""
        with inside(self.wire.client):
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with s:
            s.settimeout(timeout)
            s.sendto(octets, (V4, 53))
            try:
                return s.recv(4096)
            except TimeoutError:
                return None

    def mac(self):
        run("ip", "netns", "exec", self.wire.client, "ping", "-c1", "-W2", V4)
        neighbours = run("ip", "-n", self.wire.client, "neigh", "show", V4).stdout
        return bytes.fromhex(re.search(r"lladdr (\S+)", neighbours)[1].replace(":", ""))


class Control:
    """helpers/mini_control.c at work."""

    def __init__(self, dataplane):
        self.dataplane = dataplane
        self.program = f"{dataplane.programs}/tests/system/helpers/mini_control"

    def __enter__(self):
        self.process = subprocess.Popen([self.program, self.dataplane.link], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.greeting = self.process.stdout.readline().split()
        self.generation = int(self.greeting[3]) if self.greeting and self.greeting[0] == "attached" else 0
        return self

    def tell(self, line):
        """The line that answers a command; acknowledgements of broken policies are passed over."""
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        wanted = {"policy": "ack", "mutate": "mutated"}.get(line.split()[0], line.split()[0])
        if wanted == "ack":
            wanted += " " + line.split()[1]
        for said in self.process.stdout:
            if said.startswith(wanted):
                return said.strip()
        return "gone"

    def policy(self, *rules, generation=None):
        if generation is None:
            self.generation += 1
            generation = self.generation
        return self.tell(" ".join(["policy", str(generation), *rules])).split()

    def stats(self):
        return json.loads(self.tell("stats").split(" ", 1)[1])

    def latency(self):
        """Replies by kind, all cores together, and the slowest of each kind."""
        cores = [json.loads(self.tell(f"latency {i}").split(" ", 1)[1]) for i in range(self.dataplane.workers)]
        return {k: (max if k.endswith("_ns") else sum)(c[k] for c in cores) for k in cores[0] if k != "core"}

    def kill(self):
        self.process.kill()
        self.process.wait()

    def __exit__(self, *_):
        self.kill()
        for stream in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(BrokenPipeError):
                stream.close()
        time.sleep(0.1)


def grown(after, before, key):
    return after[key] - before[key]


def until(condition, what):
    """A core counts after it has sent: what it did last may be seen a moment later."""
    end = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def edes(reply):
    return [o.code for o in reply.options if isinstance(o, dns.edns.EDEOption)]


def ad(reply):
    return bool(reply.flags & dns.flags.AD)


@pytest.fixture(scope="module", params=[(d, w) for d in DRIVERS for w in (1, 2)], ids=lambda p: f"{p[0]}-{p[1]}")
def dataplane(request):
    driver, workers = request.param
    with Wire(driver, workers) as wire:
        try:
            d = Dataplane(wire, workers).__enter__()
        except RuntimeError as why:
            pytest.skip(f"net_{driver} does not open on this machine: {str(why)[-400:]}")
        with contextlib.ExitStack() as stack:
            stack.push(d)
            wire.dress()
            yield d


@pytest.fixture
def control(dataplane):
    with Control(dataplane) as c:
        assert c.greeting[0] == "attached", c.greeting
        yield c


# --- a bare port ---

@pytest.mark.parametrize("server", (V4, V6))
def test_ping_finds_a_bare_port_by_arp_and_neighbour_solicitation(dataplane, server):
    run("ip", "-n", dataplane.wire.client, "neigh", "flush", "all", check=False)
    ping = run("ip", "netns", "exec", dataplane.wire.client, "ping", "-c3", "-i0.2", "-W2", server, check=False)
    assert " 3 received" in ping.stdout, ping.stdout


@pytest.mark.parametrize("server", (V4, V6))
def test_without_a_control_plane_a_miss_is_servfail_22_at_once(dataplane, server):
    reply = dataplane.ask("www.example.", server)  # waits less than a pending question's time-out
    assert reply.rcode() == dns.rcode.SERVFAIL and edes(reply) == [22]


def exchange_tagged(dataplane, tagged, v6):
    """Send a frame with VLAN tag 7, return (tag, payload) of the UDP frame that comes back. The
    kernel moves a received tag into the packet's auxiliary data."""
    with inside(dataplane.wire.client):
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    with s:
        s.setsockopt(263, 8, 1)  # SOL_PACKET, PACKET_AUXDATA
        s.bind((dataplane.wire.far, 3))
        s.settimeout(2)
        s.send(tagged)
        while True:
            f, auxiliary, _, _ = s.recvmsg(2048, 256)
            if f[:6] != b"\2\0\0\0\0\x22":
                continue
            tag = 0
            for level, kind, data in auxiliary:
                if (level, kind) == (263, 8):
                    tag = struct.unpack("=IIIHHHH", data[:20])[5]
            if f[12:14] == b"\x81\0":
                tag, f = struct.unpack("!H", f[14:16])[0], f[:12] + f[16:]
            return tag, f[14 + (40 if v6 else 20) + 8:]


@pytest.mark.parametrize("v6", (False, True))
def test_a_tagged_query_gets_a_reply_with_its_tag(dataplane, v6):
    q = dns.message.make_query("www.tagged.example.", "A", use_edns=0)
    tag, reply = exchange_tagged(dataplane, frame(dataplane.mac(), SERVICE, q.to_wire(), v6, True), v6)
    assert tag & 0xfff == 7
    assert edes(dns.message.from_wire(reply)) == [22]


def test_queries_that_cannot_be_answered_are_refused_by_the_book(dataplane):
    q = dns.message.make_query("www.example.", "A", use_edns=0).to_wire()
    assert dataplane.ask_octets(q[:11]) is None
    assert dataplane.ask_octets(q[:2] + bytes([q[2] | 0x80]) + q[3:]) is None, "a response"

    def rcode(octets):
        reply = dataplane.ask_octets(octets)
        assert reply is not None and reply[:2] == octets[:2] and reply[2] & 0x80
        return reply[3] & 15

    assert rcode(q[:4] + b"\0\2" + q[6:]) == dns.rcode.FORMERR
    assert rcode(q[:12]) == dns.rcode.FORMERR, "a question is announced, none there"
    assert rcode(q[:12] + b"\xc0\x0c\0\1\0\1" + q[29:]) == dns.rcode.FORMERR, "a name that points to itself"
    assert rcode(q[:12] + b"\x40" + q[13:]) == dns.rcode.FORMERR, "a label of no known kind"
    assert rcode(q + b"x") == dns.rcode.FORMERR
    assert rcode(q[:2] + bytes([dns.opcode.NOTIFY << 3]) + q[3:]) == dns.rcode.NOTIMP
    version = dns.message.make_query("www.example.", "A")
    version.use_edns(1)
    assert dataplane.ask_message(version).rcode() == dns.rcode.BADVERS
    chaos = dns.message.make_query("version.bind.", "TXT", rdclass="CH")
    assert dataplane.ask_message(chaos).rcode() == dns.rcode.REFUSED


def test_a_question_with_rd_clear_is_answered_from_the_cache_only(dataplane, control):
    reply = dataplane.ask("www.rd.example.", flags=0)
    assert reply.rcode() == dns.rcode.REFUSED and edes(reply) == [20]
    assert dataplane.ask("www.rd.example.").rcode() == dns.rcode.NOERROR
    assert dataplane.ask("www.rd.example.", flags=0).rcode() == dns.rcode.NOERROR


# --- a miss, then a hit ---

@pytest.mark.parametrize("server", (V4, V6))
def test_a_miss_is_answered_and_the_next_is_a_hit(dataplane, control, server):
    name = f"www.{server.replace(':', '-').replace('.', '-')}.example."
    timed = control.latency()
    first = dataplane.ask(name, server)
    assert first.rcode() == dns.rcode.NOERROR and ad(first) and first.answer[0].ttl == 300
    before = control.stats()
    time.sleep(1.1)
    for _ in range(10):
        reply = dataplane.ask(name.upper(), server)
        assert str(reply.question[0].name) == name.upper() and reply.answer[0].ttl in (298, 299)
    after = control.stats()
    # each core asked once at most: the cache is shared, the pending tables are not
    assert after["hit"] - before["hit"] == 10 and after["miss"] == before["miss"]
    until(lambda: grown(control.latency(), timed, "hit") == 10 and grown(control.latency(), timed, "miss") == 1,
          "each is in the histogram of its kind")


def test_every_kind_of_answer_keeps_its_code_and_ad(dataplane, control):
    plain = dataplane.ask("plain.kinds.example.")
    assert plain.rcode() == dns.rcode.NOERROR and not ad(plain)
    assert dataplane.ask("nx.kinds.example.").rcode() == dns.rcode.NXDOMAIN
    bogus = dataplane.ask("bogus.kinds.example.")
    assert bogus.rcode() == dns.rcode.SERVFAIL and edes(bogus) == [6]
    big = dataplane.ask("big.kinds.example.")
    assert big.flags & dns.flags.TC and 0 < len(big.answer[0]) < 100, "whole records, as many as fit (ADR 16)"
    old = dataplane.ask("bogus.kinds.example.", use_edns=False)
    assert old.rcode() == dns.rcode.SERVFAIL and old.edns == -1
    for _ in range(2):  # TTL 0 serves those who wait, each time anew
        assert dataplane.ask("ttl0.kinds.example.").answer[0].ttl == 0


def test_equal_questions_wait_on_one_miss(dataplane, control):
    before, timed = control.stats(), control.latency()
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        replies = list(pool.map(lambda _: dataplane.ask("hold.coalesce.example.", timeout=8), range(16)))
    after = control.stats()
    assert all(r is not None and r.rcode() == dns.rcode.SERVFAIL for r in replies), "time-out is SERVFAIL"
    assert after["miss"] - before["miss"] <= dataplane.workers
    assert after["coalesced"] - before["coalesced"] >= 16 - dataplane.workers
    until(lambda: grown(control.latency(), timed, "miss") == 16, "each waiter is timed")
    assert 5.9e9 < control.latency()["miss_max_ns"] < 60e9, "from its arrival to its reply, after six seconds"


def test_many_flows_are_all_answered(dataplane, control):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda i: dataplane.ask(f"www.flow-{i}.example.", (V4, V6)[i % 2]), range(200)))
    lost = sum(r is None for r in replies)
    assert lost == 0 and all(ad(r) for r in replies)


# --- policy ---

def test_a_policy_push_is_acknowledged_by_every_core_and_acts_at_once(dataplane, control):
    assert ad(dataplane.ask("www.policy.example."))
    ack = control.policy("nta", "policy.example.")
    assert ack[:4] == ["ack", str(control.generation), str(dataplane.workers), str(dataplane.workers)]
    assert ack[5] == "ok" and int(ack[4]) < 50_000_000
    before = control.stats()
    covered = dataplane.ask("www.policy.example.")
    assert covered.rcode() == dns.rcode.NOERROR and not ad(covered)
    assert control.stats()["miss"] == before["miss"], "no flush, no miss"
    assert control.tell("cache www.policy.example. A").split()[1:3] == ["1", "1"]
    nta = dataplane.ask("nta.policy.example.")
    assert not ad(nta) and 33 in edes(nta)

    assert control.policy("nta", "policy.example.", "anchor", "www.policy.example.")[5] == "ok"
    assert ad(dataplane.ask("www.policy.example.")), "the anchor below the NTA wins"
    assert control.policy()[5] == "ok"
    before = control.stats()
    dataplane.ask("nta.policy.example.")
    assert control.stats()["policy_miss"] > before["policy_miss"], "fetched under the NTA: not used after it"


def test_generations_only_rise_and_the_same_may_come_again(dataplane, control):
    assert control.policy("nta", "again.example.")[5] == "ok"
    now = control.generation
    assert control.policy("nta", "again.example.", generation=now)[5] == "ok"
    assert control.policy("nta", "other.example.", generation=now)[5] == "order"
    assert control.policy("nta", "again.example.", generation=now - 1)[5] == "order"
    assert control.stats()["policy_gen"] == now


def test_cookie_secrets_are_acknowledged_and_too_many_of_them_refused(dataplane, control):
    workers = str(dataplane.workers)
    ack = control.tell("cookies 3 2").split()
    assert ack[:4] == ["cookies", "3", workers, workers] and ack[5] == "ok"
    assert control.tell("cookies 4 4").split()[2:] == ["0", workers, mock.ANY, "value"]


# --- a control plane that dies, falls silent, lies ---

def test_hits_go_on_when_the_control_plane_is_killed_and_it_comes_back(dataplane):
    with Control(dataplane) as first:
        assert ad(dataplane.ask("www.kill.example."))
        assert ad(dataplane.ask("ttl1.kill.example."))
        assert first.policy("nta", "kept.example.")[5] == "ok"
        generation = first.generation
        first.kill()
    assert ad(dataplane.ask("www.kill.example."))
    miss = dataplane.ask("www.other.example.")
    assert miss.rcode() == dns.rcode.SERVFAIL and edes(miss) == [22]
    time.sleep(1.2)
    stale = dataplane.ask("ttl1.kill.example.")
    assert stale.rcode() == dns.rcode.NOERROR and stale.answer[0].ttl == 30 and edes(stale)[0] == 3
    with Control(dataplane) as second:
        assert second.greeting[0] == "attached" and second.generation == generation
        until(lambda: ad(dataplane.ask("www.other.example.")), "cores see it a moment after it is welcomed")


def test_those_who_wait_get_servfail_22_when_the_control_plane_dies(dataplane):
    with Control(dataplane) as c, concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(dataplane.ask, "hold.dies.example.", timeout=4)
        time.sleep(0.3)
        c.kill()
        reply = waiting.result()
        assert reply.rcode() == dns.rcode.SERVFAIL and edes(reply) == [22]


def test_a_silent_control_plane_is_given_up_within_two_seconds(dataplane):
    with Control(dataplane) as c:
        assert ad(dataplane.ask("www.silent.example."))
        assert c.tell("silent on") == "silent"
        time.sleep(1.5)
        reply = dataplane.ask("www.unasked.example.")
        assert reply.rcode() == dns.rcode.SERVFAIL and edes(reply) == [22]
        assert ad(dataplane.ask("www.silent.example."))


def test_a_second_control_plane_is_turned_away_while_the_first_lives(dataplane, control):
    with Control(dataplane) as second:
        assert second.greeting[0] == "refused"
    assert ad(dataplane.ask("www.second.example."))


def test_a_failed_refresh_leaves_the_good_answer_to_be_served_stale(dataplane, control):
    assert ad(dataplane.ask("turn.stale.example."))
    time.sleep(1.3)
    reply = dataplane.ask("turn.stale.example.")
    assert reply.rcode() == dns.rcode.NOERROR and reply.answer[0].ttl == 30 and edes(reply)[0] == 3
    assert control.stats()["kept_stale"] >= 1


def test_a_load_of_hits_loses_none_when_the_control_plane_is_killed(dataplane):
    if shutil.which("dnsperf") is None:
        pytest.skip("needs dnsperf")
    queries = f"{dataplane.dir}/queries"
    with open(queries, "w") as f:
        f.writelines(f"www.load-{i}.example. A\n" for i in range(50))
    with Control(dataplane) as c:
        for i in range(50):
            assert dataplane.ask(f"www.load-{i}.example.").answer
        load = subprocess.Popen(["ip", "netns", "exec", dataplane.wire.client, "dnsperf", "-s", V4, "-d", queries,
                                 "-l", "3", "-Q", "2000", "-t", "2"], stdout=subprocess.PIPE, text=True)
        time.sleep(1)
        c.kill()
        out = load.communicate(timeout=30)[0]
    assert int(re.search(r"Queries sent:\s+(\d+)", out)[1]) > 3000, out
    assert re.search(r"Queries lost:\s+0 ", out), out


# --- hostile octets ---

def hostile_run(dataplane):
    frames = FRAMES if dataplane.workers > 1 else FRAMES // 4  # one worker shows less
    mac = dataplane.mac()
    with inside(dataplane.wire.client):
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    s.bind((dataplane.wire.far, 0))
    good = 0
    with s:
        for i, f in enumerate(hostile_frames(mac, SERVICE, frames)):
            with contextlib.suppress(OSError):  # a card may refuse what is too short
                s.send(f)
            if i % 200 == 0:
                time.sleep(0.003)  # bounded: the point is what comes, not how much
            if i % 5000 == 0:
                reply = next((a for a in (dataplane.ask("www.good.example.", timeout=1) for _ in range(3)) if a), None)
                assert reply is not None and reply.answer, f"no good answer after {i} frames"
                good += 1
    assert good == frames // 5000 and dataplane.process.poll() is None


def test_hostile_frames_do_no_harm_and_good_queries_between_are_answered(dataplane, control):
    before = control.stats()
    hostile_run(dataplane)
    after = control.stats()
    for name in ("bad_packet", "bad_length", "bad_checksum", "not_ours", "formerr", "drop_short"):
        assert after[name] > before[name], f"nothing reached {name}: the frames do not test it"


def hostile_control(dataplane, c):
    for part in range(10):
        assert c.tell(f"mutate {FRAMES // 10} {part + 1}") == f"mutated {FRAMES // 10}"
        reply = dataplane.ask("www.mutation.example.")
        assert reply is not None and reply.answer
    stats = c.stats()
    for name in ("length", "type", "epoch", "name", "value", "body", "chain", "order"):
        assert stats[f"msg_bad_{name}"] > 0, f"nothing was refused for its {name}"
    assert stats["done_unknown"] > 0 and stats["msg_answer"] > 0


def test_mutated_messages_on_the_update_ring_do_no_harm(dataplane, control):
    hostile_control(dataplane, control)


@pytest.mark.parametrize("driver", ("af_packet", "tap"))
def test_hostile_frames_and_messages_under_the_sanitizers(driver):
    if not os.path.exists(f"{ASAN}/holdfast-dataplane"):
        pytest.skip(f"not built: {ASAN}/holdfast-dataplane (make SAN=asan programs)")
    with Wire(driver, 2) as wire, Dataplane(wire, 2, ASAN) as dataplane:
        wire.dress()
        with Control(dataplane) as c:
            hostile_run(dataplane)
            hostile_control(dataplane, c)
        assert edes(dataplane.ask("www.unasked.example.")) == [22]


# --- starting and ending ---

@pytest.mark.parametrize("size_kb,cnt", [(2048, 256), (1048576, 1)])
def test_huge_pages_are_used_when_there_are_some(size_kb, cnt):
    knob = f"/sys/kernel/mm/hugepages/hugepages-{size_kb}kB/nr_hugepages"
    if not os.path.exists(knob):
        pytest.skip(f"the kernel has no pages of {size_kb} KiB")
    with open(knob) as f:
        before = f.read()
    try:
        with open(knob, "w") as f:
            f.write(str(cnt))
        with open(knob) as f:
            if int(f.read()) < cnt:
                pytest.skip(f"the kernel gives no pages of {size_kb} KiB")
        for choice in ("yes", "auto"):
            with Wire("af_packet") as wire, \
                    Dataplane(wire, 1, options=("--hugepages", choice)) as dataplane:
                wire.dress()
                assert "1 queues, huge pages" in dataplane.said()
                assert edes(dataplane.ask("www.huge.example.")) == [22]
    finally:
        with open(knob, "w") as f:
            f.write(before)


def test_huge_pages_that_others_take_first_are_done_without(tmp_path):
    """Between a look at what is free and the taking of it somebody else may come: here the kernel
    says 1000 and has none."""
    knob = "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages"
    if not os.path.exists(knob):
        pytest.skip("the kernel has no pages of 2048 KiB")
    with open(knob) as f:
        if int(f.read()) > 0:
            pytest.skip("there are free pages of 2048 KiB, which nobody takes")
    lie = tmp_path / "free_hugepages"
    lie.write_text("1000\n")
    through = ("unshare", "-m", "sh", "-c", f'mount --bind {lie} {knob} && exec "$@"', "sh")
    with Wire("af_packet") as wire, \
            Dataplane(wire, 1, options=("--hugepages", "auto"), through=through) as dataplane:
        wire.dress()
        assert "1 queues, no huge pages" in dataplane.said()
        assert edes(dataplane.ask("www.huge.example.")) == [22]


def test_a_port_that_does_not_open_is_named_and_the_exit_code_is_1():
    ran = run(f"{PLAIN}/holdfast-dataplane", "--port", "net_af_packet0,iface=hfnowhere", "--service", V4,
              "--link", f"/tmp/{PREFIX}.sock", "--hugepages", "no", check=False)
    assert ran.returncode == 1 and "net_af_packet0,iface=hfnowhere" in ran.stderr


def test_too_few_queues_are_refused_with_both_numbers():
    with Wire("af_packet") as wire:
        with pytest.raises(RuntimeError, match="1 receive and 1 transmit queues, 2 workers need one each: "
                           "--workers 1, or leave qpairs= out of --port"):
            wire.devargs = lambda: "net_af_packet0,iface=hfdpl,qpairs=1"
            Dataplane(wire, 2).__enter__()


def test_queues_that_nobody_would_serve_are_refused():
    with Wire("af_xdp", 2) as wire:
        with pytest.raises(RuntimeError, match="hfdpl has 2 receive queues, 1 workers"):
            Dataplane(wire, 1).__enter__()


def test_wrong_usage_is_exit_code_2_and_help_is_0():
    ran = run(f"{PLAIN}/holdfast-dataplane", "--port", "net_null0", check=False)
    assert ran.returncode == 2 and "no --service" in ran.stderr
    assert run(f"{PLAIN}/holdfast-dataplane", "--help").stdout.count("--") > 10


def test_it_ends_after_run_for_and_leaves_its_counters():
    with Wire("af_packet") as wire:
        dataplane = Dataplane(wire, 2, options=("--hugepages", "no", "--run-for", "1s")).__enter__()
        wire.dress()
        assert dataplane.process.wait(10) == 0
        with open(f"{dataplane.dir}/stats") as f:
            threads = json.load(f)["threads"]
        assert [t["name"] for t in threads] == ["writer", "worker0", "worker1"]
        shutil.rmtree(dataplane.dir)


def woken_by_an_answer(dataplane, control, pool, name):
    """Whether the worker that was asked woke oftener than packets came to it."""
    before = dataplane.worker_rows()
    control.process.send_signal(signal.SIGSTOP)
    waits = pool.submit(dataplane.ask, name)
    time.sleep(0.2)  # the worker has handed the question on and sleeps again
    control.process.send_signal(signal.SIGCONT)
    assert waits.result().rcode() == dns.rcode.NOERROR
    return any(grown(a, b, "idle_woken") > grown(a, b, "rx")
               for b, a in zip(before, dataplane.worker_rows()) if grown(a, b, "miss"))


@pytest.mark.parametrize("driver", DRIVERS)
def test_an_idle_worker_sleeps_until_a_packet_or_an_answer_wakes_it(driver):
    with Wire(driver, 2) as wire, Dataplane(wire, 2) as dataplane, Control(dataplane) as control, \
            concurrent.futures.ThreadPoolExecutor(1) as pool:
        wire.dress()
        assert dataplane.ask("www.warm.example.").rcode() == dns.rcode.NOERROR
        time.sleep(0.5)
        before = control.stats()
        time.sleep(0.5)
        after = control.stats()
        assert 2 <= grown(after, before, "idle_sleep") <= 50, "they sleep, and not in small pieces"
        assert grown(after, before, "idle_nap") <= 50
        assert any(woken_by_an_answer(dataplane, control, pool, f"www.late{i}.example.") for i in range(3))
        before = dataplane.worker_rows()
        with inside(wire.client):
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with s:  # one flow: all to one worker, and that one is woken
            s.connect((V4, 53))
            s.settimeout(5)
            for _ in range(6):
                time.sleep(0.05)
                s.send(dns.message.make_query("www.late0.example.", "A").to_wire())
                assert s.recv(4096)
        rx, woken = max((grown(b, a, "rx"), grown(b, a, "idle_woken"))
                        for a, b in zip(before, dataplane.worker_rows()))
        assert rx >= 6 and woken >= 4, (rx, woken)


def test_workers_of_a_port_without_a_descriptor_nap():
    ran = run(f"{PLAIN}/holdfast-dataplane", "--port", "net_null0,no-rx=1", "--service", V4, "--workers", 2,
              "--link", f"/tmp/{PREFIX}.sock", "--hugepages", "no", "--run-for", "500ms",
              "--stats-file", f"/tmp/{PREFIX}.stats")
    with open(f"/tmp/{PREFIX}.stats") as f:
        workers = json.load(f)["threads"][1:]
    os.unlink(f"/tmp/{PREFIX}.stats")
    assert all(w["idle_nap"] > 0 and w["idle_sleep"] == 0 for w in workers)
    assert "net_null0 spreads flows by a key of its own" in ran.stderr, "this driver takes none"


def test_a_signal_ends_it_cleanly():
    with Wire("af_packet") as wire:
        for number in (signal.SIGTERM, signal.SIGINT):
            dataplane = Dataplane(wire, 2).__enter__()
            dataplane.process.send_signal(number)
            assert dataplane.process.wait(10) == 0
            shutil.rmtree(dataplane.dir)
