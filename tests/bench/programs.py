# SPDX-License-Identifier: BSD-3-Clause
"""Starting, timing and stopping the two programs that are compared."""
import json
import os
import queue
import re
import signal
import subprocess
import threading
import time
from dataclasses import dataclass, field

import frames

START_MAX_S = 120
RUN_MAX_S = 1200  # the dataplane ends itself after so long, whatever becomes of the bench
WORKER = "rte-worker-"  # the names EAL gives: 1, 2...
DESC_CNT = 2048
SPARE_CNT = 4096
WARM_PASSES = 4  # how often all of the files is answered before anything is timed: pages and buffers met
HUGE_BUFFER_LEN = 2560
REWARM_S = 0.05  # after a rest
PAGE_LEN = 4096  # what a packet buffer takes without huge pages


class Invalid(Exception):
    """A run whose number does not count."""


@dataclass
class Sample:
    """What forwarding threads did in a while."""
    packets: int
    wall_s: float
    cpu_s: float  # of those threads together
    counters: dict = field(default_factory=dict)  # ours, summed over them; empty for testpmd

    def per_core_s(self):
        return self.packets / self.cpu_s

    def ns(self):
        return 1e9 * self.cpu_s / self.packets

    def record(self):
        return {"packets": self.packets, "wall_s": round(self.wall_s, 4),
                "cpu_s": round(self.cpu_s, 4)}


def hurry(cpu):
    """All programs alike go before the rest of the machine, if we may say so."""
    if cpu is not None:
        os.sched_setaffinity(0, [sorted(os.sched_getaffinity(0))[cpu]])
    try:
        os.setpriority(os.PRIO_PROCESS, 0, -20)
    except PermissionError:
        pass


class Program:
    """A child process whose output arrives line by line (or prompt by prompt)."""

    def __init__(self, argv, stdin=subprocess.PIPE, cpu=None):
        """cpu: the only one it may use, counted from 0 among ours."""
        self.child = subprocess.Popen(argv, stdin=stdin, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, preexec_fn=lambda: hurry(cpu))
        self.said = self.unheard = ""
        self.chunks = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        while chunk := os.read(self.child.stdout.fileno(), 65536):
            self.chunks.put(chunk.decode(errors="replace"))
        self.chunks.put(None)

    def wait_for(self, text, limit_s=START_MAX_S):
        """Until text was said after the last wait; returns what was said up to it."""
        until = time.monotonic() + limit_s
        while text not in self.unheard:
            try:
                chunk = self.chunks.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                chunk = None
            if chunk is None:
                raise Invalid(f"no \"{text}\" from {self.child.args[0]}:\n{self.said}")
            self.unheard += chunk
            self.said += chunk
        end = self.unheard.index(text) + len(text)
        heard, self.unheard = self.unheard[:end], self.unheard[end:]
        return heard

    def type(self, text):
        self.child.stdin.write(text.encode())
        self.child.stdin.flush()

    def worker_cpu_s(self):
        """CPU time of the forwarding threads so far; exact while they rest."""
        tasks, total = f"/proc/{self.child.pid}/task", 0
        for tid in os.listdir(tasks):
            with open(f"{tasks}/{tid}/comm") as f:
                if not f.read().startswith(WORKER):
                    continue
            with open(f"{tasks}/{tid}/schedstat") as f:
                total += int(f.read().split()[0])
        return total / 1e9

    def resident(self):
        """Octets of memory it has, huge pages too."""
        with open(f"/proc/{self.child.pid}/status") as f:
            sizes = dict(line.split(":", 1) for line in f)
        return sum(int(sizes[k].split()[0]) for k in ("VmRSS", "HugetlbPages")) * 1024

    def end(self, limit_s=20):
        try:
            return self.child.wait(limit_s)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
            raise Invalid(f"{self.child.args[0]} did not end") from None

    def close(self):
        if self.child.poll() is None:
            self.child.kill()
            self.child.wait()
        if self.child.stdin:
            self.child.stdin.close()


def lcores(workers=1):
    """The dataplane's own layout: worker i on CPU i, the main thread on any."""
    cpus = sorted(os.sched_getaffinity(0))
    pinned = "".join(f",{i + 1}@{cpus[i % len(cpus)]}" for i in range(workers))
    return f"0@({','.join(map(str, cpus))}){pinned}"


def pool_cnt(ports, spare):
    """Packet buffers as the dataplane sizes its pool, so that both have as many."""
    return ports * 2 * DESC_CNT + spare


