# SPDX-License-Identifier: BSD-3-Clause
"""Before anything is timed: are the answers real, and does the check see when they are not?"""
import time

import dns.message

import data
import frames
import loads
from programs import Dataplane, only_answers

QUERY_CNT = 1000
ENTRIES = 1000
REPLY_MAX_S = 10


def refuse_spoiled(query, frame, mac, *claims):
    """claims: what check_reply is told of the reply. The check must object to every octet turned round: in the DNS message with the checksums
    made right again, and in the headers. Returns how many it refused."""
    off = 14 + (40 if query.v6 else 20) + 8
    service = frames.SERVICE_V6 if query.v6 else frames.SERVICE_V4
    free = may_differ(query, frame, off)
    tried = 0
    for i in set(range(len(frame))) - free:
        spoiled = bytearray(frame)
        spoiled[i] ^= 0xFF
        if i >= off:
            spoiled[off - 8:] = frames.udp_make(service, query.client, 53, query.port,
                                                bytes(spoiled[off:]))
        try:
            frames.check_reply(query, bytes(spoiled), mac, *claims)
        except frames.Wrong:
            tried += 1
        else:
            raise frames.Wrong(f"the check does not see that octet {i} of {frame.hex()} is wrong")
    return tried


def may_differ(query, frame, off):
    """Octets with more than one right value: traffic class, flow label and hop limit of IPv6,
    and the last of each TTL, which counts down."""
    free = {15, 16, 17, 21} if query.v6 else set()
    message = frame[off:]
    parsed = dns.message.from_wire(message)
    for rrset in parsed.answer + parsed.authority:
        field = b"\0\1" + rrset.ttl.to_bytes(4, "big")  # behind the class
        at = message.find(field)
        while at >= 0:
            free.add(off + at + len(field) - 1)
            at = message.find(field, at + 1)
    return free


def variety(query):
    """What makes one reply different in kind from another."""
    return (query.v6, query.edns, query.ad, query.shape, query.known(),
            query.content.secure(query.host), query.content.covered(query.host))


def run(build, work, content, asking, options=()):
    """Some queries once; every reply, out of a tx pcap, held against the data, and one of each
    variety spoiled in every octet."""
    content = data.Content(content.kind, min(content.entries, ENTRIES), min(content.ntas, 100))
    mac = frames.service_mac(0)
    asked = list(loads.queries(content, asking, QUERY_CNT))
    rx, tx = f"{work}/self-test.rx.pcap", f"{work}/self-test.tx.pcap"
    frames.pcap_write(rx, [q.frame(mac) for q in asked])
    dataplane = Dataplane(build, work, loads.answers(build, content), "64MiB", options)
    try:
        dataplane.start([f"net_pcap0,rx_pcap={rx},tx_pcap={tx}"])
        until = time.monotonic() + REPLY_MAX_S
        while dataplane.sent() < len(asked) and time.monotonic() < until:
            time.sleep(0.01)
        only_answers(dataplane.end(), content.entries, asking.unknown, asking.cookie)
    finally:
        dataplane.close()
    replies = {frames.whose(r): r for r in frames.pcap_read(tx)}  # in any order
    frames.require(len(replies) == len(asked), "different replies", len(replies), len(asked))
    for query in asked:
        frames.require(query.who() in replies, "no reply to", query.who())
        frames.check_reply(query, replies[query.who()], mac)
    kinds = {variety(q): (q, replies[q.who()]) for q in asked}
    spoiled = sum(refuse_spoiled(q, r, mac) for q, r in kinds.values())
    print(f"self-test: {content.kind}, IPv{asking.family}, EDNS {asking.edns}: {len(replies)} replies "
          f"right; the check refused {spoiled} spoiled ones of {len(kinds)} varieties")
    return {"kind": content.kind, "replies": len(replies), "varieties": len(kinds),
            "spoiled_refused": spoiled}
