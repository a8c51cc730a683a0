# SPDX-License-Identifier: BSD-3-Clause
"""Programs measured in turn, so that what else the machine does meets all of them alike."""
import statistics
import sys

from report import spread


def in_turn(what, runs, rounds):
    """runs: {name: function that measures once and returns a Sample}. Who begins moves on by one
    each round. Returns {name: samples, one a round}."""
    samples = {name: [] for name in runs}
    names = list(runs)
    for i in range(rounds):
        first = i % len(names)
        for name in names[first:] + names[:first]:
            samples[name].append(runs[name]())
        said = ", ".join(f"{n} {s[-1].per_core_s() / 1e6:.2f} M" for n, s in samples.items())
        print(f"  {what} {i + 1}/{rounds}: {said}", file=sys.stderr)
    return samples


def ratio(samples, ours, theirs):
    """Of the rates, round by round."""
    return spread([a.per_core_s() / b.per_core_s() for a, b in zip(samples[ours], samples[theirs])])


def cost_ns(samples, ours, theirs):
    """How many nanoseconds of CPU time a packet of ours takes more than one of theirs."""
    return spread([a.ns() - b.ns() for a, b in zip(samples[ours], samples[theirs])], 1)


def summary(samples):
    """Of one program, for JSON."""
    rates = [x.per_core_s() for x in samples]
    return {
        "per_core_s": round(statistics.median(rates)),
        "per_wall_s": round(statistics.median(x.packets / x.wall_s for x in samples)),
        "min": round(min(rates)), "max": round(max(rates)),
        "ns_per_packet": round(1e9 / statistics.median(rates), 1),
        "cpu_share": round(sum(x.cpu_s for x in samples) / sum(x.wall_s for x in samples), 3),
        "runs": [x.record() for x in samples],
    }
