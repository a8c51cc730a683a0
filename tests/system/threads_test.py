# SPDX-License-Identifier: BSD-3-Clause
"""The appliance with several recursion threads: the same answers, and a policy that is in force in all
of them when it is acknowledged."""
import concurrent.futures
import pathlib
import threading

import pytest

import world
from world import V4, V6

THREADS = 4
FRESH = [f"www.fresh{i}.de" for i in range(8)] + [f"www.plain{i}.de" for i in range(20)] + \
        [f"direct{i}.de" for i in range(20)]


@pytest.fixture
def threaded(world_lab, tmp_path):
    """(lab, appliance, client): two workers, four recursion threads; it must end cleanly."""
    appliance = world.make_appliance(world_lab, "af_packet", tmp_path, workers=2,
                                     options={"resolver": {"threads": THREADS}})
    client = world.Client(world_lab.cli)
    try:
        appliance.start()
        yield world_lab, appliance, client
        assert appliance.stop() == {"controlplane": 0, "dataplane": 0}
    finally:
        client.close()
        appliance.stop()
        world_lab.run("fix", "de")


class Load:
    """Clients that ask for names in .de again and again, with CD and without, until told to stop."""

    def __init__(self, lab, names):
        self.lab, self.names, self.over, self.asked = lab, names, threading.Event(), 0
        self.pool = concurrent.futures.ThreadPoolExecutor(max_workers=4)

    def run(self, offset):
        client = world.Client(self.lab.cli)
        while not self.over.is_set():
            for i, name in enumerate(self.names):
                client.ask(name, ("A", "AAAA", "TXT")[(i + offset) % 3], V4, cd=bool(offset % 2))
                self.asked += 1
                if self.over.is_set():
                    break
        client.close()

    def __enter__(self):
        self.done = [self.pool.submit(self.run, k) for k in range(4)]
        return self

    def __exit__(self, *_):
        self.over.set()
        self.pool.shutdown()
        for d in self.done:
            d.result()


def test_every_lab_name_gets_the_answer_its_zone_holds(threaded):
    lab, appliance, client = threaded
    wrong = []
    for i, case in enumerate(lab.truth()["cases"]):
        reply = client.ask(case["qname"], case["qtype"], V6 if i % 2 else V4)
        wrong += world.differences(case, reply)
    assert not wrong, "\n".join(wrong)
    tasks = pathlib.Path(f"/proc/{appliance.pid('controlplane')}/task").glob("*/comm")
    names = sorted(t.read_text(encoding="ascii").strip() for t in tasks)
    assert [n for n in names if n.startswith("hf-recurse")] == \
        [f"hf-recurse-{i}" for i in range(THREADS)]


def test_an_nta_is_in_force_in_every_thread_when_it_is_acknowledged(threaded):
    lab, appliance, client = threaded
    lab.run("break", "de")
    with Load(lab, FRESH) as load:
        for _ in range(3):
            added = appliance.ctl("nta", "add", "de", "--yes", "--for", "1h", "--reason", "load")
            assert "active on 2/2 cores in" in added.stdout
            for name in FRESH:
                reply = client.ask(name)
                assert world.rcode(reply) == "NOERROR" and reply.answer, (name, world.edes(reply))
                assert [c for c, _ in world.edes(reply)][:1] == [33], (name, world.edes(reply))
            appliance.ctl("nta", "remove", "de")
            for name in FRESH:
                reply = client.ask(name)
                assert world.rcode(reply) == "SERVFAIL", f"{name}: served though the NTA is gone"
                assert [c for c, _ in world.edes(reply)] == [6]
    assert load.asked > 100


def test_what_is_counted_and_cached_is_shown_for_all_threads_together(threaded):
    lab, appliance, client = threaded
    cases = [c for c in lab.truth()["cases"] if c["security"] == "secure" and c["rcode"] == "NOERROR"]
    for case in cases[:20]:
        client.ask(case["qname"], case["qtype"])
    stats = appliance.ctl_json("stats")
    assert stats["resolver"]["asked"] >= 20
    assert stats["resolver"]["sent_udp"] == stats["controlplane"]["up_udp"]
    status = appliance.ctl_json("status")
    assert status["resolver"]["cache_entries"] >= 20
    shown = appliance.ctl_json("cache", "show", cases[0]["qname"], cases[0]["qtype"])
    assert [r["verdict"] for r in shown["resolver"]["rrsets"]][:1] == ["secure"]
