# SPDX-License-Identifier: BSD-3-Clause
"""Zones signed by the tools of BIND, ldns and Knot DNS. Keys are made where the zone is signed; what
comes back is the signed zone, parsed, whichever tool wrote it."""
import os
import subprocess
import time

import dns.dnssec
import dns.name
import dns.rdatatype
import dns.zone

from hflab.paths import DIE_WITH_US, LabError

NAMES = {  # algorithm number: as BIND, ldns and Knot spell it
    5: ("RSASHA1", "RSASHA1", "rsasha1"),
    7: ("NSEC3RSASHA1", "RSASHA1-NSEC3-SHA1", "rsasha1-nsec3-sha1"),
    8: ("RSASHA256", "RSASHA256", "rsasha256"),
    10: ("RSASHA512", "RSASHA512", "rsasha512"),
    13: ("ECDSAP256SHA256", "ECDSAP256SHA256", "ecdsap256sha256"),
    14: ("ECDSAP384SHA384", "ECDSAP384SHA384", "ecdsap384sha384"),
    15: ("ED25519", "ED25519", "ed25519"),
    16: ("ED448", "ED448", "ed448"),
}
RSA, RSA_BITS = (5, 7, 8, 10), 1024
DAY = 86400
WINDOWS = {  # of the signatures, in seconds from now
    "now": (-3600, 30 * DAY),
    "past": (-30 * DAY, -DAY),
    "future": (10 * DAY, 30 * DAY),
}
SEP = 1


def _run(folder, *argv):
    p = subprocess.run([*DIE_WITH_US, *argv], cwd=folder, capture_output=True, text=True, check=False)
    if p.returncode != 0:
        raise LabError(f"{' '.join(argv)}: {p.stderr.strip() or p.stdout.strip()}")
    return p.stdout


def _bits(number):
    return ["-b", str(RSA_BITS)] if number in RSA else []


def _stamp(seconds):
    return time.strftime("%Y%m%d%H%M%S", time.gmtime(time.time() + seconds))


def _roles(zone):
    """(algorithm, is it the key signing key) of each key. One key of an algorithm signs all."""
    for number in zone.algorithms:
        yield number, True
        if not zone.csk:
            yield number, False


def _bind(zone, folder):
    for number, ksk in _roles(zone):
        _run(folder, "dnssec-keygen", "-q", "-a", NAMES[number][0], *_bits(number),
             *(["-f", "KSK"] if ksk else []), zone.name)
    inception, expiration = WINDOWS[zone.window]
    argv = ["dnssec-signzone", "-q", "-P", "-S", "-n", "1", "-o", zone.name, "-f", "signed",
            "-s", _stamp(inception), "-e", _stamp(expiration)]
    argv += ["-z"] if zone.csk else ["-x"]
    if zone.nsec3:
        argv += ["-3", zone.nsec3.salt, "-H", str(zone.nsec3.iterations)]
        argv += ["-A"] if zone.nsec3.optout else []
    _run(folder, *argv, "plain")
    return "signed"


def _ldns(zone, folder):
    keys = [_run(folder, "ldns-keygen", "-a", NAMES[number][1], *_bits(number),
                 *(["-k"] if ksk else []), zone.name).strip() for number, ksk in _roles(zone)]
    inception, expiration = WINDOWS[zone.window]
    argv = ["ldns-signzone", "-o", zone.name, "-f", "signed", "-i", _stamp(inception), "-e",
            _stamp(expiration)]
    argv += ["-U"] if len(zone.algorithms) > 1 else []
    if zone.nsec3:
        argv += ["-n", "-t", str(zone.nsec3.iterations)]
        argv += ["-s", zone.nsec3.salt] if zone.nsec3.salt != "-" else []
        argv += ["-p"] if zone.nsec3.optout else []
    _run(folder, *argv, "plain", *keys)
    return "signed"


def _knot(zone, folder):
    (number,) = zone.algorithms
    inception, expiration = WINDOWS[zone.window]
    n3 = zone.nsec3
    policy = {"algorithm": NAMES[number][2], "single-type-signing": "on" if zone.csk else "off",
              "rrsig-lifetime": expiration - inception, "rrsig-refresh": DAY // 2,
              "rrsig-pre-refresh": 0, "nsec3": "on" if n3 else "off"}
    if number in RSA:
        policy |= {"ksk-size": RSA_BITS, "zsk-size": RSA_BITS}
    if n3:
        policy |= {"nsec3-iterations": n3.iterations, "nsec3-opt-out": "on" if n3.optout else "off",
                   "nsec3-salt-length": 0 if n3.salt == "-" else len(n3.salt) // 2}
    lines = ["server:", '  rundir: "."', "database:", '  storage: "."', "policy:", "  - id: p",
             *[f"    {k}: {v}" for k, v in policy.items()], "zone:", f"  - domain: {zone.name}",
             '    storage: "."', '    file: "plain"', "    dnssec-signing: on",
             "    dnssec-policy: p"]
    with open(os.path.join(folder, "knot.conf"), "w", encoding="ascii") as f:
        f.write("\n".join(lines) + "\n")
    os.makedirs(os.path.join(folder, "out"), exist_ok=True)
    when = int(time.time()) + (inception if zone.window != "now" else 0)
    _run(folder, "kzonesign", "-c", "knot.conf", "-o", "out", "-t", str(when), zone.name)
    return os.path.join("out", "plain")


TOOLS = {"bind": _bind, "ldns": _ldns, "knot": _knot}


def sign(zone, folder):
    """zone.signer, .algorithms, .csk, .nsec3 and .window say how; .text() is the zone."""
    os.makedirs(folder)
    with open(os.path.join(folder, "plain"), "w", encoding="ascii") as f:
        f.write(zone.text())
    path = os.path.join(folder, TOOLS[zone.signer](zone, folder))
    return dns.zone.from_file(path, origin=zone.name, relativize=False, check_origin=False)


def ds_of(zone, signed):
    """RDATA text of the DS records that the parent holds, by zone.ds: digests, or what is wrong."""
    keys = [k for k in signed.get_rdataset(zone.name, "DNSKEY") or [] if k.flags & SEP]
    owner = dns.name.from_text(zone.name)
    out = []
    for digest in ("SHA1", "SHA256", "SHA384"):
        if digest in zone.ds:
            out += [dns.dnssec.make_ds(owner, k, digest, policy=dns.dnssec.allow_all_policy).to_text() for k in keys]
    if zone.ds in ("wrong", "badalg", "baddigest"):
        words = dns.dnssec.make_ds(owner, keys[0], "SHA256").to_text().split()
        if zone.ds == "wrong":
            words[3] = words[3][::-1]
        else:
            words[1 if zone.ds == "badalg" else 2] = "200"  # unassigned
        out.append(" ".join(words))
    return out
