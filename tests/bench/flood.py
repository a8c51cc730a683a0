# SPDX-License-Identifier: BSD-3-Clause
"""A storm of misses once, all of it looked at: every reply held against the data, every query without one
against the counters. The queries come by a pipe, so that none is read before the control plane is there."""
import collections
import os
import threading
import time
from dataclasses import dataclass, replace

import data
import frames
import loads
import selftest
from control import Stand
from loads import Asking
from programs import Dataplane, Invalid, workers_sum

CONTENT = data.Content("a1", 1000)
CNT = 24_000            # known names and storm by halves
SLOW_PER_S = 2000       # answers, of a control plane that is slow
LEAD_CNT = 64           # known names: two bursts, so that the core waits in the pipe with the link it has
QUIET_CNT = 32          # from a network that has asked nothing yet, when the storm is on
ONE_NET = (bytes([198, 51, 100]),)
NETS = tuple(bytes([198, 51, i]) for i in range(40))
QUIET_NET = (bytes([203, 0, 113]),)
END_MAX_S = 15          # questions time out after six
REFUSALS = ("ring_full", "share_full", "client_full", "pending_full", "domain_full")  # SERVFAIL, EDE 32
UNHEARD = ("no_control", "timed_out")  # SERVFAIL, EDE 22
OTHERS = ("cpu_ns", "rx", "tx", "queries", "hit", "miss", "coalesced", "late", "share_drop",
          "done_unknown", *REFUSALS, *UNHEARD)


@dataclass(frozen=True)
class Flood:
    """One storm and what stands at the link's other end."""
    name: str
    rate: object        # answers a second; 0: reads nothing; None: nobody is there
    nets: tuple = ()    # where the storm comes from; none: everywhere
    must: tuple = ()    # counters that say so

    def quiet_outcome(self):
        """What who asks little is told: if he was given room, never that there is none."""
        return "late" if self.rate else "unheard"


FLOODS = (
    Flood("nobody is there", None, ONE_NET, ("no_control",)),
    Flood("slow, from one network", SLOW_PER_S, ONE_NET, ("share_full", "late")),
    Flood("silent, from everywhere", 0, (), ("ring_full", "timed_out")),
    Flood("silent, from one network", 0, ONE_NET, ("share_full", "timed_out")),
    Flood("silent, from forty networks", 0, NETS, ("share_drop", "timed_out")),
)


class Pipe:
    """A pcap file that ends when we say so."""

    def __init__(self, path):
        os.mkfifo(path)
        self.opened, self.out = threading.Event(), None
        threading.Thread(target=self._open, args=(path,), daemon=True).start()

    def _open(self, path):
        self.out = open(path, "wb", buffering=0)  # waits for the reader, who waits for the header
        self.out.write(frames.PCAP_HEAD)
        self.opened.set()

    def write(self, made):
        if not self.opened.wait(10):
            raise Invalid("nobody reads the pipe")
        self.out.write(b"".join(frames.pcap_records(made)))

    def close(self):
        if self.out is not None:
            self.out.close()


def asked(flood):
    """(lead, storm, quiet): queries."""
    names = Asking("uniform", edns=False, ad=True)
    storm = replace(names, storm=0.5, storm_nets=flood.nets)
    quiet = replace(names, storm=1.0, storm_nets=QUIET_NET)
    cnts = ((names, LEAD_CNT), (storm, CNT), (quiet, QUIET_CNT))
    return [list(loads.queries(CONTENT, a, cnt)) for a, cnt in cnts]


def wait_for(dataplane, holds, what, limit_s):
    until = time.monotonic() + limit_s
    while not holds(dataplane.stats()):
        if time.monotonic() > until:
            raise Invalid(f"{what}: {({k: v for k, v in workers_sum(dataplane.stats()).items() if v})}")
        time.sleep(0.02)


def settled(c):
    """Nobody waits any more."""
    return c["miss"] + c["coalesced"] <= c["late"] + c["timed_out"]


