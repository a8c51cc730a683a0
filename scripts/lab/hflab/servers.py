# SPDX-License-Identifier: BSD-3-Clause
"""The authoritative servers: configuration, start, reload, stop, and a question to check them.

Started directly in <P>-net, in the foreground of their own session; srv/NAME/pid holds the process
id. A process is only ever signalled when its command line names our configuration file."""
import os
import secrets
import select
import signal
import socket
import struct
import subprocess
import time

from . import netns
from .keys import wire_name
from .paths import LabError

START_SECONDS = 10
STOP_SECONDS = 1.5
ASK_SECONDS = 0.3
POLL_SECONDS = 0.02


def zone_file(paths, server, zone):
    """de has a file per instance, so that they can differ; the other groups share one."""
    where = server.name if server.group == "de" else server.group
    return paths.file("zones", where, (zone.name.rstrip(".") or "root") + ".zone")


def configure(paths, server, zones):
    folder = paths.file("srv", server.name)
    os.makedirs(folder, exist_ok=True)
    writer = {"nsd": _nsd_conf, "knot": _knot_conf}[server.software]
    with open(_conf(paths, server), "w", encoding="ascii") as f:
        f.write(writer(paths, server, zones))


def _conf(paths, server):
    return paths.file("srv", server.name, "server.conf")


def _nsd_conf(paths, server, zones):
    folder = paths.file("srv", server.name)
    out = ["server:", *[f"  ip-address: {a}@53" for a in server.addresses],
           '  username: ""', '  database: ""', "  server-count: 1", "  do-ip4: yes",
           "  do-ip6: yes", "  hide-version: yes", "  verbosity: 1", "  xfrd-reload-timeout: 0",
           # one resolver asks everything: Debian's rate limit would drop half of it
           "  rrl-ratelimit: 0", "  rrl-whitelist-ratelimit: 0",
           f'  zonesdir: "{folder}"', f'  logfile: "{folder}/log"', '  pidfile: ""',
           f'  xfrdfile: "{folder}/xfrd.state"', f'  xfrdir: "{folder}"',
           f'  zonelistfile: "{folder}/zone.list"',
           f'  cookie-secret-file: "{folder}/cookies"',
           "remote-control:", "  control-enable: no"]
    for z in zones:
        out += ["zone:", f'  name: "{z.name}"', f'  zonefile: "{zone_file(paths, server, z)}"']
    return "\n".join(out) + "\n"


def _knot_conf(paths, server, zones):
    folder = paths.file("srv", server.name)
    out = ["server:", f"    rundir: {folder}", f"    pidfile: {folder}/knot.pid",
           "    udp-workers: 1", "    tcp-workers: 1", "    background-workers: 1",
           *[f"    listen: {a}@53" for a in server.addresses],
           "control:", f"    listen: {folder}/knot.sock",
           "database:", f"    storage: {folder}/db",
           "log:", f"  - target: {folder}/log", "    any: info",
           "template:", "  - id: default", "    semantic-checks: off", "    zonefile-sync: -1",
           "    zonefile-load: whole", "    journal-content: none", "zone:"]
    for z in zones:
        out += [f"  - domain: {z.name}", f"    file: {zone_file(paths, server, z)}"]
    return "\n".join(out) + "\n"


def start(paths, server):
    folder, conf = paths.file("srv", server.name), _conf(paths, server)
    argv = {"nsd": ["nsd", "-d", "-c", conf], "knot": ["knotd", "-c", conf]}[server.software]
    with open(os.path.join(folder, "out"), "ab") as out:
        # `ip netns exec` becomes the server: it execs, so this process id stays the server's.
        p = subprocess.Popen(["ip", "netns", "exec", paths.net, *argv], cwd=folder,
                             stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                             start_new_session=True)
    with open(os.path.join(folder, "pid"), "w", encoding="ascii") as f:
        f.write(f"{p.pid}\n")


def pid(paths, server):
    """The process id, if it is running and really this server; else None."""
    try:
        with open(paths.file("srv", server.name, "pid"), encoding="ascii") as f:
            number = int(f.read())
        with open(f"/proc/{number}/cmdline", "rb") as f:
            words = f.read().split(b"\0")
    except (OSError, ValueError):
        return None
    return number if _conf(paths, server).encode() in words else None


