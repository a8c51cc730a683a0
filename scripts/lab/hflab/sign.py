# SPDX-License-Identifier: BSD-3-Clause
"""Zones signed by dnssec-signzone, and signed zones damaged in one chosen way.

A signed zone is a list of lines, one record each: owner TTL IN TYPE RDATA, names absolute."""
import base64
import os
import subprocess
import zlib

from .paths import DIE_WITH_US, LabError

WINDOWS = {  # signature validity, as dnssec-signzone spells it
    "now": ["-s", "now-3600", "-e", "now+2592000"],
    "past": ["-s", "now-2592000", "-e", "now-86400"],
    "future": ["-s", "now+864000", "-e", "now+2592000"],
}


def sign(zone, ksk, zsk, workdir, serial=None):
    """The lines of the zone signed with the two keys (the same one twice: one key for both)."""
    os.makedirs(workdir, exist_ok=True)
    plain = os.path.join(workdir, "plain.zone")
    with open(plain, "w", encoding="ascii") as f:
        text = zone.text([ksk] if ksk is zsk else [ksk, zsk])
        f.write(text if serial is None else _with_serial(zone, text, serial))
    argv = [*DIE_WITH_US, "dnssec-signzone", "-q", "-P", "-n", "1", "-o", zone.name, "-O", "full",
            "-f", "-", "-d", workdir, *WINDOWS[zone.window], *_denial(zone)]
    argv += ["-z", plain, ksk.path] if ksk is zsk else ["-x", "-k", ksk.path, plain, zsk.path]
    p = subprocess.run(argv, capture_output=True, text=True, check=False)
    if p.returncode != 0:
        raise LabError(f"dnssec-signzone {zone.name}: {p.stderr.strip()}")
    return [x for x in p.stdout.splitlines() if x and not x.startswith(";")]


def _with_serial(zone, text, serial):
    old = zone.records[(zone.name, "SOA")][1][0]
    return text.replace(old, zone.soa_with(serial), 1)


def _denial(zone):
    if zone.nsec3 is None:
        return []
    argv = ["-3", zone.nsec3.salt, "-H", str(zone.nsec3.iterations)]
    return argv + (["-A"] if zone.nsec3.optout else [])


def fields(line):
    """(owner, type, type covered by the RRSIG or None)."""
    words = line.split(None, 5)
    covered = words[4] if words[3] == "RRSIG" else None
    return words[0], words[3], covered


def is_dnskey(line):
    _, rtype, covered = fields(line)
    return "DNSKEY" in (rtype, covered)


def damage(lines, defect):
    """The zone with its defect (see world.bogus); DNSKEY always stays whole."""
    if defect is None:
        return lines
    out = []
    for line in lines:
        _, rtype, covered = fields(line)
        if is_dnskey(line):
            out.append(line)
        elif defect == "badsig":
            out.append(_corrupt(line) if rtype == "RRSIG" else line)
        elif defect == "nosig":
            if rtype != "RRSIG" or covered in ("SOA", "NSEC"):
                out.append(line)
        elif defect == "nonsec":
            if "NSEC" not in (rtype, covered):
                out.append(line)
    return out


def _corrupt(line):
    """One byte in the middle of the signature flipped."""
    words = line.split()
    head, sig = words[:12], bytearray(base64.b64decode("".join(words[12:])))
    sig[len(sig) // 2] ^= 0xff
    return " ".join(head) + " " + base64.b64encode(bytes(sig)).decode("ascii")


def publish_other_keys(lines, keys_from):
    """The zone with the DNSKEY RRset, and its signatures, of another signing: what .de served."""
    return ([x for x in lines if not is_dnskey(x)] + [x for x in keys_from if is_dnskey(x)])


def mix(bad, good):
    """A third of the RRsets of `bad` with the signatures of `good`, the same ones each time."""
    def lucky(line):
        owner, rtype, covered = fields(line)
        return rtype == "RRSIG" and zlib.crc32(f"{owner} {covered}".encode("ascii")) % 3 == 0

    return [x for x in bad if not lucky(x)] + [x for x in good if lucky(x)]
