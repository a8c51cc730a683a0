# SPDX-License-Identifier: BSD-3-Clause
"""The dataplane beside the model (model.py): the real program answers out of a preloaded cache,
by way of pcap files, and each frame that leaves it must be the model's, octet for octet.

`make test` asks some twenty thousand, `make model` a million (HF_MODEL_CNT, HF_MODEL_SEED). A difference is
shrunk by hypothesis to the smallest datagram that shows it; else each test says what it has compared."""
import collections
import contextlib
import dataclasses
import itertools
import json
import os
import signal
import subprocess
import tempfile
import time

import dns.rcode
import pytest
from hypothesis import HealthCheck, Phase, find, settings
from hypothesis import strategies as st

import model
import model_world as mw

PLAIN = os.path.join(mw.ROOT, os.environ.get("O", "build"))
PROGRAM = f"{PLAIN}/holdfast-dataplane"
SEED = int(os.environ.get("HF_MODEL_SEED", "9018"))
CNT = int(os.environ.get("HF_MODEL_CNT", "20000"))
BATCH = 25_000
START_S, SERVE_S = 60, 120
NEAR_S = 90  # random cookies keep farther away from where one kind ends

pytestmark = pytest.mark.skipif(not os.path.exists(PROGRAM), reason="needs the programs, which are not built")


# --- the program, once for each batch


def pcap_write(path, frames):
    with open(path, "wb") as f:
        f.write(b"\xd4\xc3\xb2\xa1\2\0\4\0" + bytes(8) + b"\xff\xff\0\0\1\0\0\0")
        for x in frames:
            f.write(bytes(8) + len(x).to_bytes(4, "little") * 2 + x)


def pcap_read(path):
    with open(path, "rb") as f:
        data = f.read()
    at = 24
    while at < len(data):
        n = int.from_bytes(data[at + 8:at + 12], "little")
        yield data[at + 16:at + 16 + n]
        at += 16 + n


def wait_until(holds, limit_s, child, said):
    end = time.monotonic() + limit_s
    while not holds():
        assert child.poll() is None and time.monotonic() < end, f"the dataplane does not serve:\n{said()}"
        time.sleep(0.02)


def received(child, stats):
    """Frames taken in so far, by the counters the program writes when it is asked."""
    child.send_signal(signal.SIGUSR1)
    time.sleep(0.05)
    with contextlib.suppress(OSError, ValueError, StopIteration):
        with open(stats) as f:
            return next(t["rx"] for t in json.load(f)["threads"] if t["name"] == "worker0")
    return -1


def serve(front, frames):
    """What leaves the program when these come in."""
    with tempfile.TemporaryDirectory(prefix="hf-model-") as work:
        rx, tx, answers, stats, log = (f"{work}/{x}" for x in ("rx", "tx", "answers", "stats", "log"))
        pcap_write(rx, frames)
        with open(answers, "wb") as f:
            f.write(mw.preload(front))
        argv = [PROGRAM, "--workers", "1", "--idle", "adaptive", "--hugepages", "no", "--cache-size", "32MiB",
                "--preload", answers, "--stats-file", stats, "--link", f"{work}/link", "--run-for", "300s",
                "--service", "192.0.2.53", "--service", "2001:db8::53", "--mac", "02:00:00:00:00:53",
                "--port", f"net_pcap0,rx_pcap={rx},tx_pcap={tx}", "--udp-max", str(front.udp_max), "--rotate", "yes" if front.rotate else "no",
                "--nsid", front.nsid.decode(), "--id-server", front.server.decode(), "--id-version", "hidden"]
        with open(log, "wb") as out:
            child = subprocess.Popen(argv, stdout=out, stderr=subprocess.STDOUT)

        def said():
            with open(log, errors="replace") as f:
                return f.read()

        try:
            wait_until(lambda: "serving with" in said(), START_S, child, said)
            wait_until(lambda: received(child, stats) >= len(frames), SERVE_S, child, said)
            child.send_signal(signal.SIGTERM)
            assert child.wait(20) == 0, said()
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()
        return list(pcap_read(tx))


# --- kinds of comparisons


def asked(d):
    """What a datagram is."""
    has = {"IPv6": d.v6, "IPv4": not d.v6, "VLAN tag": d.vlan, "no UDP checksum": not (d.v6 or d.checksum),
           "EDNS": d.edns, "no EDNS": not d.edns, "DO": d.edns and d.edns[2] & 0x8000, "CD": d.flags & model.CD,
           "cookie": any(x.startswith(b"\0\x0a") for x in d.options), "mixed case": d.case,
           "spoiled": d.cut < 65535 or d.counts or d.tail or d.before or d.behind or d.opt_owner != b"\0"}
    return [f"query: {what}" for what, is_so in has.items() if is_so]


def outcome(reply):
    """The RCODE that the model gives, whole."""
    if reply is None:
        return "reply: none"
    rcode, at = reply[3] & 15, 12
    if reply[4:12] == b"\0\1\0\0\0\0\0\1":  # OPT behind the question: part of it is there
        while reply[at]:
            at += 1 + reply[at]
        rcode |= reply[at + 1 + 4 + 5] << 4
    return f"reply: {dns.rcode.to_text(rcode)}{' TC' if reply[2] & 2 else ''}"


# --- a batch beside the model


