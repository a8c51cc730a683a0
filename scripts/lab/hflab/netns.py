# SPDX-License-Identifier: BSD-3-Clause
"""The three network namespaces and the two veth pairs between them.

  <P>-net  net0 --- up0  <P>-res  svc0 --- cli0  <P>-cli

Every interface is made inside its namespace, so its name carries no prefix and cannot clash.
"""
import contextlib
import ctypes
import os
import subprocess

from .paths import LabError

CLONE_NEWNET = 0x40000000
NETNS_DIR = "/run/netns"
OFFLOADS = ["tx", "off", "rx", "off", "tso", "off", "gso", "off", "gro", "off"]

NET_V4, NET_V6 = "10.53.0.1", "fd53::1"
RES_V4, RES_V6 = "10.53.0.2", "fd53::2"
CLI_V4, CLI_V6 = "192.0.2.1", "2001:db8:53::1"
SVC_V4, SVC_V6 = "192.0.2.53", "2001:db8:53::53"

# No duplicate address detection: an address must work the moment `up` returns.
QUIET = {
    "ipv6/conf/%s/accept_dad": 0,
    "ipv6/conf/%s/dad_transmits": 0,
    "ipv6/conf/%s/router_solicitations": 0,
    "ipv6/conf/%s/accept_ra": 0,
}


def run(*argv, check=True):
    p = subprocess.run(argv, capture_output=True, text=True, check=False)
    if check and p.returncode != 0:
        raise LabError(f"{' '.join(argv)}: {p.stderr.strip() or p.stdout.strip()}")
    return p


def exists(ns):
    return os.path.exists(f"{NETNS_DIR}/{ns}")


@contextlib.contextmanager
def inside(ns):
    """Sockets opened and /proc/net read in here belong to namespace ns (this thread only)."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/thread-self/ns/net", "rb") as home, open(f"{NETNS_DIR}/{ns}", "rb") as there:
        if libc.setns(there.fileno(), CLONE_NEWNET) != 0:
            raise LabError(f"cannot enter namespace {ns}: {os.strerror(ctypes.get_errno())}")
        try:
            yield
        finally:
            libc.setns(home.fileno(), CLONE_NEWNET)


def _batch(ns, lines):
    p = subprocess.run(["ip", "-n", ns, "-batch", "-"], input="\n".join(lines) + "\n",
                       capture_output=True, text=True, check=False)
    if p.returncode != 0:
        raise LabError(f"ip -n {ns}: {p.stderr.strip()}")


def _write_sysctl(ns, values):
    """Set values, {path below /proc/sys/net: number}, inside ns."""
    cmds = "\n".join(f"echo {v} > /proc/sys/net/{k}" for k, v in values.items())
    run("ip", "netns", "exec", ns, "sh", "-ec", cmds)


def _quieten(ns):
    values = {k % where: v for k, v in QUIET.items() for where in ("all", "default")}
    values.update({"ipv4/ip_forward": 0, "ipv6/conf/all/forwarding": 0})
    _write_sysctl(ns, values)


def create(paths, addresses):
    """All namespaces, links and addresses. addresses: what the authoritative servers use."""
    for ns in paths.namespaces:
        run("ip", "netns", "add", ns)
        _quieten(ns)
    _create_upstream(paths, addresses)
    _create_service(paths)


def _create_upstream(paths, addresses):
    _batch(paths.res, ["link set lo up",
                       f"link add up0 type veth peer name net0 netns {paths.net}"])
    _batch(paths.net, ["link set lo up"]
           + [f"addr add {a}/{128 if ':' in a else 32} dev lo" for a in addresses]
           + [f"addr add {NET_V4}/24 dev net0", f"addr add {NET_V6}/64 dev net0 nodad",
              "link set net0 up"])
    _batch(paths.res, [f"addr add {RES_V4}/24 dev up0", f"addr add {RES_V6}/64 dev up0 nodad",
                       "link set up0 up",
                       f"route add default via {NET_V4}",
                       f"route add ::/0 via {NET_V6}"])


def _create_service(paths):
    """svc0 is the port of the dataplane, two queues each way for two workers; no kernel address
    there (addrgenmode none: not even a link-local one), the dataplane answers ARP and ND itself.
    """
    _batch(paths.res, ["link add svc0 txqueuelen 1000 numrxqueues 2 numtxqueues 2 type veth"
                       f" peer name cli0 numrxqueues 2 numtxqueues 2 netns {paths.cli}",
                       "link set svc0 addrgenmode none"])
    # A veth never computes checksums: with offload on, packets of the client reach af_packet and
    # af_xdp with an unfinished checksum field, and GRO/TSO may hand over frames above the MTU.
    # The dataplane checks what a wire would carry, so both ends must do what a wire needs.
    run("ip", "netns", "exec", paths.res, "ethtool", "-K", "svc0", *OFFLOADS)
    run("ip", "netns", "exec", paths.cli, "ethtool", "-K", "cli0", *OFFLOADS)
    _batch(paths.res, ["link set svc0 up"])
    _batch(paths.cli, ["link set lo up",
                       f"addr add {CLI_V4}/24 dev cli0", f"addr add {CLI_V6}/64 dev cli0 nodad",
                       "link set cli0 txqueuelen 1000", "link set cli0 up"])


def delete(paths):
    """Namespaces and links, whatever of them is there. The links go first: a process still running
    in a namespace would keep it, and them, alive without a name."""
    for ns, link in ((paths.res, "svc0"), (paths.res, "up0"),
                     (paths.net, "net0"), (paths.cli, "cli0")):
        if exists(ns):
            run("ip", "-n", ns, "link", "del", link, check=False)
    for ns in paths.namespaces:
        if exists(ns):
            run("ip", "netns", "del", ns)


def pids(ns):
    """Processes inside ns."""
    if not exists(ns):
        return []
    return [int(p) for p in run("ip", "netns", "pids", ns, check=False).stdout.split()]


def queries(ns):
    """What reached the sockets in ns: UDP datagrams (v4 and v6) and accepted TCP connections.

    Only authoritative servers have sockets there, so a UDP datagram is a query, exactly; ARP,
    neighbour discovery and ICMP do not count."""
    with inside(ns):
        with open("/proc/thread-self/net/snmp", encoding="ascii") as f:
            rows = [line.split() for line in f]
        with open("/proc/thread-self/net/snmp6", encoding="ascii") as f:
            six = dict(line.split() for line in f)
    four = {}
    for head, values in zip(rows[::2], rows[1::2]):
        four[head[0]] = dict(zip(head[1:], values[1:]))
    udp4, udp6 = int(four["Udp:"]["InDatagrams"]), int(six["Udp6InDatagrams"])
    tcp = int(four["Tcp:"]["PassiveOpens"])
    return {"udp4": udp4, "udp6": udp6, "tcp": tcp, "total": udp4 + udp6 + tcp}
