# SPDX-License-Identifier: BSD-3-Clause
"""What the end-to-end tests share: a lab, an appliance in it, a client, and the truth."""
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.rrset

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.dont_write_bytecode = True
sys.path[:0] = [os.path.join(ROOT, "scripts"), os.path.join(ROOT, "scripts", "lab")]

from appliance.appliance import SERVICE, Appliance, port_devargs  # noqa: E402
from hflab.lab import load_oracle  # noqa: E402
from hflab.netns import inside  # noqa: E402

LAB = os.path.join(ROOT, "scripts", "lab", "lab")
PROGRAMS = os.path.join(ROOT, os.environ.get("O", "build"))
PROGRAMS_ASAN = os.path.join(ROOT, os.environ.get("O_ASAN", "build-asan"))


def program(name):
    """Where it is, with the sanitizers if it was built so; None: it was not built."""
    for folder in (PROGRAMS_ASAN, PROGRAMS):
        path = os.path.join(folder, name)
        if os.path.exists(path):
            return path
    return None
V4, V6 = SERVICE
LISTEN = "127.0.0.1@5335"


def missing():
    """Why the end-to-end tests cannot run here; None when they can."""
    if os.geteuid() != 0:
        return "needs root: network namespaces"
    tools = [t for t in ("ip", "nsd", "knotd", "dig", "delv", "dnsperf", "tcpdump")
             if shutil.which(t) is None]
    if tools:
        return f"needs {tools}"
    if not os.path.exists(os.path.join(PROGRAMS, "holdfast-dataplane")):
        return f"not built: {PROGRAMS}/holdfast-dataplane (make programs)"
    return None


class Lab:
    def __init__(self, prefix):
        self.environment = {**os.environ, "HF_LAB": prefix, "HF_LAB_DIR": f"/run/holdfast-lab/{prefix}"}
        self.res, self.cli = f"{prefix}-res", f"{prefix}-cli"
        self.dir = f"/run/holdfast-lab/{prefix}"

    def run(self, *arguments, check=True):
        return subprocess.run([LAB, *arguments], env=self.environment, check=check, timeout=90,
                              capture_output=True, text=True)

    def up(self):
        self.run("up")
        return self

    def down(self):
        self.run("down", check=False)

    def queries(self):
        """Queries the authorities have received so far."""
        return json.loads(self.run("queries", "--json").stdout)["total"]

    def truth(self):
        with open(os.path.join(self.dir, "truth.json"), encoding="utf-8") as f:
            return json.load(f)

    def oracle(self):
        return load_oracle(self.truth())

    def ip(self, netns, *arguments, check=True):
        return subprocess.run(["ip", "-n", netns, *arguments], check=check, capture_output=True,
                              text=True)


def make_appliance(lab, kind, state, *, workers=1, programs=PROGRAMS, options=None, **more):
    """Nothing goes upstream but what clients ask for: no signal of key tags, no look at
    the root's keys two seconds after the start, no probes of zones under an NTA."""
    iface = "hf0" if kind == "tap" else "svc0"
    quiet = {"validation": {"key-tag-signal": "no", "rollover": "no"}, "policy": {"probe": "no"}}
    for section, keys in (options or {}).items():
        quiet[section] = {**quiet.get(section, {}), **keys}
    return Appliance(programs, str(state), port_devargs(kind, iface), netns=lab.res,
                     workers=workers, hints=f"{lab.dir}/root.hints",
                     anchors=[f"{lab.dir}/root.ds"], listen=[LISTEN], options=quiet, **more)


def move_tap_to_client(lab):
    """With a TAP port the kernel's side of hf0 is the client's wire."""
    lab.ip(lab.res, "link", "set", "hf0", "netns", lab.cli)
    lab.ip(lab.cli, "addr", "flush", "dev", "cli0")
    lab.ip(lab.cli, "link", "set", "cli0", "down")
    lab.ip(lab.cli, "link", "set", "hf0", "up")
    lab.ip(lab.cli, "addr", "add", "192.0.2.1/24", "dev", "hf0")
    lab.ip(lab.cli, "-6", "addr", "add", "2001:db8:53::1/64", "dev", "hf0", "nodad")


def restore_client(lab):
    lab.ip(lab.cli, "link", "set", "cli0", "up", check=False)
    lab.ip(lab.cli, "addr", "replace", "192.0.2.1/24", "dev", "cli0", check=False)
    lab.ip(lab.cli, "-6", "addr", "replace", "2001:db8:53::1/64", "dev", "cli0", "nodad",
           check=False)


