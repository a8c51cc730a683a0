# SPDX-License-Identifier: BSD-3-Clause
"""Who asks what: queries drawn by a law, in pcap files that net_pcap repeats for ever."""
import bisect
import dataclasses
import itertools
import math
import os
import random
import subprocess
from dataclasses import dataclass

import data
import frames
from programs import Invalid, Load, hurry

HEAD_CNT = 4096       # ranks whose shares are summed up one by one
EULER = 0.5772156649  # harmonic numbers: ln k + this
SPREAD = 7_368_787    # a prime: popular names are no neighbours


@dataclass(frozen=True)
class Asking:
    """How a content is asked for."""
    law: str = "zipf"      # or "uniform"
    family: str = "4"      # "4", "6" or frames.MIX
    edns: object = None    # None, False, True (DO) or frames.MIX
    ad: bool = False       # a quarter asks for AD, though edns be no mix
    unknown: float = 0.0   # share of names that are in no cache
    storm: float = 0.0     # share of queries that draw names uniformly, whatever the law: in no cache
    storm_known: bool = False  # ... or, for comparison, in the cache after all
    storm_nets: tuple = ()     # /24 that they come from, three octets each; none: from everywhere
    cookie: str = None     # or frames.CLIENT_COOKIE, frames.GOOD_COOKIE; with edns False or True


def zipf(hosts, rng):
    """Endless hosts, the rank drawn by Zipf's law with s = 1."""
    head = list(itertools.accumulate(1 / r for r in range(1, min(hosts, HEAD_CNT) + 1)))
    whole = head[-1] if hosts <= HEAD_CNT else math.log(hosts) + EULER
    while True:
        at = rng.random() * whole
        rank = bisect.bisect(head, at) if at < head[-1] else int(math.exp(at - EULER))
        yield min(rank, hosts - 1) * SPREAD % hosts


def uniform(hosts, rng):
    while True:
        yield int(rng.random() * hosts)


LAWS = {"zipf": zipf, "uniform": uniform}


def queries(content, asking, cnt):
    """cnt of them, the same ones each time."""
    seed = dataclasses.replace(asking, storm_known=False)
    rng = random.Random(f"{content.kind} {content.entries} {seed}")
    hosts = LAWS[asking.law](content.hosts(), rng)
    for host in itertools.islice(hosts, cnt):
        if asking.unknown and rng.random() < asking.unknown:
            host += data.UNKNOWN_FROM
        storm = asking.storm and rng.random() < asking.storm
        if storm:
            host = storm_host(content, asking, rng.random())
        query = frames.Query(rng, content, host, asking.family, asking.edns, asking.ad, asking.cookie)
        if storm and asking.storm_nets:
            query.client = rng.choice(asking.storm_nets) + query.client[3:]
        yield query


def storm_host(content, asking, where):
    """where: [0, 1)."""
    if asking.storm_known:
        return int(where * content.hosts())
    return data.UNKNOWN_FROM + int(where * data.UNKNOWN_CNT)


@dataclass
class Files:
    load: Load
    keys: int     # how many different entries are asked for
    unknown: int  # queries for names that are in no cache


def write(content, asking, work, ports, per_port, workers=1):
    """per_port packets in each of ports files, and that for each worker."""
    cnt = ports * workers * per_port
    drawn, keys, octets, paths, unknown = queries(content, asking, cnt), set(), 0, [], 0
    for port in range(ports):
        paths.append([])
        for worker in range(workers):
            made = []
            for q in itertools.islice(drawn, per_port):
                made.append(q.frame(frames.service_mac(port)))
                unknown += not q.known()
                if q.known():
                    keys.add((q.host, q.shape.do))
            octets += sum(map(len, made))
            paths[-1].append(f"{work}/{port}.{worker}.pcap")
            frames.pcap_write(paths[-1][-1], made)
    return Files(Load(paths, cnt, octets / cnt), len(keys), unknown)


def answers(build, content):
    """A running preload program, whose standard output is what --preload takes."""
    program = f"{build}/tests/bench/preload"
    if not os.path.exists(program):
        raise Invalid(f"not built: {program} (make bench-programs)")
    argv = [program, content.kind, str(content.entries), str(content.ntas)]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, pipesize=1 << 20,
                            preexec_fn=lambda: hurry(None))
