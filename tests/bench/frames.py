# SPDX-License-Identifier: BSD-3-Clause
"""Frames and pcap files: queries in, replies out, and what a reply must be."""
import struct

import dns.flags
import dns.message
import dns.rdatatype

SERVICE_V4 = bytes([192, 0, 2, 53])
SERVICE_V6 = bytes.fromhex("20010db8000000000000000000000053")
CLIENT_MAC = bytes.fromhex("020000000101")
TTL_S = 86400
UDP_MAX = 1232
AGE_MAX_S = 60  # how much a TTL may have counted down since the answers were preloaded

FIRST = ("www", "a", "static-content", "mail")


def service_mac(port):
    return bytes.fromhex("0200000000") + bytes([0x53 + port])


def mac_text(mac):
    return ":".join(f"{o:02x}" for o in mac)


# --- the data, as preload_main.c makes it


def host_labels(host):
    return [FIRST[host % 4].encode(), f"z{host}".encode(), b"example"]


def host_records(host, do):
    """The answer section as (type, rdata) pairs."""
    a = (dns.rdatatype.A, bytes([10, host >> 16 & 255, host >> 8 & 255, host & 255]))
    if host % 2 or not do:
        return [a]
    signer = b"".join(bytes([len(x)]) + x for x in host_labels(host)[1:]) + b"\0"
    head = struct.pack("!HBBIIIH", 1, 13, 3, TTL_S, 1769817600, 1767225600, 33834)
    signature = bytes((host + i * 37) & 255 for i in range(64))
    return [a, (dns.rdatatype.RRSIG, head + signer + signature)]


# --- queries


def mixed_case(label, rng):
    return bytes(o ^ 0x20 if 97 <= o <= 122 and rng.random() < 0.5 else o for o in label)


class Query:
    """One client's question. edns: None, False (DO clear) or True (DO set)."""

    def __init__(self, rng, host, mix):
        self.host = host
        self.v6 = mix and rng.random() < 0.5
        kind = rng.random() if mix else 1.0
        self.edns = True if kind < 0.4 else False if kind < 0.7 else None
        self.ad = mix and rng.random() < 0.25
        self.id = rng.randrange(65536)
        self.port = rng.randrange(1024, 65536)
        if self.v6:
            self.client = bytes.fromhex("20010db800010000") + rng.randbytes(8)
        else:
            self.client = bytes([198, 18]) + rng.randbytes(2)
        labels = host_labels(host)
        if mix and rng.random() < 0.25:
            labels = [mixed_case(x, rng) for x in labels]
        name = b"".join(bytes([len(x)]) + x for x in labels) + b"\0"
        self.question = name + struct.pack("!HH", 1, 1)

    def flags(self):
        return dns.flags.RD | (dns.flags.AD if self.ad else 0)

    def message(self):
        opt = b""
        if self.edns is not None:
            opt = struct.pack("!BHHIH", 0, 41, UDP_MAX, 0x8000 if self.edns else 0, 0)
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
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


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


def check_reply(query, frame, mac):
    """Raises Wrong unless frame answers query with what was preloaded for it."""
    message = reply_message(query, frame, mac)
    do = query.edns is True
    signed = query.host % 2 == 0
    flags = dns.flags.QR | dns.flags.RD | dns.flags.RA
    if signed and (do or query.ad):  # RFC 6840 5.7, 5.8
        flags |= dns.flags.AD
    records = host_records(query.host, do)
    has_opt = query.edns is not None
    head = struct.pack("!6H", query.id, flags, 1, len(records), 0, int(has_opt))
    require(message[:12] == head, "header", message[:12], head)
    end = 12 + len(query.question)
    require(message[12:end] == query.question, "question", message[12:end])
    try:
        parsed = dns.message.from_wire(message, one_rr_per_rrset=True)
    except Exception as e:  # dnspython: whatever it says, it is not a message
        raise Wrong(f"malformed: {e!r}") from e
    check_answer(query, parsed, records)
    require(parsed.edns == (0 if has_opt else -1), "EDNS version", parsed.edns)
    if has_opt:
        require(parsed.payload == UDP_MAX and not parsed.options, "OPT", parsed.payload,
                parsed.options)
        require(parsed.ednsflags == (0x8000 if do else 0), "EDNS flags", parsed.ednsflags)


def check_answer(query, parsed, records):
    got = []
    for rrset in parsed.answer:
        require(rrset.name == parsed.question[0].name, "owner", rrset.name)
        require(TTL_S - AGE_MAX_S <= rrset.ttl <= TTL_S, "TTL", rrset.ttl)
        got.append((rrset.rdtype, rrset[0].to_wire()))
        require(rrset.rdclass == 1, "class", rrset.rdclass)
    require(got == records, f"answer for host {query.host}", got, records)


# --- pcap files (classic format, Ethernet)


def pcap_write(path, frames):
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for i, frame in enumerate(frames):
            f.write(struct.pack("<IIII", 0, i % 1000000, len(frame), len(frame)) + frame)


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
