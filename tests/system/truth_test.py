# SPDX-License-Identifier: BSD-3-Clause
"""A minute of mixed load: every answer on the wire is compared with what the authorities hold."""
import random
import subprocess

import dns.message
import pytest

import world
from world import V4, V6

LENGTH, RATE = 60, 400


@pytest.fixture
def running(world_lab, tmp_path):
    appliance = world.make_appliance(world_lab, "af_packet", tmp_path, workers=2)
    try:
        appliance.start()
        yield world_lab, appliance
    finally:
        appliance.stop()


def load_names(truth):
    """name -> IPv4 address of every load name."""
    return {block["name"].format(i=i): block["a"].format(i=i)
            for block in truth["load"] for i in range(block["first"], block["last"] + 1)}


def write_questions(truth, path):
    rng = random.Random(5)
    lines = [f"{n} A" for n in load_names(truth)]
    lines += [f"{c['qname']} {c['qtype']}" for c in truth["cases"] if c["security"] != "unreachable"]
    rng.shuffle(lines)
    path.write_text("\n".join(lines) + "\n")


def responses(pcap):
    """DNS replies in a capture: (IP family, payload)."""
    octets = pcap.read_bytes()
    at = 24
    while at + 16 <= len(octets):
        length = int.from_bytes(octets[at + 8:at + 12], "little")
        frame = octets[at + 16:at + 16 + length]
        at += 16 + length
        family, head = frame[12:14], 14
        if family == b"\x08\x00":
            yield V4, frame[head + (frame[head] & 15) * 4 + 8:]
        elif family == b"\x86\xdd":
            yield V6, frame[head + 40 + 8:]


def check(reply, names, cases):
    question = reply.question[0]
    name, kind = question.name.to_text().lower(), world.dns.rdatatype.to_text(question.rdtype)
    if kind == "A" and name in names:
        got = {r.address for rrset in reply.answer if rrset.rdtype == 1 for r in rrset}
        secure = not name.endswith("unsigned.de.")
        if got != {names[name]} or world.authentic(reply) != secure:
            return [f"{name}: {got}, AD {world.authentic(reply)}"]
        return []
    return world.differences(cases[(name, kind)], reply)


def test_no_answer_in_a_minute_of_mixed_load_is_wrong(running, tmp_path):
    lab, _ = running
    truth, questions, pcap = lab.truth(), tmp_path / "q.txt", tmp_path / "replies.pcap"
    write_questions(truth, questions)
    enter = ["ip", "netns", "exec", lab.cli]
    capture = subprocess.Popen(enter + ["tcpdump", "-Z", "root", "-i", "cli0", "-w", str(pcap), "-U",
                                        "-B", "16384", "udp and src port 53"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert "listening on" in capture.stderr.readline()
    loads = [subprocess.Popen(enter + ["dnsperf", "-s", server, "-f", family, "-d", str(questions),
                                       "-Q", str(RATE), "-l", str(LENGTH), "-D", "-t", "8"],
                              stdout=subprocess.PIPE, text=True)
             for server, family in ((V4, "inet"), (V6, "inet6"))]
    outs = [p.communicate(timeout=LENGTH + 60)[0] for p in loads]
    capture.terminate()
    capture.wait(timeout=10)
    assert all("Queries lost:         0 " in out for out in outs), outs

    names = load_names(truth)
    cases = {(c["qname"].lower(), c["qtype"]): c for c in truth["cases"]}
    wrong, compared = [], 0
    for _, payload in responses(pcap):
        wrong += check(dns.message.from_wire(payload), names, cases)
        compared += 1
    assert compared > LENGTH * RATE, "every reply was captured"
    assert not wrong, "\n".join(wrong[:20])