def reload(paths, server):
    """NSD reads zone files that changed (SIGHUP). The caller waits for the new serial."""
    number = pid(paths, server)
    if number is None:
        raise LabError(f"{server.name} is not running: see {paths.file('srv', server.name)}/log")
    os.kill(number, signal.SIGHUP)


def stop_all(paths, servers):
    """Ends every server; whatever is left of them in our own namespace afterwards, too."""
    found = [pid(paths, s) for s in servers]
    _end([p for p in found if p])
    left = [p for p in netns.pids(paths.net) if _exe(p) in ("nsd", "knotd")]
    _end(left)  # children that outlived a server that was killed


def _exe(number):
    try:
        return os.path.basename(os.readlink(f"/proc/{number}/exe"))
    except OSError:
        return None


def _end(numbers):
    handles = {}
    for number in numbers:
        try:
            handles[os.pidfd_open(number)] = number
        except ProcessLookupError:
            pass
    for sig in (signal.SIGTERM, signal.SIGKILL):
        for fd in handles:
            try:
                signal.pidfd_send_signal(fd, sig)
            except ProcessLookupError:
                pass
        _wait_ended(handles)
    for fd in handles:
        os.close(fd)


def _wait_ended(handles):
    left, until = set(handles), time.monotonic() + STOP_SECONDS
    while left and time.monotonic() < until:
        left -= set(select.select(list(left), [], [], POLL_SECONDS)[0])


def serials(paths, asks):
    """{(address, zone): SOA serial, or None for no good answer}. Asks all at once, from <P>-res."""
    with netns.inside(paths.res):
        socks = {f: socket.socket(f, socket.SOCK_DGRAM) for f in (socket.AF_INET, socket.AF_INET6)}
    pending, out = {}, {ask: None for ask in asks}
    try:
        for address, zone in asks:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            number = secrets.randbits(16)
            pending[(number, address)] = zone
            query = struct.pack("!6H", number, 0, 1, 0, 0, 0) + wire_name(zone) + b"\0\6\0\1"
            socks[family].sendto(query, (address, 53))
        _collect(list(socks.values()), pending, out)
    finally:
        for s in socks.values():
            s.close()
    return out


def _collect(socks, pending, out):
    until = time.monotonic() + ASK_SECONDS
    while pending and time.monotonic() < until:
        for s in select.select(socks, [], [], POLL_SECONDS)[0]:
            try:
                packet, peer = s.recvfrom(4096)
            except OSError:  # an earlier send met no listener
                continue
            number = struct.unpack_from("!H", packet)[0] if len(packet) >= 12 else -1
            zone = pending.pop((number, peer[0]), None)
            if zone is not None:
                out[(peer[0], zone)] = _soa_serial(packet, zone)


def _soa_serial(packet, zone):
    """Serial of an authoritative SOA answer. Trusts our own servers' packets to be well formed."""
    flags, _, answers = struct.unpack_from("!HHH", packet, 2)
    if flags & 0x840f != 0x8400 or answers < 1:  # QR and AA, NOERROR
        return None
    at = 12 + len(wire_name(zone)) + 4
    at += 2 if packet[at] & 0xc0 else len(wire_name(zone))
    at += 10
    for _ in range(2):  # MNAME, RNAME
        while packet[at] and not packet[at] & 0xc0:
            at += packet[at] + 1
        at += 2 if packet[at] else 1
    return struct.unpack_from("!I", packet, at)[0]


def wait_serials(paths, wanted):
    """Until each (address, zone) answers with its serial in `wanted`; LabError after a while."""
    until = time.monotonic() + START_SECONDS
    wanted = dict(wanted)
    while wanted:
        try:
            got = serials(paths, list(wanted))
        except OSError:  # a pending ICMP error on the socket
            got = {}
        wanted = {k: v for k, v in wanted.items() if got.get(k) != v}
        if wanted and time.monotonic() > until:
            who = ", ".join(f"{a} for {z}" for a, z in list(wanted)[:4])
            raise LabError(f"no answer, or an old one, from {who}; logs in {paths.file('srv')}")
        if wanted:
            time.sleep(POLL_SECONDS)
