# SPDX-License-Identifier: BSD-3-Clause
"""The evil lab's three namespaces with the authority of keytrap.py instead."""
import os
import signal
import subprocess
import sys

from evil_lab import HERE, EvilLab, netns


class TrapLab(EvilLab):
    resolver, validation = "  any: full\n", "  key-tag-signal: no\n  rollover: no\n"

    def up(self):
        self.down()
        self.paths.create()
        netns.create(self.paths, [])
        netns.run("ip", "-n", self.net, "route", "add", "local", "10.64.0.0/24", "dev", "lo")
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", self.net, "setpriv", "--pdeathsig", "KILL", sys.executable,
             os.path.join(HERE, "keytrap.py"), self.dir], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if self.process.stdout.readline() != b"ready\n":
            raise AssertionError("the authority does not start")
        return self

    def stop(self):
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(10)
            self.process.stdout.close()
            self.process.stdin.close()
            self.process = None