def serve(flood, build, work, parts):
    """Returns (frames sent, counters)."""
    path, tx = f"{work}/rx.pcap", f"{work}/tx.pcap"
    lead, storm, quiet = ([q.frame(frames.service_mac(0)) for q in part] for part in parts)
    cnt = len(lead) + len(storm) + len(quiet)
    pipe = Pipe(path)
    dataplane = Dataplane(build, work, loads.answers(build, CONTENT), "64MiB")
    stand = None
    try:
        dataplane.start([f"net_pcap0,rx_pcap={path},tx_pcap={tx}"])
        if flood.rate is not None:
            stand = Stand(build, dataplane, flood.rate, 60)
        pipe.write(lead)
        wait_for(dataplane, lambda s: workers_sum(s)["rx"] == len(lead), "the lead is not read", 5)
        pipe.write(storm + quiet)
        pipe.close()
        wait_for(dataplane, lambda s: workers_sum(s)["rx"] == cnt and settled(workers_sum(s)),
                 "not all is settled", END_MAX_S)
        c = workers_sum(dataplane.end())
        return frames.pcap_read(tx), c
    finally:
        pipe.close()
        if stand is not None:
            stand.close()
        dataplane.close()


def outcome(query, frame, spoil):
    """What became of a query for an unknown name, by its reply, each octet of which is checked."""
    if frame is None:
        return "dropped"
    claimed = frames.claims(query, frame)
    frames.check_reply(query, frame, frames.service_mac(0), *claimed)
    said = "late" if claimed[0] else {data.EDE_NO_CONTROL: "unheard", data.EDE_RATE_LIMITED: "refused"}.get(claimed[1])
    frames.require(said is not None, "EDE", claimed[1])
    if said not in spoil:
        spoil[said] = selftest.refuse_spoiled(query, frame, frames.service_mac(0), *claimed)
    return said


def outcomes(queries, replies, spoil):
    """How many of them for each outcome; known names must be answered."""
    found = collections.Counter()
    for q in queries:
        frame = replies.pop(q.who(), None)
        if not q.known():
            found[outcome(q, frame, spoil)] += 1
            continue
        frames.require(frame is not None, "a known name is not answered", q.who())
        frames.check_reply(q, frame, frames.service_mac(0))
        found["hit"] += 1
    return found


def run(flood, build, work):
    """Raises Wrong if one reply is not what it must be. Returns what happened, for JSON."""
    os.makedirs(work)
    parts = asked(flood)
    sent, c = serve(flood, build, work, parts)
    replies = {frames.whose(r): r for r in sent}
    frames.require(len(replies) == len(sent) == c["tx"], "replies", len(replies), len(sent), c["tx"])
    spoil = {}
    storm = outcomes(parts[0] + parts[1], replies, spoil)
    quiet = outcomes(parts[2], replies, spoil)
    frames.require(not replies, "replies to nobody", len(replies))
    both = storm + quiet
    counted = {"hit": c["hit"], "late": c["late"], "dropped": c["share_drop"],
               "refused": sum(c[k] for k in REFUSALS), "unheard": sum(c[k] for k in UNHEARD)}
    frames.require({k: v for k, v in counted.items() if v} == dict(both), "counters", counted, both)
    frames.require(all(c[k] for k in flood.must), "did not happen", flood.must, c)
    rest = {k: v for k, v in c.items() if v and k not in OTHERS}
    frames.require(not rest, "something else happened", rest)
    if flood.nets:
        frames.require(dict(quiet) == {flood.quiet_outcome(): QUIET_CNT}, "who asks little got", dict(quiet))
    print(f"self-test: storm, {flood.name}: {len(sent)} replies right, {dict(storm)}; of who asks little "
          f"{dict(quiet)}; the check refused {sum(spoil.values())} spoiled ones")
    return {"flood": flood.name, "storm": dict(storm), "quiet": dict(quiet), "counters":
            {k: v for k, v in c.items() if v}, "spoiled_refused": sum(spoil.values())}
