# SPDX-License-Identifier: BSD-3-Clause
"""A network namespace for a bench: what runs there reaches nobody else."""
import contextlib
import os
import subprocess

from programs import Dataplane


@contextlib.contextmanager
def namespace():
    """Yields what a command begins with that is to run in it."""
    name = f"hfbench{os.getpid()}"
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        yield ["ip", "netns", "exec", name]
    finally:
        subprocess.run(["ip", "netns", "del", name], check=True)


class InNamespace(Dataplane):
    """extra: further ports."""

    def __init__(self, prefix, *args, extra=()):
        super().__init__(*args)
        self.prefix, self.extra = prefix, extra

    def argv(self, ports, workers, spare):
        return [*self.prefix, *super().argv([*ports, *self.extra], workers, spare)]
