# SPDX-License-Identifier: BSD-3-Clause
"""Which lab this is: names of its namespaces and files, from HF_LAB and HF_LAB_DIR."""
import os
import re
import shutil
import time

MARKER = ".holdfast-lab"  # only a directory that holds this file is ever deleted
DELETE_TRIES = 30         # a tenth of a second apart
SOCKET_PATH_MAX = 107     # sun_path, for Knot's control socket

# For helper processes: an `up` that is killed leaves none of them behind.
DIE_WITH_US = ("setpriv", "--pdeathsig", "KILL")


class LabError(Exception):
    """Something the user can act on; printed without a traceback."""


class Paths:
    """Everything that is named after HF_LAB and HF_LAB_DIR."""

    def __init__(self, prefix=None, state=None):
        self.prefix = prefix or os.environ.get("HF_LAB") or "hf"
        if not re.fullmatch(r"[a-z][a-z0-9-]{0,9}", self.prefix):
            raise LabError(f"HF_LAB={self.prefix!r}: want a letter, then at most 9 of a-z 0-9 -")
        state = state or os.environ.get("HF_LAB_DIR") or f"/run/holdfast-lab/{self.prefix}"
        self.state = os.path.abspath(state)
        self.net = f"{self.prefix}-net"
        self.res = f"{self.prefix}-res"
        self.cli = f"{self.prefix}-cli"
        if len(self.file("srv", "child-b", "knot.sock")) > SOCKET_PATH_MAX:
            raise LabError(f"HF_LAB_DIR={self.state} is too long for a Unix socket below it")

    @property
    def namespaces(self):
        return (self.net, self.res, self.cli)

    def file(self, *parts):
        return os.path.join(self.state, *parts)

    def create(self):
        """An empty state directory of our own; refuses one that somebody else filled."""
        if os.path.isdir(self.state) and os.listdir(self.state) and not self.ours():
            raise LabError(f"{self.state} is not empty and not a lab's: not touching it")
        os.makedirs(self.state, exist_ok=True)
        with open(self.file(MARKER), "w", encoding="ascii") as f:
            f.write(self.prefix + "\n")

    def ours(self):
        return os.path.isfile(self.file(MARKER))

    def delete(self):
        if not self.ours():
            return
        for _ in range(DELETE_TRIES):  # a signer that was interrupted may still write for a moment
            shutil.rmtree(self.state, ignore_errors=True)
            if not os.path.exists(self.state):
                break
            time.sleep(0.1)
        else:
            shutil.rmtree(self.state)
        try:  # /run/holdfast-lab goes with the last lab in it
            if os.path.dirname(self.state) == "/run/holdfast-lab":
                os.rmdir("/run/holdfast-lab")
        except OSError:
            pass