class Client:
    """Asks over UDP from a namespace; one socket per family."""

    def __init__(self, netns):
        self.netns = netns
        with inside(netns):
            self.sockets = {socket.AF_INET: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
                            socket.AF_INET6: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)}
        for s in self.sockets.values():
            s.setblocking(False)

    def close(self):
        for s in self.sockets.values():
            s.close()

    def send(self, query, server=V4, timeout=8, port=53):
        family = socket.AF_INET6 if ":" in server else socket.AF_INET
        return dns.query.udp(query, server, port=port, timeout=timeout,
                             sock=self.sockets[family], ignore_unexpected=True)

    def ask(self, qname, qtype="A", server=V4, *, dnssec=True, cd=False, ad=False, rd=True,
            edns=True, payload=1232, timeout=8, port=53):
        query = question(qname, qtype, dnssec=dnssec, cd=cd, ad=ad, rd=rd, edns=edns,
                         payload=payload)
        return self.send(query, server, timeout, port)

    def ask_tcp(self, query, server, port):
        with inside(self.netns):
            return dns.query.tcp(query, server, port=port, timeout=8)


@contextlib.contextmanager
def serving(lab, appliance):
    """A client of the appliance, which runs meanwhile."""
    client = Client(lab.cli)
    try:
        appliance.start()
        yield client
    finally:
        client.close()
        appliance.stop()


def question(qname, qtype="A", *, dnssec=True, cd=False, ad=False, rd=True, edns=True,
             payload=1232):
    flags = (dns.flags.RD if rd else 0) | (dns.flags.CD if cd else 0) | (dns.flags.AD if ad else 0)
    query = dns.message.make_query(qname, qtype, flags=flags)
    if edns:
        query.use_edns(edns=0, ednsflags=dns.flags.DO if dnssec else 0, payload=payload)
    return query


# --- looking at a reply

def authentic(reply):
    return bool(reply.flags & dns.flags.AD)


def truncated(reply):
    return bool(reply.flags & dns.flags.TC)


def edes(reply):
    """[(code, text)], in order."""
    return [(int(o.code), o.text or "") for o in reply.options if isinstance(o, dns.edns.EDEOption)]


def rcode(reply):
    return dns.rcode.to_text(reply.rcode())


def data(section):
    """{(owner, type): set of RDATA text}, signatures left out, names in lower case."""
    out = {}
    for rrset in section:
        if rrset.rdtype == dns.rdatatype.RRSIG:
            continue
        key = (rrset.name.to_text().lower(), dns.rdatatype.to_text(rrset.rdtype))
        out.setdefault(key, set()).update(r.to_digestable() for r in rrset)
    return out


def expected(case):
    out = {}
    for want in case["answer"]:
        rrset = dns.rrset.from_text_list(want["owner"], want["ttl"], "IN", want["type"],
                                         want["rdata"])
        out[(want["owner"].lower(), want["type"])] = {r.to_digestable() for r in rrset}
    return out


def signed(reply):
    return any(r.rdtype == dns.rdatatype.RRSIG for r in reply.answer + reply.authority)


def soa(reply):
    return [r for r in reply.authority if r.rdtype == dns.rdatatype.SOA]


def differences(case, reply, state="healthy"):
    """What is wrong with this reply to this case, in words; empty when nothing is."""
    want = case if state == "healthy" else case["broken"]
    wrong, codes = [], [c for c, _ in edes(reply)]
    if rcode(reply) != want["rcode"]:
        wrong.append(f"{rcode(reply)}, not {want['rcode']}")
    if authentic(reply) != (want["security"] == "secure"):
        wrong.append(f"AD {authentic(reply)} for {want['security']}")
    if want["ede"] is not None and codes != [want["ede"]]:
        wrong.append(f"EDE {edes(reply)}, not {want['ede']}")
    if want["ede"] is None and want["rcode"] != "SERVFAIL" and set(codes) - set(case["ede_may"]):
        wrong.append(f"EDE {edes(reply)}, none expected")
    if rcode(reply) == "SERVFAIL" and not codes:
        wrong.append("SERVFAIL without EDE")
    if rcode(reply) in ("NOERROR", "NXDOMAIN") and not truncated(reply):
        if data(reply.answer) != expected(case):
            wrong.append(f"answer {data(reply.answer)}, not {expected(case)}")
        if not case["answer"] and not soa(reply):
            wrong.append("a denial without SOA")
        if want["security"] == "secure" and not signed(reply):
            wrong.append("secure but no RRSIG")
    return [f"{case['qname']} {case['qtype']} ({case['note']}): {w}" for w in wrong]