@dataclass
class Load:
    """pcap files to be fed for ever: one port each, with a queue for each worker."""
    paths: list      # paths[port][worker]
    packets: int     # in all files together
    octets: float    # of a frame, on average

    def workers(self):
        return len(self.paths[0])

    def of_worker(self, i):
        """Its share alone."""
        return Load([[files[i]] for files in self.paths], self.packets // self.workers(),
                    self.octets)

    def devargs(self):
        return [",".join([f"net_pcap{i}", *(f"rx_pcap={p}" for p in files), "infinite_rx=1"])
                for i, files in enumerate(self.paths)]

    def spare(self):
        """Every packet of a file stays in a buffer."""
        return SPARE_CNT + self.packets // self.workers()


class Dataplane:
    """holdfast-dataplane, made to rest (SIGSTOP) whenever it is not being measured. answers: a
    running program whose standard output is preloaded."""

    def __init__(self, build, work, answers, cache_size, options=(), idle="poll", cpu=None,
                 huge=False):
        self.program, self.work, self.answers = f"{build}/holdfast-dataplane", work, answers
        self.cache_size, self.options = cache_size, ["--idle", idle, *options]
        self.options += ["--hugepages", "yes" if huge else "no"]
        self.cpu, self.p, self.said_ns = cpu, None, 0

    def link(self):
        return f"{self.work}/link.sock"

    def argv(self, ports, workers, spare):
        argv = [self.program, "--workers", str(workers),
                "--cache-size", self.cache_size, "--link", self.link(),
                "--stats-file", f"{self.work}/stats.json", "--run-for", f"{RUN_MAX_S}s",
                "--spare-buffers", str(spare), "--service", "192.0.2.53",
                "--service", "2001:db8::53", *self.options]
        if self.answers is not None:
            argv += ["--preload", "/dev/stdin"]
        for i, port in enumerate(ports):
            argv += ["--port", port, "--mac", frames.mac_text(frames.service_mac(i))]
        return argv

    def start(self, ports, workers=1, spare=SPARE_CNT):
        """answers is read to its end."""
        filler = self.answers
        self.p = Program(self.argv(ports, workers, spare),
                         subprocess.PIPE if filler is None else filler.stdout, self.cpu)
        try:
            self.p.wait_for("serving with")
        finally:
            if filler is not None:
                filler.stdout.close()
                filler.wait()

    def start_load(self, load):
        """Until it is warm, and then at rest."""
        self.start(load.devargs(), load.workers(), load.spare())
        until = time.monotonic() + START_MAX_S
        while self.sent() < WARM_PASSES * load.packets and time.monotonic() < until:
            time.sleep(0.01)
        self.rest()

    def rest(self):
        self.p.child.send_signal(signal.SIGSTOP)

    def wake(self):
        self.p.child.send_signal(signal.SIGCONT)

    def read_stats(self):
        with open(f"{self.work}/stats.json") as f:
            return json.load(f)

    def stats(self, limit_s=5):
        """The counters of this moment, as stats-file has them."""
        self.p.child.send_signal(signal.SIGUSR1)
        until = time.monotonic() + limit_s
        while time.monotonic() < until:
            time.sleep(0.001)
            try:
                stats = self.read_stats()
            except (OSError, ValueError):
                continue  # not there, or half of it
            if stats["uptime_ns"] > self.said_ns:
                self.said_ns = stats["uptime_ns"]
                return stats
        raise Invalid(f"no counters from {self.program}:\n{self.p.said}")

    def sent(self):
        return workers_sum(self.stats())["tx"]

    def measure(self, seconds):
        return Dataplane.measure_together([self], seconds)[0]

    @staticmethod
    def measure_together(dataplanes, seconds):
        """Samples of several that run at the same time."""
        for d in dataplanes:
            d.wake()
        time.sleep(REWARM_S)
        before = [d.stats() for d in dataplanes]
        time.sleep(seconds)
        after = [d.stats() for d in dataplanes]
        for d in dataplanes:
            d.rest()
        return [between(a, b) for a, b in zip(before, after)]

    def end(self):
        """Returns the last counters."""
        try:
            self.wake()
            self.p.child.send_signal(signal.SIGTERM)
            if self.p.end() != 0:
                raise Invalid(f"exit status {self.p.child.returncode}:\n{self.p.said}")
        finally:
            self.close()
        return self.read_stats()

    def close(self):
        if self.p is not None:
            self.p.close()


