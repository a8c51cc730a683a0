# SPDX-License-Identifier: BSD-3-Clause
"""Who answers from a cache, each on one CPU in a namespace of its own making: one thread, nothing
logged, no validation, nothing but the answer in a reply, and one upstream on loopback."""
import os

from programs import Program

CPU = 0          # of all of them; the client has the last
UPSTREAM = ("127.0.0.1", 5355)
AT = f"{UPSTREAM[0]}@{UPSTREAM[1]}"
TTL_MAX_S = 86400
ENTRIES_MAX = 1_000_000
KERNEL = "192.0.2.53"  # where all sit that use the kernel's sockets, each at a port of its own


class Server:
    """One process. Subclasses say what it is started with."""

    name, address, port, wire = "", KERNEL, 53, "hfp0"

    def __init__(self, build, work, prefix):
        self.build, self.prefix, self.p = build, prefix, None
        self.work = f"{work}/{self.name.replace(' ', '-')}"
        os.makedirs(self.work)

    def write(self, name, *lines):
        path = f"{self.work}/{name}"
        with open(path, "w", encoding="ascii") as f:
            f.write("\n".join(lines) + "\n")
        return path

    def start(self):
        self.p = Program([*self.prefix, *self.argv()], cpu=CPU)

    def cpu_s(self):
        """CPU time of all its threads so far, what the kernel does in its name included."""
        tasks, total = f"/proc/{self.p.child.pid}/task", 0
        for tid in os.listdir(tasks):
            with open(f"{tasks}/{tid}/schedstat", encoding="ascii") as f:
                total += int(f.read().split()[0])
        return total / 1e9

    def close(self):
        if self.p is not None:
            self.p.close()


class Authority(Server):
    """The zone, until everybody has it."""

    name = "nsd"

    def argv(self):
        return ["nsd", "-d", "-c", self.write(
            "nsd.conf", "server:", f"  ip-address: {AT}", "  server-count: 1", '  username: ""',
            '  database: ""', '  pidfile: ""', f'  zonesdir: "{self.work}"', "  rrl-ratelimit: 0",
            f'  xfrdfile: "{self.work}/xfrd"', f'  zonelistfile: "{self.work}/list"',
            f'  xfrdir: "{self.work}"', "remote-control:", "  control-enable: no",
            "zone:", "  name: example.", "  zonefile: zone")]

    def close(self):
        """Its children end with it only when it is asked to."""
        if self.p is not None and self.p.child.poll() is None:
            self.p.child.terminate()
            self.p.end()
        super().close()


class Echo(Server):
    name, port = "echo", 5300

    def argv(self):
        return [f"{self.build}/tests/bench/echo", self.address, str(self.port)]


class Unbound(Server):
    name, port = "unbound", 5301

    def argv(self):
        return ["unbound", "-d", "-c", self.write(
            "unbound.conf", "server:", f"  interface: {self.address}@{self.port}",
            "  access-control: 0.0.0.0/0 allow", "  num-threads: 1", '  module-config: "iterator"',
            "  rrset-cache-size: 256m", "  msg-cache-size: 128m", "  minimal-responses: yes",
            "  msg-cache-slabs: 1", "  rrset-cache-slabs: 1", "  outgoing-range: 8192",
            "  num-queries-per-thread: 4096", "  so-rcvbuf: 4m", "  so-sndbuf: 4m", "  verbosity: 0",
            '  username: ""', '  chroot: ""', '  pidfile: ""', f'  directory: "{self.work}"',
            "  use-syslog: no", "  do-daemonize: no", "  do-not-query-localhost: no",
            "forward-zone:", '  name: "."', f"  forward-addr: {AT}",
            "remote-control:", "  control-enable: no")]


class KnotResolver(Server):
    name, port = "knot-resolver", 5302

    def argv(self):
        return ["kresd", "-n", "-c", self.write(
            "kresd.conf", f"net.listen('{self.address}', {self.port}, {{ kind = 'dns' }})",
            "log_level('crit')", "trust_anchors.remove('.')", f"policy.add(policy.all(policy.FORWARD('{AT}')))",
            f"cache.open(512 * MB, 'lmdb://{self.work}/cache')", f"cache.max_ttl({TTL_MAX_S})"),
                self.work]


