# SPDX-License-Identifier: BSD-3-Clause
"""A neighbour of the worker's on the other CPU (neighbour_main.c): as busy as those who write to the
cache are, and nothing that it does touches the cache. What the worker loses beside it is the machine's."""
import os
import subprocess
import time

from control import WRITER_CPU, writer
from programs import Invalid, hurry

SETTLE_S = 0.2
SECONDS_MAX = 60


class Neighbour:
    def __init__(self, build, share):
        """share: of a CPU."""
        program = f"{build}/tests/bench/neighbour"
        if not os.path.exists(program):
            raise Invalid(f"not built: {program} (make bench-programs)")
        permille = min(1000, round(1000 * share))
        self.child = subprocess.Popen([program, str(permille), str(SECONDS_MAX)],
                                      stdout=subprocess.DEVNULL, preexec_fn=lambda: hurry(WRITER_CPU))
        time.sleep(SETTLE_S)

    def close(self):
        self.child.kill()
        self.child.wait()


class Busy:
    """What the writer and who sends to it take of a CPU, from now on."""

    def __init__(self, dataplane, control):
        self.dataplane, self.control = dataplane, control
        self.begin = self._now()

    def _now(self):
        stats = self.dataplane.stats()
        return stats["uptime_ns"] / 1e9, writer(stats)["cpu_ns"] / 1e9, self.control.cpu_s()

    def end(self):
        """(share of a CPU of both, writer's CPU seconds, sender's)."""
        wall, ours, sender = (b - a for a, b in zip(self.begin, self._now()))
        return (ours + sender) / wall, ours, sender
