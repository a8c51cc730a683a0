# SPDX-License-Identifier: BSD-3-Clause
"""Starting, timing and stopping the two programs that are compared."""
import json
import os
import platform
import queue
import re
import signal
import subprocess
import threading
import time
from dataclasses import dataclass

import frames

START_MAX_S = 120
RUN_MAX_S = 300  # the dataplane ends itself after so long, whatever becomes of the bench
WORKER = "rte-worker-1"  # the name EAL gives
DESC_CNT = 2048
POOL_SPARE_CNT = 4096


class Invalid(Exception):
    """A run whose number does not count."""


def machine():
    model = "unknown"
    with open("/proc/cpuinfo") as f:
        for line in f:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
    dpdk = subprocess.run(["pkg-config", "--modversion", "libdpdk"], capture_output=True, text=True)
    return {"cpu": model, "cpus": len(os.sched_getaffinity(0)), "kernel": platform.release(),
            "dpdk": dpdk.stdout.strip() or "unknown", "load_before": round(os.getloadavg()[0], 2)}


@dataclass
class Sample:
    packets: int
    wall_s: float
    cpu_s: float

    def per_core_s(self):
        return self.packets / self.cpu_s

    def record(self):
        return {"packets": self.packets, "wall_s": round(self.wall_s, 4),
                "cpu_s": round(self.cpu_s, 4)}


def hurry():
    """Both programs alike go before the rest of the machine, if we may say so."""
    try:
        os.setpriority(os.PRIO_PROCESS, 0, -20)
    except PermissionError:
        pass


class Program:
    """A child process whose output arrives line by line (or prompt by prompt)."""

    def __init__(self, argv):
        self.child = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, preexec_fn=hurry)
        self.said = ""
        self.chunks = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        while chunk := os.read(self.child.stdout.fileno(), 65536):
            self.chunks.put(chunk.decode(errors="replace"))
        self.chunks.put(None)

    def wait_for(self, text, limit_s=START_MAX_S):
        """Until text was said after the last wait; returns what was said up to now."""
        heard, until = "", time.monotonic() + limit_s
        while text not in heard:
            try:
                chunk = self.chunks.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                chunk = None
            if chunk is None:
                raise Invalid(f"no \"{text}\" from {self.child.args[0]}:\n{self.said}")
            heard += chunk
            self.said += chunk
        return heard

    def drain(self):
        """After the end: all that was still to be read."""
        while chunk := self.chunks.get(timeout=20):
            self.said += chunk

    def type(self, text):
        self.child.stdin.write(text.encode())
        self.child.stdin.flush()

    def worker_cpu_s(self):
        """CPU time of the forwarding thread so far."""
        tasks = f"/proc/{self.child.pid}/task"
        for tid in os.listdir(tasks):
            with open(f"{tasks}/{tid}/comm") as f:
                if f.read().strip() != WORKER:
                    continue
            with open(f"{tasks}/{tid}/schedstat") as f:
                return int(f.read().split()[0]) / 1e9
        raise Invalid(f"{self.child.args[0]} has no thread {WORKER}")

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
        self.child.stdin.close()


def lcores():
    """The dataplane's own layout: worker on the first CPU, main thread on any."""
    cpus = sorted(os.sched_getaffinity(0))
    return f"0@({','.join(map(str, cpus))}),1@{cpus[0]}"


def pool_cnt(ports):
    """Packet buffers as the dataplane sizes its pool, so that both have as many."""
    return ports * 2 * DESC_CNT + POOL_SPARE_CNT


def devargs(pcaps):
    return [f"net_pcap{i},rx_pcap={p},infinite_rx=1" for i, p in enumerate(pcaps)]


