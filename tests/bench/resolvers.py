# SPDX-License-Identifier: BSD-3-Clause
"""The resolvers that are compared: each started by hand in the lab's resolver namespace, on one CPU,
with the same root hints, trust anchor, memory for its cache and one thread; validation on, nothing
logged. All else is as each comes."""
import json
import os
import socket
import subprocess
import time
from dataclasses import dataclass

from hflab import netns
from programs import Invalid

CACHE_MIB = 256
START_MAX_S = 20
END_MAX_S = 20
PORT = 5300
HOST = "127.0.0.1"


@dataclass
class Usage:
    cpu_s: float
    rss: int      # octets, mapped files of a cache on tmpfs or disk included


class Resolver:
    """One run of one of them: a fresh process, an empty cache, a directory of its own."""

    name = ""

    def __init__(self, lab, work, cpu, threads=1):
        self.paths, self.threads = lab.paths, threads
        self.hints = lab.paths.file("root.hints")
        self.work = os.path.join(work, self.name)
        self.cpu = cpu
        self.child = None
        os.makedirs(self.work, exist_ok=True)

    def file(self, name):
        return os.path.join(self.work, name)

    def write(self, name, lines):
        with open(self.file(name), "w", encoding="ascii") as f:
            f.write("\n".join(lines) + "\n")
        return self.file(name)

    def start(self):
        pin = ["taskset", "-c", str(self.cpu)] if self.threads == 1 else []
        with open(self.file("log"), "wb") as log:
            # ip and taskset exec what follows: the process id stays the resolver's.
            self.child = subprocess.Popen(
                ["ip", "netns", "exec", self.paths.res, *pin, *self.argv()], cwd=self.work,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        until = time.monotonic() + START_MAX_S
        while not self.answers():
            if self.child.poll() is not None or time.monotonic() > until:
                self.stop()
                raise Invalid(f"{self.name} does not answer: {self.said()}")

    def said(self):
        with open(self.file("log"), errors="replace", encoding="utf-8") as f:
            return f.read()[-2000:]

    def answers(self):
        """The root's NS: it is up, primed and has the root's keys."""
        query = bytes.fromhex("5aa5010000010000000000000000020001")
        with netns.inside(self.paths.res):
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with s:
            s.settimeout(0.5)
            s.connect((HOST, PORT))
            try:
                s.send(query)
                reply = s.recv(4096)
            except OSError:
                time.sleep(0.05)
                return False
        return reply[:2] == query[:2] and reply[3] & 15 == 0 and reply[6:8] != b"\0\0"

    def stop(self):
        self.child.terminate()
        try:
            self.child.wait(END_MAX_S)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()

    def usage(self):
        """CPU seconds of all its threads, user and system, so far; memory now."""
        proc = f"/proc/{self.child.pid}"
        ns = 0
        for task in os.listdir(f"{proc}/task"):
            with open(f"{proc}/task/{task}/schedstat", encoding="ascii") as f:
                ns += int(f.read().split()[0])
        with open(f"{proc}/statm", encoding="ascii") as f:
            pages = int(f.read().split()[1])
        return Usage(ns / 1e9, pages * os.sysconf("SC_PAGE_SIZE"))


class Holdfast(Resolver):
    """The control plane alone, by its kernel listener."""

    name = "holdfast"
    build = "build"
    options = ()

    def argv(self):
        config = self.write("holdfast.yaml", [
            f'listen: ["{HOST}@{PORT}"]', "log-level: error",
            "link:", f"  socket: {self.file('link.sock')}",
            "control:", f"  socket: {self.file('control.sock')}",
            "resolver:", f"  root-hints: {self.hints}", f"  cache-size: {CACHE_MIB}MiB",
            *([f"  threads: {self.threads}"] if self.threads > 1 else []),
            "validation:", f'  trust-anchors: ["{self.paths.file("root.ds")}"]',
            "policy:", f"  store: {self.file('policy.db')}", *self.options])
        return [f"{self.build}/holdfast-controlplane", "--config", config]

    def cached(self):
        out = subprocess.run([f"{self.build}/holdfastctl", "--socket", self.file("control.sock"),
                              "--json", "status"], capture_output=True, text=True, check=False)
        return json.loads(out.stdout)["result"]["resolver"]["cache_entries"]


class Unbound(Resolver):
    name = "unbound"

    def argv(self):
        config = self.write("unbound.conf", [
            "server:", f"  interface: {HOST}@{PORT}", f"  num-threads: {self.threads}",
            f'  root-hints: "{self.hints}"', f'  trust-anchor-file: "{self.paths.file("root.ds")}"',
            f"  rrset-cache-size: {CACHE_MIB // 2}m", f"  msg-cache-size: {CACHE_MIB // 2}m",
            "  outgoing-range: 8192", "  num-queries-per-thread: 4096", "  verbosity: 0",
            "  so-rcvbuf: 0", '  username: ""', '  chroot: ""', '  pidfile: ""',
            f'  directory: "{self.work}"', "  use-syslog: no", "  do-daemonize: no",
            "remote-control:", "  control-enable: yes", "  control-use-cert: no",
            f"  control-interface: {self.file('control.sock')}"])
        return ["unbound", "-d", "-c", config]

    def cached(self):
        """RRsets in its RRset cache."""
        out = subprocess.run(["unbound-control", "-c", self.file("unbound.conf"), "dump_cache"],
                             capture_output=True, text=True, check=True)
        return out.stdout.count("\n;rrset ")


class KnotResolver(Resolver):
    name = "knot-resolver"

    def argv(self):
        config = self.write("kresd.conf", [
            f"net.listen('{HOST}', {PORT}, {{ kind = 'dns' }})",
            f"net.listen('{self.file('control.sock')}', nil, {{ kind = 'control' }})",
            "log_level('err')", "modules.load('hints')", f"hints.root_file('{self.hints}')",
            f"trust_anchors.add_file('{self.paths.file('root.key')}', true)",
            f"cache.open({CACHE_MIB} * MB, 'lmdb://{self.file('cache')}')"])
        return ["kresd", "-n", "-c", config, self.work]

    def cached(self):
        """Records of its LMDB: an RRset or a packet each."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
            s.settimeout(10)
            s.connect(self.file("control.sock"))
            s.send(b"cache.count()\n")
            said = s.recv(4096)
            while b"\n" not in said[2:]:
                said += s.recv(4096)
        return int("".join(c for c in said.decode() if c.isdigit()))


EVERY = (Holdfast, Unbound, KnotResolver)