class Beside:
    """The model's frames for a batch, and the first difference."""

    def __init__(self, front, began):
        self.front, self.began, self.age, self.turns = front, int(began), 0, set()
        self.kinds = collections.Counter()

    def wanted(self, d, msg, age, now, turn=0):
        reply = self.front.reply(msg, d.source(), age, now, turn)
        return reply and d.reply_frame(reply)

    def clock_of(self, got):
        """A new cookie ends the message, and its time is that of the program's clock: near ours."""
        if len(got) >= 24:
            said = int.from_bytes(got[-12:-8], "big")
            if self.began - 1 <= said <= time.time() + 1:
                return said
        return self.began

    def right(self, d, msg, got):
        now = self.clock_of(got)
        if self.wanted(d, msg, self.age, now) == got or (self.front.rotate and self.turned(d, msg, got, now)):
            return True
        for age in range(int(time.time() - self.began) + 2):  # no older than the batch
            if self.wanted(d, msg, age, now) == got:
                self.age = age
                return True
        return False

    def turned(self, d, msg, got, now):
        for age in sorted(range(max(0, self.age - 3), self.age + 4), key=lambda a: abs(a - self.age)):
            plain = self.wanted(d, msg, age, now)
            for turn in range(1, 65):
                want = self.wanted(d, msg, age, now, turn)
                if want == got:
                    self.turns.add(turn)
                    return True
                if want == plain:
                    break  # all the way round
        return False

    def first_wrong(self, batch, replies):
        """(datagram, what came) of the first that differs; None: all are right. Hits overtake what takes
        longer: a reply finds its datagram by address, port and ID."""
        came = {}
        for got in replies:
            came.setdefault(mw.reply_to(got), []).append(got)
        for d in batch:
            msg = d.message()
            plain = self.front.reply(msg, d.source(), 0, self.began)
            self.kinds.update(asked(d))
            self.kinds[outcome(plain)] += 1
            if plain is None:
                continue
            mine = came.get((d.source(), d.port, msg[:2]), [])
            got = next((x for x in mine if self.right(d, msg, x)), None)
            if got is None:
                return d, mine[0] if mine else None
            mine.remove(got)
        extra = [x for rest in came.values() for x in rest]
        return self.whose(batch, extra[0]) if extra else None

    def whose(self, batch, extra):
        """The datagram that should not have had this reply."""
        return next((d for d in batch if (d.source(), d.port, d.message()[:2]) == mw.reply_to(extra)),
                    batch[-1]), extra


def compare(front, batch, began, kinds=None):
    """kinds: what was compared is added to it."""
    assert time.time() - began < NEAR_S, "too slow: cookies were made too long ago"
    beside = Beside(front, began)
    wrong = beside.first_wrong(batch, serve(front, [d.frame() for d in batch]))
    assert wrong or len(batch) < 1000 or front.rotate == (len(beside.turns) > 1), "no order but one"
    if kinds is not None:
        kinds.update(beside.kinds)
    return wrong


# --- the smallest datagram that shows it

PLAINEST = mw.Datagram()


def simpler(value, plain):
    """The plain value, or for most draws the one that fails; of a tuple, some of its parts."""
    if isinstance(value, tuple) and value and isinstance(value[0], bytes):
        keep = st.tuples(*(st.sampled_from([False] + [True] * 9) for _ in value))
        return keep.map(lambda k: tuple(v for v, kept in zip(value, k) if kept))
    return st.sampled_from([plain] + [value] * 9) if value != plain else st.just(value)


def shrink(front, d):
    fields = {f.name: simpler(getattr(d, f.name), getattr(PLAINEST, f.name)) for f in dataclasses.fields(d)}
    known = {}

    def fails(x):
        if x not in known:
            known[x] = compare(front, [x], time.time() - 5) is not None
        return known[x]

    return find(st.builds(mw.Datagram, **fields), fails,
                settings=settings(max_examples=60, deadline=None, phases=(Phase.generate, Phase.shrink),
                                  suppress_health_check=list(HealthCheck), database=None))


def tell(front, d, got):
    now = time.time()
    want = Beside(front, now).wanted(d, d.message(), 0, int(now))
    return (f"{d}\nquery {d.message().hex()}\nframe {got.hex() if got else None}\n"
            f"model {want.hex() if want else None}")


def all_right(seed, cnt, front, capsys):
    kinds = collections.Counter()
    for i in itertools.count():
        began = time.time()
        batch = list(mw.datagrams(f"{seed}/{i}", min(BATCH, cnt - i * BATCH), front, int(began)))
        wrong = compare(front, batch, began, kinds)
        if wrong is not None:
            d, got = wrong
            with contextlib.suppress(Exception):
                small = shrink(front, d)
                d, got = compare(front, [small], time.time() - 5)
            pytest.fail(f"seed {seed}, batch {i}: not what the model says\n{tell(front, d, got)}")
        if (i + 1) * BATCH >= cnt:
            break
    with capsys.disabled():
        print(f"\n{cnt} compared:", ", ".join(f"{what} {n}" for what, n in sorted(kinds.items())))


def test_every_reply_is_the_models_octet_for_octet(capsys):
    all_right(SEED, CNT, mw.front(), capsys)


def test_with_cookies_required_and_small_datagrams_too(capsys):
    all_right(SEED + 1, max(CNT // 10, 2000), mw.front(require=True, udp_max=512), capsys)


def test_addresses_take_turns_if_asked_to(capsys):
    all_right(SEED + 2, max(CNT // 100, 2000), mw.front(rotate=True), capsys)
