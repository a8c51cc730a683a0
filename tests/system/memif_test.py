# SPDX-License-Identifier: BSD-3-Clause
"""Packets through net_memif and net_pcap: testpmd carries a capture of queries to a memif port of the
dataplane, and its replies into another capture."""
import os
import shutil
import signal
import struct
import subprocess
import time

import dns.message
import pytest

import world
from hostile import frame
from truth_test import responses

QUERIES = 500
MAC = bytes.fromhex("020000000053")

pytestmark = pytest.mark.skipif(os.geteuid() != 0 or shutil.which("dpdk-testpmd") is None,
                                reason="needs root and dpdk-testpmd")


def write_pcap(path, frames):
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for octets in frames:
            f.write(struct.pack("<IIII", 0, 0, len(octets), len(octets)) + octets)


def question(i):
    query = world.question(f"n{i}.memif.example.")
    query.id = i
    return query.to_wire()


def wait_for(path, process):
    for _ in range(500):
        if os.path.exists(path):
            return
        assert process.poll() is None, "the dataplane ended"
        time.sleep(0.02)
    pytest.fail(f"{path} did not come")


def carry(asked, replies, wire):
    """testpmd between capture and memif until it has had a reply to each query, or a while."""
    process = subprocess.Popen(
        ["dpdk-testpmd", "--no-huge", "-m", "256", "--no-pci", "--no-telemetry",
         "--no-shconf", "--file-prefix", f"hfmemif{os.getpid()}", "-l", "0,1",
         "--vdev", f"net_memif0,role=client,id=0,socket={wire}",
         "--vdev", f"net_pcap0,rx_pcap={asked},tx_pcap={replies}", "--", "--total-num-mbufs=8192",
         "--forward-mode=io", "--no-flush-rx", "--stats-period=1"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    seconds, sent = 0, 0
    for line in process.stdout:
        seconds += "statistics for port 0" in line  # once a second
        sent = sent + 1 if f"TX-packets: {QUERIES} " in line else sent
        if sent >= 2 or seconds > 12:  # both ways
            break
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)


def read_replies(path):
    seen = {}
    for _, payload in responses(path):
        reply = dns.message.from_wire(payload)
        seen[reply.id] = (world.rcode(reply), [c for c, _ in world.edes(reply)],
                          reply.question[0].name.to_text())
    return seen


def test_every_query_that_comes_by_memif_is_answered_by_memif(tmp_path):
    asked, replies = tmp_path / "asked.pcap", tmp_path / "replies.pcap"
    write_pcap(asked, [frame(MAC, world.SERVICE, question(i), v6=bool(i % 2)) for i in range(QUERIES)])
    link, wire = tmp_path / "link.sock", tmp_path / "memif.sock"
    dataplane = subprocess.Popen(
        [f"{world.PROGRAMS}/holdfast-dataplane", "--port", f"net_memif0,role=server,id=0,socket={wire}",
         "--mac", "02:00:00:00:00:53", "--hugepages", "no", "--link", link, "--run-for", "60s",
         *[word for a in world.SERVICE for word in ("--service", a)]],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(link, dataplane)
        for _ in range(3):  # the capture may be over before the memif is up: then nothing came at all
            carry(asked, replies, wire)
            seen = read_replies(replies)
            if seen:
                break
    finally:
        dataplane.terminate()
        assert dataplane.wait(timeout=20) == 0
    assert seen == {i: ("SERVFAIL", [22], f"n{i}.memif.example.") for i in range(QUERIES)}