class PowerDns(Server):
    name, port = "pdns-recursor", 5303

    def argv(self):
        settings = {
            "config-dir": self.work, "socket-dir": self.work, "local-address": self.address,
            "local-port": self.port, "forward-zones": f"example={UPSTREAM[0]}:{UPSTREAM[1]}",
            "allow-from": "0.0.0.0/0", "dont-query": "", "threads": 1, "quiet": "yes",
            "pdns-distributes-queries": "no", "dnssec": "off", "daemon": "no", "write-pid": "no",
            "loglevel": 0, "disable-syslog": "yes", "statistics-interval": 0,
            "security-poll-suffix": "", "packetcache-ttl": TTL_MAX_S,
            "max-packetcache-entries": ENTRIES_MAX, "max-cache-entries": ENTRIES_MAX,
            "max-cache-ttl": TTL_MAX_S}
        return ["pdns_recursor", *(f"--{k}={v}" for k, v in settings.items())]


class Bind(Server):
    name, port = "bind", 5304

    def argv(self):
        return ["named", "-f", "-n", "1", "-U", "1", "-c", self.write(
            "named.conf", "options {", f'  directory "{self.work}"; pid-file none;',
            f"  listen-on port {self.port} {{ {self.address}; }}; listen-on-v6 {{ none; }};",
            "  session-keyfile none; recursion yes; allow-query { any; }; allow-recursion { any; };",
            f"  forward only; forwarders {{ {UPSTREAM[0]} port {UPSTREAM[1]}; }};",
            "  dnssec-validation no; minimal-responses yes; querylog no; empty-zones-enable no;",
            "  max-cache-size 512m; recursive-clients 5000;", "};", "controls { };",
            "logging { category default { null; }; category unmatched { null; }; };")]


class Dnsdist(Server):
    """No resolver: the packet cache alone, before the same upstream."""

    name, port = "dnsdist", 5305

    def argv(self):
        return ["dnsdist", "--supervised", "--disable-syslog", "-C", self.write(
            "dnsdist.conf", "setUDPMultipleMessagesVectorSize(32)",
            f'setLocal("{self.address}:{self.port}")', 'setACL("0.0.0.0/0")',
            'setSecurityPollSuffix("")', "setVerboseHealthChecks(false)",
            f'newServer({{address="{UPSTREAM[0]}:{UPSTREAM[1]}"}})', "getServer(0):setUp()",
            f"cache = newPacketCache({ENTRIES_MAX}, {{maxTTL={TTL_MAX_S}}})",
            'getPool(""):setCache(cache)')]


class Holdfast(Server):
    """Over a veth pair of its own; what it answers is preloaded. It sleeps when nothing comes, as
    the others do, or its CPU time would say how slow the client is."""

    def __init__(self, build, work, prefix, filler):
        super().__init__(build, work, prefix)
        self.filler = filler

    def argv(self):
        return [f"{self.build}/holdfast-dataplane", "--service", self.address,
                "--port", f"{self.driver},iface={self.wire}", "--link", f"{self.work}/link",
                "--hugepages", "no", "--idle", "adaptive", "--cache-size", "256MiB",
                "--preload", "/dev/stdin", "--run-for", "600s"]

    def start(self):
        """Its worker is on the first CPU by its own layout."""
        self.p = Program([*self.prefix, *self.argv()], self.filler.stdout)
        self.p.wait_for("serving with")
        self.filler.stdout.close()
        self.filler.wait()


class HoldfastXdp(Holdfast):
    name, wire, address, driver = "holdfast af_xdp", "hfp1", "198.51.100.53", "net_af_xdp0"


class HoldfastPacket(Holdfast):
    name, wire, address, driver = "holdfast af_packet", "hfp2", "203.0.113.53", "net_af_packet0"


PEERS = (Unbound, KnotResolver, PowerDns, Bind, Dnsdist)
OURS = (HoldfastXdp, HoldfastPacket)
