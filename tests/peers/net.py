# SPDX-License-Identifier: BSD-3-Clause
"""The net that is compared: the lab's namespaces and servers, and the zones of zones.py in them, signed
from the leaves up; and control planes that ask them."""
import io
import json
import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import dns.zone

from hflab import netns, servers
from hflab.paths import DIE_WITH_US, LabError, Paths

import damage
import signers
import zones

JOBS = 2 * (os.cpu_count() or 1)
DEPTH = 4  # root, TLD, leaf, below


class Net:
    def __init__(self, prefix, sample=False):
        self.paths = Paths(prefix, f"/run/holdfast-lab/{prefix}")
        self.zones = zones.build(int(time.time()), sample)
        self.resolvers = []

    @property
    def dir(self):
        return self.paths.state

    def __enter__(self):
        self._remove()
        self.paths.create()
        try:
            self._build()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(self, *_):
        for r in self.resolvers:
            r.stop()
        self._remove()

    def _remove(self):
        servers.stop_all(self.paths, zones.SERVERS)
        netns.delete(self.paths)
        self.paths.delete()

    # --- zones

    def _build(self):
        netns.create(self.paths, [a for s in zones.SERVERS for a in s.addresses])
        every = sorted(self.zones.values(), key=self._depth, reverse=True)
        with ThreadPoolExecutor(JOBS) as pool:
            for depth in range(DEPTH - 1, -1, -1):
                made = [z for z in every if self._depth(z) == depth]
                for zone, ds in zip(made, pool.map(self._make, made)):
                    self._delegate(zone, ds)
        for s in zones.SERVERS:
            servers.configure(self.paths, s, self._served(s))
            servers.start(self.paths, s)
        servers.wait_serials(self.paths, {(a, z.name): z.serial for s in zones.SERVERS
                                          for a in s.addresses for z in self._served(s)[-1:]})

    def _depth(self, zone):
        parent = zones.parent_of(zone, self.zones)
        return 0 if parent is None else 1 + self._depth(parent)

    def _served(self, server):
        return [z for z in self.zones.values() if z.group == server.group]

    def _make(self, zone):
        """Write the zone as it is served; the DS records its parent gets."""
        path = servers.zone_file(self.paths, next(s for s in zones.SERVERS if s.group == zone.group), zone)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if zone.signer is None:
            with open(path, "w", encoding="ascii") as f:
                f.write(zone.text())
            return []
        signed = signers.sign(zone, self.paths.file("work", zone.name.rstrip(".") or "root"))
        ds = signers.ds_of(zone, signed)
        damage.damage(signed, zone.kind)
        text = io.StringIO()
        signed.to_file(text, relativize=False, want_origin=False)
        with open(path, "w", encoding="ascii") as f:
            f.write(text.getvalue())
        if zone.name == ".":
            self._write_anchors(signed, ds)
        return ds

    def _delegate(self, zone, ds):
        parent = zones.parent_of(zone, self.zones)
        if parent is None:
            return
        parent.delegate(zone, None)
        if ds:
            parent.records[(zone.name, "DS")] = (300, ds)

    def _write_anchors(self, signed, ds):
        key = next(k for k in signed.get_rdataset(".", "DNSKEY") if k.flags & signers.SEP)
        flags, protocol, algorithm, public = key.to_text().split(None, 3)
        self._file("root.ds", "".join(f". 300 IN DS {d}\n" for d in ds))
        self._file("root.hints", ". 3600000 NS a.root-servers.example.\n"
                                 "a.root-servers.example. 3600000 A 10.53.1.1\n")
        self._file("root.delv", f'trust-anchors {{ . static-key {flags} {protocol} {algorithm}'
                                f' "{public.replace(" ", "")}"; }};\n')

    def _file(self, name, text):
        with open(self.paths.file(name), "w", encoding="ascii") as f:
            f.write(text)
        return self.paths.file(name)

    def dead(self):
        """Servers that have ended: what they did not answer proves nothing."""
        return [s.name for s in zones.SERVERS if servers.pid(self.paths, s) is None]

    # --- who asks

    def inside(self, *command):
        return ["nsenter", f"--net=/run/netns/{self.paths.res}", *command]

    def resolver(self, program, port, **validation):
        """A control plane of its own in <P>-res, answering on 127.0.0.1 at that port."""
        r = Resolver(self, program, port, validation)
        self.resolvers.append(r)
        return r

    def end(self, resolver):
        self.resolvers.remove(resolver)
        resolver.stop()


class Resolver:
    START_SECONDS = 20

    def __init__(self, net, program, port, validation):
        folder = net.paths.file(f"resolver-{port}")
        os.makedirs(folder)
        self.port, self.log = port, os.path.join(folder, "log")
        control = os.path.join(folder, "control.sock")
        settings = {"trust-anchors": f"[{net.dir}/root.ds]", "key-tag-signal": "no", **validation}
        config = net._file(f"resolver-{port}/holdfast.yaml", "\n".join([
            f"listen: {json.dumps([f'127.0.0.1@{port}'])}", f"link:\n  socket: {folder}/link.sock",
            f"control:\n  socket: {control}", f"resolver:\n  root-hints: {net.dir}/root.hints",
            "validation:", *[f"  {k}: {v}" for k, v in settings.items()],
            f"policy:\n  store: {folder}/policy.db"]) + "\n")
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                net.inside(*DIE_WITH_US, program, "--config", config), stdin=subprocess.DEVNULL,
                stdout=log, stderr=log)
        until = time.monotonic() + self.START_SECONDS
        while not os.path.exists(control):
            if self.process.poll() is not None or time.monotonic() > until:
                raise LabError(f"holdfast-controlplane does not start: see {self.log}")
            time.sleep(0.02)

    def stop(self):
        self.process.terminate()
        code = self.process.wait(20)
        if code != 0:
            raise LabError(f"holdfast-controlplane ended with {code}: {self.log}")