@dataclass
class Dataplane:
    program: str
    work: str     # directory for its socket and counters
    preload: str
    entries: int
    cache_size: str

    def argv(self, ports):
        argv = [self.program, "--workers", "1", "--idle", "poll", "--hugepages", "no",
                "--cache-size", self.cache_size, "--preload", self.preload,
                "--link", f"{self.work}/link.sock", "--stats-file", f"{self.work}/stats.json",
                "--run-for", f"{RUN_MAX_S}s", "--service", "192.0.2.53",
                "--service", "2001:db8::53"]
        for i, port in enumerate(ports):
            argv += ["--port", port, "--mac", frames.mac_text(frames.service_mac(i))]
        return argv

    def run(self, ports, seconds):
        """Serve for so long. Returns (Sample, counters of worker 0)."""
        p = Program(self.argv(ports))
        try:
            p.wait_for("serving with")
            began = time.monotonic()
            time.sleep(seconds)
            wall, cpu = time.monotonic() - began, p.worker_cpu_s()
            p.child.send_signal(signal.SIGTERM)
            if p.end() != 0:
                raise Invalid(f"exit status {p.child.returncode}:\n{p.said}")
        finally:
            p.close()
        with open(f"{self.work}/stats.json") as f:
            stats = json.load(f)
        if stats["cache_entries"] != self.entries:
            raise Invalid(f"{stats['cache_entries']} entries of {self.entries} in the cache")
        counters = next(t for t in stats["threads"] if t.pop("name") == "worker0")
        return Sample(counters["tx"], wall, cpu), counters

    def measure(self, pcaps, seconds):
        sample, counters = self.run(devargs(pcaps), seconds)
        only_hits(counters)
        return sample


def only_hits(counters):
    """Every packet was a query, every query a hit, every hit a reply; nothing else happened."""
    n = counters["rx"]
    rest = {k: v for k, v in counters.items() if k not in ("rx", "tx", "queries", "hit") and v}
    if n == 0 or any(counters[k] != n for k in ("tx", "queries", "hit")) or rest:
        raise Invalid(f"not only hits: {({k: v for k, v in counters.items() if v})}")


@dataclass
class Testpmd:
    program: str = "dpdk-testpmd"

    def argv(self, pcaps):
        argv = [self.program, "--no-telemetry", "--no-huge", "--no-shconf", "--no-pci",
                "-m", str(128 + pool_cnt(len(pcaps)) * 2560 // 2**20),
                f"--lcores={lcores()}", "--main-lcore=0"]
        for port in devargs(pcaps):
            argv += ["--vdev", port]
        return argv + ["--", "-i", "--forward-mode=5tswap", "--port-topology=loop",
                       "--nb-cores=1", "--rxq=1", "--txq=1", f"--rxd={DESC_CNT}",
                       f"--txd={DESC_CNT}", "--burst=32", "--mbcache=256",
                       f"--total-num-mbufs={pool_cnt(len(pcaps))}"]

    def measure(self, pcaps, seconds):
        p = Program(self.argv(pcaps))
        try:
            p.wait_for("testpmd> ")
            before = p.worker_cpu_s()
            p.type("start\n")
            p.wait_for("testpmd> ", 10)
            began = time.monotonic()
            time.sleep(seconds)
            wall, cpu = time.monotonic() - began, p.worker_cpu_s() - before
            p.type("stop\nquit\n")
            p.end()
            p.drain()  # its stdout is a pipe: it says most at exit
        finally:
            p.close()
        if "5tswap packet forwarding" not in p.said:
            raise Invalid(f"not in 5tswap mode:\n{p.said}")
        return Sample(forwarded(p.said), wall, cpu)


def forwarded(said):
    """Packets in and out, from what `stop` prints; there are as many of each."""
    tail = said[said.rfind("Accumulated forward statistics"):]
    rx, tx = (re.search(rf"{d}-packets: (\d+)\s+{d}-dropped: 0 ", tail) for d in ("RX", "TX"))
    if rx is None or tx is None or rx[1] != tx[1] or int(rx[1]) == 0:
        raise Invalid(f"packets were lost:\n{said}")
    return int(rx[1])
