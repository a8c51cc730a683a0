# SPDX-License-Identifier: BSD-3-Clause
"""The verbs: a whole lab is built, broken, mended, asked about and taken away."""
import json
import os
import random
import shutil
import time
from concurrent.futures import ThreadPoolExecutor

from . import keys, netns, servers, sign, truth, world
from .paths import LabError
from .world import DE_SERVERS

NEEDS = ("ip", "ethtool", "nsd", "knotd", "dnssec-keygen", "dnssec-signzone")
DE_TAG = 33834  # the key tag that three ZSKs of .de shared on 5 May 2026
DE_ZSKS = 3     # the first is published and good, the others are not published
JOBS = 4
DE = "de."


class Lab:
    """One lab, named by its paths. world: the module that says what it holds; what the verbs
    break, mend and tell the truth about is in the first one, hflab.world, only."""

    def __init__(self, paths, holds=world):
        self.paths = paths
        self.world = holds

    # -- building ------------------------------------------------------------------------

    def up(self):
        missing = [x for x in NEEDS if shutil.which(x) is None]
        if missing:
            raise LabError(f"not installed: {', '.join(missing)} (see scripts/lab/README.md)")
        self.down()
        self.paths.create()
        try:
            self._build()
        except BaseException:
            self.down()
            raise

    def _build(self):
        zones = self.world.zones(int(time.time()))
        netns.create(self.paths, self.world.addresses())
        pairs = self._make_keys(zones)
        self._link(zones, pairs)
        self._write_zones(zones, pairs)
        for s in self.world.SERVERS:
            servers.configure(self.paths, s, _served(zones, s))
            servers.start(self.paths, s)
        self._write_anchors(zones, pairs["."][0])
        self._write_env()
        self._write_state(zones)
        servers.wait_serials(self.paths, {(a, z.name): z.serial for s in self.world.SERVERS
                                          for a in s.addresses for z in _served(zones, s)[-1:]})

    def _write_state(self, zones):
        if DE not in zones:
            self._save({"broken": None})
            return
        serial = zones[DE].serial
        self._save({"broken": None, "de_serial": {s.name: serial for s in DE_SERVERS}})
        self._write_truth(zones)

    def _make_keys(self, zones):
        """{zone name: (KSK, ZSK)}, the same key twice where one does both."""
        def make(z):
            folder = self.paths.file("keys", z.name)
            ksk = keys.generate(folder, z.name, z.algorithm, sep=True)
            if z.name == DE:
                return z.name, (ksk, self._de_zsk(0))
            zsk = keys.generate(folder, z.name, z.algorithm, sep=False) if z.split else ksk
            return z.name, (ksk, zsk)

        with ThreadPoolExecutor(JOBS) as pool:
            made = pool.map(make, [z for z in zones.values() if z.algorithm])
            spare = pool.map(self._de_zsk, range(1, DE_ZSKS if DE in zones else 1))
            list(spare)
            return dict(made)

    def _de_zsk(self, number):
        """One of the ZSKs with the same tag; a folder each, since their file names are the same."""
        folder = self.paths.file("keys", f"de-zsk{number}")
        path = os.path.join(folder, f"K{DE}+008+{DE_TAG:05d}")
        if os.path.exists(path + ".private"):
            return keys.Key(path)
        return keys.tagged_key(folder, DE, DE_TAG)

    def _link(self, zones, pairs):
        """Delegations, DS and DNSKEY records into the zones as data."""
        for z in zones.values():
            if z.algorithm:
                rrset = sorted({k.text() for k in pairs[z.name]})
                z.records[(z.name, "DNSKEY")] = (keys.TTL, rrset)
            parent = world.parent_of(z.name, zones)
            if parent:
                parent.delegate(z, _ds(z, pairs.get(z.name)))
        root = zones["."]
        for host, v4, v6 in root.servers:
            root.glue[(host, "A")], root.glue[(host, "AAAA")] = (300, [v4]), (300, [v6])

    def _write_zones(self, zones, pairs):
        def write(z):
            lines = self._signed(z, pairs) if z.algorithm else z.text().splitlines()
            for s in _distinct_files(z, self.world.SERVERS):
                _store(servers.zone_file(self.paths, s, z), lines)

        with ThreadPoolExecutor(JOBS) as pool:
            list(pool.map(write, zones.values()))

    def _signed(self, z, pairs):
        workdir = self.paths.file("work", z.name)
        return sign.damage(sign.sign(z, *pairs[z.name], workdir), z.defect)

    def _write_anchors(self, zones, ksk):
        root = zones["."]
        files = {"root.key": f". {keys.TTL} IN DNSKEY {ksk.text()}\n",
                 "root.ds": f". {keys.TTL} IN DS {ksk.ds()}\n",
                 "root.delv": f'trust-anchors {{ . static-key {ksk.flags} 3 {ksk.alg}'
                              f' "{ksk.public}"; }};\n'}
        hints = [f".\t3600000\tNS\t{h}" for h, _, _ in root.servers]
        hints += [f"{h}\t3600000\t{t}\t{a}" for h, v4, v6 in root.servers
                  for t, a in (("A", v4), ("AAAA", v6))]
        files["root.hints"] = "\n".join(hints) + "\n"
        for name, text in files.items():
            with open(self.paths.file(name), "w", encoding="ascii") as f:
                f.write(text)

    # -- taking away ---------------------------------------------------------------------

    def down(self):
        servers.stop_all(self.paths, self.world.SERVERS)
        netns.delete(self.paths)
        self.paths.delete()

    # -- breaking and mending de ---------------------------------------------------------

    def break_de(self, count, mixed):
        """`count` of the six instances serve a zone signed with keys that are not published."""
        self._require_up()
        bad = [s.name for s in DE_SERVERS][len(DE_SERVERS) - count:]
        serial = self._next_serial()
        jobs = {s.name: (0, serial) for s in DE_SERVERS}
        for i, name in enumerate(bad):  # every bad instance another serial: the SOA flaps
            jobs[name] = (1 + i % (DE_ZSKS - 1), serial + 1 + i)
        self._resign_de(jobs, mixed)
        return self._save_de({"servers": bad, "mixed": mixed}, jobs, serial)

    def fix_de(self):
        self._require_up()
        serial = self._next_serial()
        jobs = {s.name: (0, serial) for s in DE_SERVERS}
        self._resign_de(jobs, False)
        return self._save_de(None, jobs, serial)

    def _next_serial(self):
        return max(int(time.time()), *(v + 1 for v in self._state()["de_serial"].values()))

    def _resign_de(self, jobs, mixed):
        """jobs: {server: (number of the ZSK, serial)}. Returns when all of them are served."""
        # First of all: serials go on rising even if this is interrupted half-way.
        self._save({**self._state(), "de_serial": {k: v[1] for k, v in jobs.items()}})
        z = self._de_zone()
        ksk = keys.Key(self._de_ksk_path())
        zsks = [self._de_zsk(i) for i in range(DE_ZSKS)]

        def make(job):
            number, serial = job
            def once(n):
                work = self.paths.file("work", f"de-{n}-{serial}")
                return sign.sign(z, ksk, zsks[n], work, serial)
            if number == 0:
                return once(0)
            good, bad = once(0), once(number)
            lines = sign.publish_other_keys(bad, good)
            return sign.mix(lines, good) if mixed else lines

        kinds = sorted(set(jobs.values()))
        with ThreadPoolExecutor(JOBS) as pool:
            made = dict(zip(kinds, pool.map(make, kinds)))
        for s in DE_SERVERS:
            _store(servers.zone_file(self.paths, s, z), made[jobs[s.name]])
            servers.reload(self.paths, s)
        servers.wait_serials(self.paths, {(a, DE): jobs[s.name][1] for s in DE_SERVERS
                                          for a in s.addresses})

    def _de_zone(self):
        """de as data, from truth.json (its DS records depend on keys made by `up`)."""
        z = next(t for t in world.tlds() if t.name == DE)
        for rr in self.truth()["zones"][DE]["rrsets"]:
            table = z.glue if rr["kind"] == "glue" else z.records
            if rr["type"] != "DNSKEY":
                table[(rr["owner"], rr["type"])] = (rr["ttl"], rr["rdata"])
        return z

    def _de_ksk_path(self):
        folder = self.paths.file("keys", DE)
        name = next(x for x in os.listdir(folder) if x.endswith(".key"))
        return os.path.join(folder, name[:-len(".key")])

    def _save_de(self, broken, jobs, serial):
        """serial: what the good instances (all of them, once mended) have."""
        doc = self.truth()
        soa = self._de_zone().soa_with(serial)
        for rr in truth.soa_rrsets(doc, DE):
            rr["rdata"] = [soa]
        doc["zones"][DE]["serial"] = serial
        self._store_truth(doc)
        state = {"broken": broken, "de_serial": {k: v[1] for k, v in jobs.items()}}
        self._save(state)
        return state

    # -- asking --------------------------------------------------------------------------

    def status(self):
        """What runs, as a dict; `up` is true when every part is there."""
        there = [ns for ns in self.paths.namespaces if netns.exists(ns)]
        running = {s.name: servers.pid(self.paths, s) for s in self.world.SERVERS}
        out = {"lab": self.paths.prefix, "dir": self.paths.state, "namespaces": there,
               "servers": [{"name": s.name, "software": s.software, "pid": running[s.name],
                            "addresses": list(s.addresses)} for s in self.world.SERVERS],
               "up": len(there) == 3 and all(running.values()) and self._has_state()}
        if self._has_state():
            out.update(self._state())
        return out

    def queries(self):
        self._require_up()
        return netns.queries(self.paths.net)

    def truth(self):
        self._require_up()
        with open(self.paths.file("truth.json"), encoding="ascii") as f:
            return json.load(f)

    def ask(self, qname, qtype):
        """The expected answer for any name, whether it is a case in truth.json or not."""
        return load_oracle(self.truth()).case(qname.lower().rstrip(".") + ".", qtype.upper())

    def env(self):
        p = self.paths
        return {
            "HF_LAB": p.prefix, "HF_LAB_DIR": p.state,
            "HF_LAB_NET": p.net, "HF_LAB_RES": p.res, "HF_LAB_CLI": p.cli,
            "HF_LAB_UP_IF": "up0", "HF_LAB_SVC_IF": "svc0", "HF_LAB_CLI_IF": "cli0",
            "HF_LAB_NET_IF": "net0",
            "HF_LAB_UP_V4": netns.RES_V4, "HF_LAB_UP_V6": netns.RES_V6,
            "HF_LAB_CLI_V4": netns.CLI_V4, "HF_LAB_CLI_V6": netns.CLI_V6,
            "HF_LAB_SVC_V4": netns.SVC_V4, "HF_LAB_SVC_V6": netns.SVC_V6,
            "HF_LAB_HINTS": p.file("root.hints"), "HF_LAB_ANCHOR": p.file("root.ds"),
            "HF_LAB_ANCHOR_KEY": p.file("root.key"), "HF_LAB_ANCHOR_DELV": p.file("root.delv"),
            "HF_LAB_TRUTH": p.file("truth.json"),
        }

    def _write_env(self):
        with open(self.paths.file("env"), "w", encoding="ascii") as f:
            f.writelines(f"{k}={v}\n" for k, v in self.env().items())

    def _write_truth(self, zones):
        self._store_truth(truth.document(zones, {"lab": self.paths.prefix,
                                                 "dir": self.paths.state}))

    def _store_truth(self, doc):
        _store(self.paths.file("truth.json"), [json.dumps(doc, indent=1)])

    def _has_state(self):
        return os.path.exists(self.paths.file("state.json"))

    def _require_up(self):
        if not self._has_state():
            raise LabError(f"lab {self.paths.prefix} is not up (lab up)")

    def _state(self):
        with open(self.paths.file("state.json"), encoding="ascii") as f:
            return json.load(f)

    def _save(self, state):
        temporary = self.paths.file("state.json.new")
        with open(temporary, "w", encoding="ascii") as f:
            json.dump(state, f)
        os.replace(temporary, self.paths.file("state.json"))


