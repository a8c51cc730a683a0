# SPDX-License-Identifier: BSD-3-Clause
"""An internet of one evil authority: the lab's three namespaces, without its servers.

In <P>-net every address of 10.64.0.0/10 and fd66::/16 is local, and the authority answers on all
of them. <P>-res is for the appliance, <P>-cli for clients of the dataplane.
"""
import json
import os
import shutil
import signal
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.join(ROOT, "scripts"), os.path.join(ROOT, "scripts", "lab"),
                os.path.join(ROOT, "tests", "system")]

import dns.message  # noqa: E402
import dns.query    # noqa: E402
from hflab import netns  # noqa: E402
from hflab.paths import Paths  # noqa: E402

PROGRAMS = os.path.join(ROOT, os.environ.get("O", "build"))
# An anchor for a name that is never asked for: nothing here is signed.
ANCHOR = ("anchor.invalid. IN DS 1 13 2 "
          "0000000000000000000000000000000000000000000000000000000000000001\n")
# Addresses that clients of the dataplane ask from; it answers to the MAC that asked.
CLIENTS, CLIENT_FIRST = "198.51.0.0/16", "198.51.1.1"


def program(name):
    return os.path.join(PROGRAMS, "tests", "evil", name)


class EvilLab:
    """state: a directory for files; made and deleted here when it is not given."""
    # More lines for these parts of a configuration. Keys are not observed: tests count packets and checks.
    resolver, validation = "", "  rollover: no\n"

    def __init__(self, prefix):
        self.paths = Paths(prefix, f"/run/holdfast-lab/{prefix}")
        self.net, self.res, self.cli = self.paths.namespaces
        self.dir = self.paths.state
        self.process = None
        self.authority_args = ()

    def up(self, *arguments):
        self.down()
        self.paths.create()
        netns.create(self.paths, [])
        for family, what in (("-4", "10.64.0.0/10"), ("-6", "fd66::/16")):
            netns.run("ip", "-n", self.net, family, "route", "add", "local", what, "dev", "lo")
        netns.run("ip", "-n", self.cli, "route", "add", "local", CLIENTS, "dev", "lo")
        hints = subprocess.run([program("authority"), "--hints"], check=True, capture_output=True,
                               text=True).stdout
        self._write("root.hints", hints)
        self._write("root.ds", ANCHOR)
        self.root = hints.split("IN A ")[1].split()[0]
        self.start(*arguments)
        return self

    def _write(self, name, text):
        with open(self.paths.file(name), "w", encoding="ascii") as f:
            f.write(text)

    def start(self, *arguments):
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", self.net, "setpriv", "--pdeathsig", "KILL",
             program("authority"), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        if self.process.stdout.readline() != b"ready\n":
            self.process.wait(10)
            self.process = None
            raise AssertionError("the evil authority does not start")

    def stop(self):
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            assert self.process.wait(10) == 0
            self.process.stdout.close()
            self.process = None

    def down(self):
        self.stop()
        netns.delete(self.paths)
        if os.path.isdir(self.dir) and self.paths.ours():
            self.paths.delete()

    def tell(self, name):
        """{key: number} that the authority answers in class CH."""
        query = dns.message.make_query(name, "TXT", "CH")
        with netns.inside(self.res):
            reply = dns.query.udp(query, self.root, timeout=5)
        pairs = [s.decode().split("=") for r in reply.answer for d in r for s in d.strings]
        return {k: int(v) for k, v in pairs}

    def counters(self):
        return self.tell("counters.")

    def sent_for(self, tag):
        """Queries that names with the word q<tag> have led to."""
        return self.tell(f"q{tag}.").get("queries", 0)

    def top(self):
        return self.tell("top.")

    def reset(self):
        self.tell("reset.")


def missing():
    if os.geteuid() != 0:
        return "needs root: network namespaces"
    tools = [t for t in ("ip", "ethtool", "setpriv") if shutil.which(t) is None]
    if tools:
        return f"needs {tools}"
    for path in (program("authority"), os.path.join(PROGRAMS, "holdfast-controlplane")):
        if not os.path.exists(path):
            return f"not built: {path} (make programs evil-programs)"
    return None


def write_config(path, lab, folder, listen, more=""):
    with open(path, "w", encoding="ascii") as f:
        f.write(f"listen: {json.dumps(listen)}\n"
                f"access:\n  others: allow\n"  # CLIENTS are as many as they like
                f"link:\n  socket: {folder}/link.sock\n"
                f"control:\n  socket: {folder}/control.sock\n"
                f"resolver:\n  root-hints: {lab.dir}/root.hints\n{lab.resolver}"
                f"validation:\n  trust-anchors: [{lab.dir}/root.ds]\n{lab.validation}"
                f"policy:\n  store: {folder}/policy.db\n{more}")