def workers_sum(stats):
    """Counters of all workers together, cpu_ns among them."""
    total = {}
    for row in stats["threads"]:
        if row["name"].startswith("worker"):
            for key in row.keys() - {"name"}:
                total[key] = total.get(key, 0) + row[key]
    return total


def between(before, after):
    a, b = workers_sum(before), workers_sum(after)
    counters = {k: b[k] - a[k] for k in b if k != "cpu_ns"}
    return Sample(counters["tx"], (after["uptime_ns"] - before["uptime_ns"]) / 1e9,
                  (b["cpu_ns"] - a["cpu_ns"]) / 1e9, counters)


def only_answers(stats, entries, unknown=0.0, cookie=None):
    """At the end: every packet was a query, every query a hit or, of the share of unknown names, a
    SERVFAIL for want of a control plane; each was sent, and nothing else happened. cookie: what each
    had (frames.GOOD_COOKIE)."""
    if stats["cache_entries"] != entries:
        raise Invalid(f"{stats['cache_entries']} entries of {entries} in the cache")
    c = workers_sum(stats)
    n, missed = c["rx"], c["no_control"]
    if cookie and c.pop(f"client_cookie_{cookie}") != n:
        raise Invalid(f"not all of {n} cookies were {cookie}")
    rest = {k: v for k, v in c.items() if v and k not in
            ("cpu_ns", "rx", "tx", "queries", "hit", *(["no_control"] if unknown else []))}
    if n == 0 or c["tx"] != n or c["queries"] != n or c["hit"] + missed != n or rest:
        raise Invalid(f"not only answers: {({k: v for k, v in c.items() if v})}")
    if abs(missed / n - unknown) > 0.02 + unknown / 5:
        raise Invalid(f"{missed} of {n} names were unknown, not {unknown}")


class Testpmd:
    """dpdk-testpmd on the same pcap files, with as many buffers. Rests when it does not forward."""

    def __init__(self, huge=False, program="dpdk-testpmd"):
        self.program, self.huge, self.p = program, huge, None

    def argv(self, load):
        buffers = pool_cnt(len(load.paths), load.spare()) * load.workers()
        pages = ["--in-memory"] if self.huge else ["--no-huge", "--no-shconf"]
        each = HUGE_BUFFER_LEN if self.huge else PAGE_LEN
        argv = ["stdbuf", "-oL",  # or it says nothing before its end
                self.program, "--no-telemetry", *pages, "--no-pci",
                "-m", str(128 + buffers * each // 2**20),
                f"--lcores={lcores(load.workers())}", "--main-lcore=0"]
        for port in load.devargs():
            argv += ["--vdev", port]
        return argv + ["--", "-i", "--port-topology=loop", f"--nb-cores={load.workers()}",
                       f"--rxq={load.workers()}", f"--txq={load.workers()}", f"--rxd={DESC_CNT}",
                       f"--txd={DESC_CNT}", "--burst=32", "--mbcache=256",
                       f"--total-num-mbufs={buffers}"]

    def start_load(self, load):
        """Until it is warm."""
        self.p = Program(self.argv(load))
        self.p.wait_for("testpmd> ")
        sent, until = 0, time.monotonic() + START_MAX_S
        while sent < WARM_PASSES * load.packets and time.monotonic() < until:
            sent += self.measure("io", 0.1).packets

    def measure(self, mode, seconds):
        """mode: 5tswap, macswap..."""
        p = self.p
        p.type(f"set fwd {mode}\n")
        p.wait_for("testpmd> ", 10)
        before = p.worker_cpu_s()
        p.type("start\n")
        said = p.wait_for("testpmd> ", 10)
        began = time.monotonic()
        time.sleep(seconds)
        p.type("stop\n")
        wall = time.monotonic() - began
        said += p.wait_for("Done.", 10) + p.wait_for("testpmd> ", 10)
        if f"{mode} packet forwarding" not in said:
            raise Invalid(f"not in {mode} mode:\n{said}")
        return Sample(forwarded(said), wall, p.worker_cpu_s() - before)

    def close(self):
        if self.p is not None:
            self.p.close()


def forwarded(said):
    """Packets in and out, from what `stop` prints; there are as many of each."""
    tail = said[said.rfind("Accumulated forward statistics"):]
    rx, tx = (re.search(rf"{d}-packets: (\d+)\s+{d}-dropped: 0 ", tail) for d in ("RX", "TX"))
    if rx is None or tx is None or rx[1] != tx[1] or int(rx[1]) == 0:
        raise Invalid(f"packets were lost:\n{said}")
    return int(rx[1])
