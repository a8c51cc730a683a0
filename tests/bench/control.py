# SPDX-License-Identifier: BSD-3-Clause
"""The program that stands for the control plane on the link (control_main.c)."""
import json
import os
import subprocess
import time

from programs import Invalid, hurry

BUSY_MAX_S = 10
WRITER_CPU = 1  # the worker has CPU 0


class Control:
    def __init__(self, build, link, args, prefix=()):
        program = f"{build}/tests/bench/control"
        if not os.path.exists(program):
            raise Invalid(f"not built: {program} (make bench-programs)")
        self.child = subprocess.Popen([*prefix, program, link, *args], stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, text=True,
                                      preexec_fn=lambda: hurry(WRITER_CPU))

    def wait_until_busy(self, dataplane):
        """The writer takes what it sends."""
        until = time.monotonic() + BUSY_MAX_S
        start = writer(dataplane.stats())["inserted"]
        while writer(dataplane.stats())["inserted"] == start:
            if self.child.poll() is not None or time.monotonic() > until:
                raise Invalid(f"nothing is sent: {self.child.stderr.read()}")
            time.sleep(0.01)

    def cpu_s(self):
        """CPU time it has taken so far; it has one thread."""
        with open(f"/proc/{self.child.pid}/schedstat") as f:
            return int(f.read().split()[0]) / 1e9

    def result(self, limit_s):
        """What it says when it has done all."""
        try:
            said, wrong = self.child.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired:
            raise Invalid("control did not end") from None
        if self.child.returncode != 0:
            raise Invalid(wrong.strip())
        return json.loads(said)

    def close(self):
        if self.child.poll() is None:
            self.child.kill()
        self.child.communicate()


class Stand(Control):
    """It has attached, and takes questions off the ring and answers so many a second. 0: it reads none."""

    def __init__(self, build, dataplane, rate, seconds, prefix=()):
        before = writer(dataplane.stats())["attached"]
        super().__init__(build, dataplane.link(), ["stand", str(rate), str(seconds)], prefix)
        until = time.monotonic() + BUSY_MAX_S
        while writer(dataplane.stats())["attached"] == before:
            if self.child.poll() is not None or time.monotonic() > until:
                raise Invalid(f"does not attach: {self.child.stderr.read()}")
            time.sleep(0.01)


def writer(stats):
    return next(row for row in stats["threads"] if row["name"] == "writer")