def load_oracle(document):
    """An oracle from a truth.json document."""
    zones = world.zones(0)
    for name, z in zones.items():
        rows = document["zones"][name]["rrsets"]
        z.records = {(r["owner"], r["type"]): (r["ttl"], r["rdata"])
                     for r in rows if r["kind"] != "glue"}
    return truth.Oracle(zones)


def _served(zones, server):
    return [z for z in zones.values() if z.group == server.group]


def _distinct_files(zone, every):
    """One of the servers `every` for each file the zone is written to."""
    same = [s for s in every if s.group == zone.group]
    return same if zone.group == "de" else same[:1]


def _ds(zone, pair):
    """RDATA of the DS record in the parent, or None."""
    if zone.ds == "none":
        return None
    ksk = pair[0]
    words = ksk.ds(4 if zone.ds == "sha384" else 2).split()
    if zone.ds == "wrong":
        words[0], words[3] = str((ksk.tag + 1) % 65536), random.randbytes(32).hex().upper()
    elif zone.ds == "badalg":
        words[1] = "200"   # unassigned
    elif zone.ds == "baddigest":
        words[2] = "200"   # unassigned
    return " ".join(words)


def _store(path, lines):
    """Whole or not at all: a server may be reading."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + ".new", "w", encoding="ascii") as f:
        f.write("\n".join(lines) + "\n")
    os.replace(path + ".new", path)
