# SPDX-License-Identifier: BSD-3-Clause
"""Signing keys in BIND's file format, made by dnssec-keygen; key tags; DS records.

One key is special: `tagged_key` makes an RSA key whose tag is a wanted number, because three zone
signing keys of .de shared one on 5 May 2026."""
import base64
import hashlib
import math
import os
import struct
import subprocess

from .paths import DIE_WITH_US, LabError

TTL = 300
FLAG_ZONE, FLAG_SEP = 256, 257
ALGORITHMS = {"RSASHA256": 8, "RSASHA512": 10, "ECDSAP256SHA256": 13, "ECDSAP384SHA384": 14,
              "ED25519": 15, "ED448": 16}
RSA_BITS = 2048


def wire_name(name):
    """Uncompressed, lower-case wire form (RFC 4034 6.2)."""
    labels = [x for x in name.lower().rstrip(".").split(".") if x]
    return b"".join(bytes([len(x)]) + x.encode("ascii") for x in labels) + b"\0"


def key_tag(rdata):
    """RFC 4034 appendix B."""
    ac = sum(b << 8 if i % 2 == 0 else b for i, b in enumerate(rdata))
    return (ac + (ac >> 16)) & 0xffff


class Key:
    """A key pair on disk: path.key and path.private."""

    def __init__(self, path):
        self.path = path
        with open(path + ".key", encoding="ascii") as f:
            line = [x for x in f if not x.startswith(";")][0].split()
        self.zone = line[0]
        flags, proto, alg = (int(x) for x in line[4:7])
        self.public = "".join(line[7:])
        self.flags, self.alg = flags, alg
        self.rdata = struct.pack("!HBB", flags, proto, alg) + base64.b64decode(self.public)
        self.tag = key_tag(self.rdata)

    def text(self):
        return f"{self.flags} 3 {self.alg} {self.public}"

    def record(self):
        return f"{self.zone} {TTL} IN DNSKEY {self.text()}"

    def ds(self, digest=2):
        """RDATA text of the DS record (RFC 4034 5.1.4)."""
        hasher = {2: hashlib.sha256, 4: hashlib.sha384}[digest]
        value = hasher(wire_name(self.zone) + self.rdata).hexdigest().upper()
        return f"{self.tag} {self.alg} {digest} {value}"


def generate(folder, zone, algorithm, sep):
    """A fresh key pair in folder."""
    os.makedirs(folder, exist_ok=True)
    argv = [*DIE_WITH_US, "dnssec-keygen", "-q", "-K", folder, "-a", algorithm, "-L", str(TTL)]
    if algorithm.startswith("RSA"):
        argv += ["-b", str(RSA_BITS)]
    if sep:
        argv += ["-f", "KSK"]
    p = subprocess.run(argv + [zone], capture_output=True, text=True, check=False)
    if p.returncode != 0:
        raise LabError(f"dnssec-keygen {zone}: {p.stderr.strip()}")
    return Key(os.path.join(folder, p.stdout.strip()))


def _number(text):
    return int.from_bytes(base64.b64decode(text), "big")


def _base64(n):
    return base64.b64encode(n.to_bytes((n.bit_length() + 7) // 8, "big")).decode("ascii")


def _rsa_rdata(e, modulus):
    """DNSKEY RDATA of an RSASHA256 ZSK with a three-byte exponent (RFC 3110 2)."""
    return (struct.pack("!HBB", FLAG_ZONE, 3, 8) + b"\3" + e.to_bytes(3, "big")
            + modulus.to_bytes(RSA_BITS // 8, "big"))


def _exponent_for_tag(tag, modulus, phi):
    """An odd 24-bit exponent, prime to phi, that gives the key this tag; None if there is none.

    The tag is a sum of 16-bit words; the low two bytes of e are one rotated by a byte, so for each
    high byte the rest follows up to the carries, which are at most one per word."""
    rest = sum(b << 8 if i % 2 == 0 else b for i, b in enumerate(_rsa_rdata(0, modulus)))
    for high in range(1, 256):
        for carries in range(RSA_BITS // 16 + 4):
            word = (tag - rest - high - carries) & 0xffff  # e[1] << 8 | e[2]
            e = high << 16 | word
            if e % 2 == 1 and math.gcd(e, phi) == 1 and key_tag(_rsa_rdata(e, modulus)) == tag:
                return e
    return None


def tagged_key(folder, zone, tag):
    """An RSASHA256 ZSK with the given key tag: the primes of a fresh key, another exponent."""
    while True:
        plain = generate(folder, zone, "RSASHA256", sep=False)
        with open(plain.path + ".private", encoding="ascii") as f:
            fields = dict(line.rstrip("\n").split(": ", 1) for line in f)
        for suffix in (".key", ".private"):
            os.unlink(plain.path + suffix)
        p, q = _number(fields["Prime1"]), _number(fields["Prime2"])
        e = _exponent_for_tag(tag, p * q, (p - 1) * (q - 1))
        if e is not None:
            return _store_rsa(folder, zone, (p, q, e), tag)


def _store_rsa(folder, zone, numbers, tag):
    p, q, e = numbers
    d = pow(e, -1, (p - 1) * (q - 1))
    private = {"Modulus": p * q, "PublicExponent": e, "PrivateExponent": d, "Prime1": p,
               "Prime2": q, "Exponent1": d % (p - 1), "Exponent2": d % (q - 1),
               "Coefficient": pow(q, -1, p)}
    path = os.path.join(folder, f"K{zone}+008+{tag:05d}")
    with open(path + ".private", "w", encoding="ascii") as f:
        f.write("Private-key-format: v1.3\nAlgorithm: 8 (RSASHA256)\n")
        f.writelines(f"{k}: {_base64(v)}\n" for k, v in private.items())
    public = base64.b64encode(_rsa_rdata(e, p * q)[4:]).decode("ascii")
    with open(path + ".key", "w", encoding="ascii") as f:
        f.write(f"{zone} {TTL} IN DNSKEY {FLAG_ZONE} 3 8 {public}\n")
    return Key(path)
