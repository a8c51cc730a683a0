# SPDX-License-Identifier: BSD-3-Clause
"""What each validator makes of a question: holdfast, delv and unbound-host."""
import re
import socket
import subprocess
import threading
from dataclasses import dataclass

import dns.edns
import dns.flags
import dns.message
import dns.query
import dns.rcode

from hflab import netns

SECONDS = 60


@dataclass(frozen=True)
class Said:
    """verdict: secure insecure bogus failure. kind: answer nodata nxdomain, None when there is none."""
    verdict: str
    kind: str = None
    edes: tuple = ()
    text: str = ""

    def __str__(self):
        return self.verdict + (f" {self.kind}" if self.kind else "")


class Holdfast:
    """A control plane of the net by its listener. Bogus is what only +cd gets."""

    def __init__(self, net, port):
        self.net, self.port = net, port
        self.local = threading.local()

    def _socket(self):
        if not hasattr(self.local, "socket"):
            with netns.inside(self.net.paths.res):
                self.local.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        return self.local.socket

    def ask(self, qname, qtype, cd=False):
        flags = dns.flags.RD | (dns.flags.CD if cd else 0)
        query = dns.message.make_query(qname, qtype, flags=flags)
        query.use_edns(edns=0, ednsflags=dns.flags.DO, payload=4096)
        reply = dns.query.udp(query, "127.0.0.1", port=self.port, timeout=SECONDS,
                              sock=self._socket(), ignore_unexpected=True)
        if not reply.flags & dns.flags.TC:
            return reply
        with netns.inside(self.net.paths.res):
            return dns.query.tcp(query, "127.0.0.1", port=self.port, timeout=SECONDS)

    def judge(self, qname, qtype):
        reply = self.ask(qname, qtype)
        edes = tuple(int(o.code) for o in reply.options if isinstance(o, dns.edns.EDEOption))
        text = " ".join(o.text or "" for o in reply.options if isinstance(o, dns.edns.EDEOption))
        if reply.rcode() == dns.rcode.SERVFAIL:
            unchecked = self.ask(qname, qtype, cd=True)
            failed = unchecked.rcode() == dns.rcode.SERVFAIL
            return Said("failure" if failed else "bogus", None, edes, text)
        verdict = "secure" if reply.flags & dns.flags.AD else "insecure"
        return Said(verdict, _kind(reply, qtype), edes, text)


def _kind(reply, qtype):
    if reply.rcode() == dns.rcode.NXDOMAIN:
        return "nxdomain"
    types = {dns.rdatatype.to_text(r.rdtype) for r in reply.answer}
    return "answer" if qtype in types else "nodata"


class Delv:
    """BIND's validator, fed by one of our control planes under CD."""

    def __init__(self, net, port):
        self.command = net.inside("delv", "@127.0.0.1", "-p", str(port), "-a", f"{net.dir}/root.delv",
                                  "+root=.")

    def judge(self, qname, qtype):
        """A reply made of parts is insecure if any part is."""
        text = _run(self.command + [qname, qtype])
        marks = [line for line in text.splitlines() if line.startswith(";")]
        failed = [m for m in marks if "resolution failed" in m]
        if failed and "ncache" not in failed[0]:
            return Said("bogus", text=text)
        kind = "answer"
        if failed:
            kind = "nxdomain" if "nxdomain" in failed[0] else "nodata"
        if any("unsigned answer" in m for m in marks):
            return Said("insecure", kind, text=text)
        secure = any("fully validated" in m for m in marks)
        return Said("secure" if secure else "nothing", kind, text=text)


class UnboundHost:
    """libunbound, which asks the servers itself, from the root down."""

    def __init__(self, net):
        path = net.paths.file("unbound.conf")
        with open(path, "w", encoding="ascii") as f:
            f.write(f'server:\n  root-hints: "{net.dir}/root.hints"\n'
                    f'  trust-anchor-file: "{net.dir}/root.ds"\n  chroot: ""\n  do-ip6: no\n'
                    "  do-not-query-localhost: no\n"
                    # the same bound as ours, which is RFC 9276 3.2's
                    '  val-nsec3-keysize-iterations: "1024 50 2048 50 4096 50"\n')
        self.command = net.inside("unbound-host", "-v", "-C", path, "-t")

    def judge(self, qname, qtype):
        text = _run(self.command + [qtype, qname])
        marks = re.findall(r"\((secure|insecure|BOGUS|error)", text)
        verdict = marks[0].lower() if marks else "nothing"
        if verdict == "error" or "2(SERVFAIL)" in text:
            return Said("bogus" if verdict == "bogus" else "failure", text=text)
        kind = "nxdomain" if "(NXDOMAIN)" in text else "nodata" if " has no " in text else "answer"
        return Said(verdict, None if verdict == "bogus" else kind, text=text)


def _run(command):
    p = subprocess.run(command, check=False, capture_output=True, text=True, timeout=SECONDS)
    return p.stdout + p.stderr
