# SPDX-License-Identifier: BSD-3-Clause
"""Frames and pcap files: queries in, replies out, and what a reply must be."""
import os
import struct
import sys
import time

import dns.flags
import dns.message
import dns.name

import data

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system"))
from model import COOKIE, cookie_make  # noqa: E402

SERVICE_V4 = bytes([192, 0, 2, 53])
SERVICE_V6 = bytes.fromhex("20010db8000000000000000000000053")
CLIENT_MAC = bytes.fromhex("020000000101")
UDP_MAX = 1232
AGE_MAX_S = 120  # how much a TTL may have counted down since the answers were preloaded
CLIENT_COOKIE, GOOD_COOKIE = "learning", "good"  # as the counters call who has one
MIX = "mix"     # half IPv6; 40 % DO, 30 % EDNS without DO, 30 % without; a quarter AD, upper case


def service_mac(port):
    return bytes.fromhex("0200000000") + bytes([0x53 + port])


def mac_text(mac):
    return ":".join(f"{o:02x}" for o in mac)


# --- queries


def mixed_case(label, rng):
    return bytes(o ^ 0x20 if 97 <= o <= 122 and rng.random() < 0.5 else o for o in label)


class Query:
    """One client's question. edns: None, False (DO clear) or True (DO set)."""

    def __init__(self, rng, content, host, family="4", edns=None, asks_ad=False, cookie=None):
        """family: "4", "6" or MIX. edns: as above, or MIX."""
        mix = edns == MIX
        self.content, self.host = content, host
        self.v6 = family == "6" or (family == MIX and rng.random() < 0.5)
        if mix:
            kind = rng.random()
            edns = True if kind < 0.4 else False if kind < 0.7 else None
        self.shape = content.shape(host, edns is True)
        self.edns = True if self.shape.do else edns  # kept for those alone
        self.ad = (mix or asks_ad) and rng.random() < 0.25
        self.labels = content.labels(host)
        bits = rng.getrandbits(96)
        self.id, self.port = bits & 0xFFFF, 1024 + (bits >> 16 & 0x7FFF)
        if self.v6:
            host = (bits >> 48).to_bytes(6, "big")  # as many networks of 56 bits as there are IPv4 clients
            self.client = b"\x20\x01\x0d\xb8" + (bits >> 32 & 0xFFFF).to_bytes(2, "big") + b"\0\0\0\1" + host
        else:
            self.client = b"\xc6\x12" + (bits >> 32 & 0xFFFF).to_bytes(2, "big")
        labels = self.labels
        if mix and rng.random() < 0.25:
            labels = [mixed_case(x, rng) for x in labels]
        self.question = data.name_wire(labels) + struct.pack("!HH", self.shape.qtype, 1)

        self.cookie = b""
        if cookie:
            self.cookie = rng.getrandbits(64).to_bytes(8, "big")
        if cookie == GOOD_COOKIE:
            self.cookie = cookie_make(data.COOKIE_SECRET, self.cookie, self.client, int(time.time()))

    def who(self):
        return self.client, self.port.to_bytes(2, "big"), self.id.to_bytes(2, "big")

    def known(self):
        return self.host < data.UNKNOWN_FROM

    def flags(self):
        return dns.flags.RD | (dns.flags.AD if self.ad else 0)

    def message(self):
        opt = b""
        if self.edns is not None:
            options = struct.pack("!HH", COOKIE, len(self.cookie)) + self.cookie if self.cookie else b""
            opt = struct.pack("!BHHIH", 0, 41, UDP_MAX, 0x8000 if self.edns else 0, len(options)) + options
        head = struct.pack("!6H", self.id, self.flags(), 1, 0, 0, 1 if opt else 0)
        return head + self.question + opt

    def frame(self, mac):
        ether = mac + CLIENT_MAC
        service = SERVICE_V6 if self.v6 else SERVICE_V4
        udp = udp_make(self.client, service, self.port, 53, self.message())
        if self.v6:
            ip = struct.pack("!IHBB", 6 << 28, len(udp), 17, 57) + self.client + service
            return ether + b"\x86\xdd" + ip + udp
        ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), self.id, 0, 57, 17, 0)
        ip += self.client + service
        return ether + b"\x08\x00" + ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:] + udp


def checksum(octets):
    """RFC 1071; 0 over octets that hold their right checksum."""
    if len(octets) % 2:
        octets += b"\0"
    total = int.from_bytes(octets, "big")  # 2^16 is 1 modulo 65535: that adds the words up
    return 0xFFFF ^ (total % 0xFFFF or (0xFFFF if total else 0))


def pseudo(src, dst, length):
    if len(src) == 4:
        return src + dst + struct.pack("!BBH", 0, 17, length)
    return src + dst + struct.pack("!II", length, 17)


def udp_make(src, dst, sport, dport, payload):
    udp = struct.pack("!4H", sport, dport, 8 + len(payload), 0) + payload
    right = checksum(pseudo(src, dst, len(udp)) + udp) or 0xFFFF
    return udp[:6] + struct.pack("!H", right) + payload


# --- replies


class Wrong(Exception):
    """A reply is not what it must be."""


def require(right, what, *found):
    if not right:
        raise Wrong(what + "".join(f" {x!r}" for x in found))


