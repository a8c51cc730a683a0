# SPDX-License-Identifier: BSD-3-Clause
"""A question put to three validators, and what is said of where they differ."""
import dataclasses
import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import damage
import differences
import judges
import zones

PORT, PORT_SHA1 = 5400, 5401  # the second relies on SHA-1 too, as delv and unbound-host do
PORTS_FRESH = 5500            # of control planes that are asked one question each
ASKERS = 4


@dataclass(frozen=True)
class Result:
    question: zones.Question
    ours: judges.Said
    delv: judges.Said
    unbound: judges.Said
    sha1: judges.Said = None  # ours when SHA-1 is relied on; None where that changes nothing

    def __str__(self):
        q = self.question
        return (f"{q.qname} {q.qtype}: holdfast {self.ours} EDE {list(self.ours.edes)}, delv "
                f"{self.delv}, unbound-host {self.unbound}"
                + (f", holdfast with SHA-1 {self.sha1}" if self.sha1 else ""))


class Comparison:
    def __init__(self, net, program):
        self.net, self.program, self.ports = net, program, itertools.count(PORTS_FRESH)
        net.resolver(program, PORT)
        net.resolver(program, PORT_SHA1, **{"rsasha1": "yes", "ds-sha1": "yes"})
        self.holdfast = judges.Holdfast(net, PORT)
        self.holdfast_sha1 = judges.Holdfast(net, PORT_SHA1)
        self.delv, self.unbound = judges.Delv(net, PORT), judges.UnboundHost(net)

    def judge(self, q):
        name = (q.qname, q.qtype)
        sha1 = self.holdfast_sha1.judge(*name) if any(map(differences.hangs_on_sha1, q.zones)) else None
        result = Result(q, self.holdfast.judge(*name), self.delv.judge(*name),
                        self.unbound.judge(*name), sha1)
        if result.ours.verdict == "bogus" and result.delv.verdict != "bogus":
            return dataclasses.replace(result, ours=self.judge_afresh(name))
        return result

    def judge_afresh(self, name):
        """Without a history. Of a zone in trouble other names fail for a second and more, whatever they
        would be by themselves (controlplane/resolver/trouble.h)."""
        port = next(self.ports)
        resolver = self.net.resolver(self.program, port)
        said = judges.Holdfast(self.net, port).judge(*name)
        self.net.end(resolver)
        return said

    def judge_all(self, questions):
        with ThreadPoolExecutor(ASKERS) as pool:
            yield from pool.map(self.judge, questions)


def agree(*said):
    """The same verdict and, where there is an answer, the same kind of it."""
    return len({s.verdict for s in said}) == 1 and len({s.kind for s in said}) == 1


def faults(result):
    """What nothing explains about this result, in words; and the rows that explained the rest."""
    out, rows = [], []
    for ours, what in ((result.ours, "differs"), (result.sha1, "differs when SHA-1 is relied on")):
        if ours is None or agree(ours, result.delv, result.unbound):
            continue
        row = differences.explain(result.question.zones, ours, result.delv, result.unbound)
        if row is None:
            out.append(f"{what}: {result}")
        else:
            rows.append(row)
    wanted = set().union(*(damage.EDE.get(z.kind, set()) for z in result.question.zones))
    if result.ours.verdict == "bogus" and not wanted & set(result.ours.edes):
        out.append(f"EDE {list(result.ours.edes)}, not {sorted(wanted)}: {result}")
    return out, rows
