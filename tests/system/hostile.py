# SPDX-License-Identifier: BSD-3-Clause
"""Frames that no resolver should see, and how right ones are made."""
import random
import socket
import struct

import dns.message


def checksum(octets):
    if len(octets) % 2:
        octets += b"\0"
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total >> 16) + (total & 0xffff)
    return ~total & 0xffff


def frame(mac, service, dns_octets, v6=False, vlan=False, source=None):
    """A query as it comes to the port, every length and checksum right; service: (IPv4, IPv6)."""
    ether = mac + b"\2\0\0\0\0\x22" + (b"\x81\0\0\7" if vlan else b"") + (b"\x86\xdd" if v6 else b"\x08\0")
    length = 8 + len(dns_octets)
    family = socket.AF_INET6 if v6 else socket.AF_INET
    addresses = (socket.inet_pton(family, source or ("2001:db8::9" if v6 else "192.0.2.9"))
                 + socket.inet_pton(family, service[v6]))
    udp = struct.pack("!HHHH", 4321, 53, length, 0) + dns_octets
    made = checksum(addresses + struct.pack("!IHH", length, 0, 17) + udp) or 0xffff
    udp = udp[:6] + struct.pack("!H", made) + dns_octets
    if v6:
        return ether + struct.pack("!IHBB", 6 << 28, length, 17, 64) + addresses + udp
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + length, 0, 0, 64, 17, 0) + addresses
    return ether + ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:] + udp


def hostile_dns(r, good):
    """A DNS message with something wrong; it travels in a right datagram."""
    kind = r.randrange(5)
    m = bytearray(good)
    if kind == 0:
        return bytes(m[:r.randrange(len(m) + 1)])
    if kind == 1:  # names that loop, or point ahead
        at = r.choice((12, 16, len(m) - 11))
        m[at:at + 2] = struct.pack("!H", 0xc000 | r.choice((at, 12, at + 2, 0x3fff)))
    elif kind == 2:  # counts and lengths
        m[r.choice((4, 5, 6, 7, 8, 9, 10, 11, 12, len(m) - 1, len(m) - 2))] = r.randrange(256)
    elif kind == 3:
        for _ in range(r.randrange(1, 9)):
            m[r.randrange(len(m))] ^= 1 << r.randrange(8)
    else:
        m = bytearray(r.randbytes(r.randrange(200)))
    return bytes(m)


def hostile_frames(mac, service, cnt):
    """Cut at every offset, bits flipped, lengths wrong, nonsense; seeded: the same each run."""
    r = random.Random(2)
    good = dns.message.make_query("www.hostile.example.", "A", use_edns=0, want_dnssec=True).to_wire()
    kinds = [frame(mac, service, good, v6, vlan) for v6 in (False, True) for vlan in (False, True)]
    whole = [f[:cut] for f in kinds for cut in range(14, len(f))]
    while len(whole) < cnt:
        f = bytearray(r.choice(kinds))
        kind = r.randrange(4)
        if kind == 0:
            f = frame(mac, service, hostile_dns(r, good), r.random() < 0.5, r.random() < 0.5)
        elif kind == 1:
            for _ in range(r.randrange(1, 9)):
                f[r.randrange(6, len(f))] ^= 1 << r.randrange(8)
        elif kind == 2:  # IP and UDP lengths, behind which the frame is shorter or longer
            f[r.choice((14, 16, 17, 18, 19, 20, 21, 38, 39, 42, 43, 58, 59))] = r.randrange(256)
            f += r.randbytes(r.randrange(60))
        else:
            f = f[:r.choice((6, 14, 18, 34))] + r.randbytes(r.randrange(8, 120))
        whole.append(bytes(f))
    return whole