def reply_message(query, frame, mac):
    """Checks everything below DNS; returns the DNS message."""
    kind = b"\x86\xdd" if query.v6 else b"\x08\x00"
    require(frame[:14] == CLIENT_MAC + mac + kind, "Ethernet header", frame[:14])
    ip = frame[14:]
    if query.v6:
        require(ip[0] >> 4 == 6 and ip[6] == 17 and ip[7] > 0, "IPv6 header", ip[:8])
        require(struct.unpack("!H", ip[4:6])[0] == len(ip) - 40, "IPv6 length")
        src, dst, udp = ip[8:24], ip[24:40], ip[40:]
    else:
        require(ip[0] == 0x45 and ip[9] == 17 and ip[8] > 0, "IPv4 header", ip[:12])
        require(struct.unpack("!H", ip[2:4])[0] == len(ip), "IPv4 length")
        require(checksum(ip[:20]) == 0, "IPv4 checksum")
        src, dst, udp = ip[12:16], ip[16:20], ip[20:]
    require(src == (SERVICE_V6 if query.v6 else SERVICE_V4), "source address", src)
    require(dst == query.client, "destination address", dst)
    require(len(udp) >= 8, "UDP header", udp)
    sport, dport, length, given = struct.unpack("!4H", udp[:8])
    require((sport, dport) == (53, query.port), "ports", sport, dport)
    require(length == len(udp), "UDP length", length)
    require(given != 0 and checksum(pseudo(src, dst, length) + udp) == 0, "UDP checksum", given)
    return udp[8:]


def whose(frame):
    """Address, port and ID of who a reply goes to, if it is one; what Query.who says."""
    v6 = frame[12:14] == b"\x86\xdd"
    ip_len = 40 if v6 else 20
    client, udp = frame[14 + ip_len - (16 if v6 else 4):14 + ip_len], frame[14 + ip_len:]
    return client, udp[2:4], udp[8:10]


def claims(query, frame):
    """(answered, EDE) that a reply to an unknown name claims, for check_reply."""
    message = frame[14 + (40 if query.v6 else 20) + 8:]
    answered = message[3] & 15 == data.NOERROR
    return answered, int.from_bytes(message[-2:], "big")  # nothing stands behind it


def check_reply(query, frame, mac, answered=None, ede=data.EDE_NO_CONTROL):
    """Raises Wrong unless frame answers query with its data; or says SERVFAIL and why. answered: which of
    them it must be (None: a known name is answered)."""
    answered = query.known() if answered is None else answered
    message = reply_message(query, frame, mac)
    content, do = query.content, query.edns is True
    rcode, answer, authority, options = data.SERVFAIL, [], [], []
    flags = dns.flags.QR | dns.flags.RD | dns.flags.RA
    if answered:
        rcode = query.shape.rcode
        answer, authority = data.records(query.host, query.labels, query.shape)
        authentic = content.secure(query.host) and not content.covered(query.host)
        if authentic and (do or query.ad):  # RFC 6840 5.7, 5.8; RFC 7646
            flags |= dns.flags.AD
    else:
        options = [struct.pack("!HHH", 15, 2, ede)]
    if query.cookie:
        options = options + [struct.pack("!HH", COOKIE, 24) + right_cookie(query, message)]
    has_opt = query.edns is not None
    head = struct.pack("!6H", query.id, flags | rcode, 1, len(answer), len(authority),
                       int(has_opt))
    require(message[:12] == head, "header", message[:12], head)
    end = 12 + len(query.question)
    require(message[12:end] == query.question, "question", message[12:end])
    check_opt(query, message, options)
    try:
        parsed = dns.message.from_wire(message, one_rr_per_rrset=True)
    except Exception as e:  # dnspython: whatever it says, it is not a message
        raise Wrong(f"malformed: {e!r}") from e
    check_section(query, parsed.answer, answer)
    check_section(query, parsed.authority, authority)


def right_cookie(query, message):
    """A good one goes back as it came (RFC 9018 4.3: it is young); who has none gets one made now."""
    if len(query.cookie) == 24:
        return query.cookie
    made = int.from_bytes(message[-12:-8], "big")  # it ends the message
    require(abs(time.time() - made) < AGE_MAX_S, "a cookie's time", made)
    return cookie_make(data.COOKIE_SECRET, query.cookie, query.client, made)


def check_opt(query, message, options):
    """OPT stands last, and to the octet as it must be."""
    if query.edns is None:
        return
    rdata = b"".join(options)
    right = struct.pack("!BHHIH", 0, 41, UDP_MAX, 0x8000 if query.edns else 0, len(rdata)) + rdata
    require(message.endswith(right), "OPT", message[-len(right):], right)


def check_section(query, rrsets, wanted):
    got = []
    for rrset in rrsets:
        require(data.TTL_S - AGE_MAX_S <= rrset.ttl <= data.TTL_S, "TTL", rrset.ttl)
        require(rrset.rdclass == 1, "class", rrset.rdclass)
        got.append((rrset.name.canonicalize().labels[:-1], rrset.rdtype,
                    rrset[0].to_wire(origin=dns.name.root)))
    wanted = [(tuple(owner), kind, rdata) for owner, kind, rdata in wanted]
    require(got == wanted, f"records for host {query.host}", got, wanted)


# --- pcap files (classic format, Ethernet)


PCAP_HEAD = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)


def pcap_records(frames):
    """Octets, two pieces for each."""
    pack = struct.Struct("<IIII").pack
    return (x for frame in frames for x in (pack(0, 0, len(frame), len(frame)), frame))


def pcap_write(path, frames):
    with open(path, "wb") as f:
        f.write(PCAP_HEAD)
        f.writelines(pcap_records(frames))


def pcap_read(path):
    with open(path, "rb") as f:
        data = f.read()
    require(data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1"), "pcap magic", data[:4])
    frames, at = [], 24
    while at < len(data):
        _, _, kept, whole = struct.unpack_from("<IIII", data, at)
        require(kept == whole, "pcap record cut")
        frames.append(data[at + 16:at + 16 + kept])
        at += 16 + kept
    return frames
