# SPDX-License-Identifier: BSD-3-Clause
"""The root rolls its key (RFC 5011): a real signer, a real server, the real control plane, which is killed
on the way. Hold-downs are of seconds. One namespace, nothing else in it."""
import json
import os
import re
import shutil
import signal
import subprocess
import time

import pytest

import world

NETNS = f"{os.environ.get('HF_TEST_LAB', 'hft')}-roll"
SERVER = "10.53.99.1"
PORT = 5337
HOLD_S = 4
PATIENCE_S = 30


def missing():
    if os.geteuid() != 0:
        return "needs root: network namespaces"
    tools = [t for t in ("ip", "nsd", "dig", "dnssec-keygen", "dnssec-signzone", "dnssec-revoke")
             if shutil.which(t) is None]
    if tools:
        return f"needs {tools}"
    return None if world.program("holdfast-controlplane") else "not built: make programs"


pytestmark = pytest.mark.skipif(missing() is not None, reason=missing() or "")


def run(*argv, **more):
    return subprocess.run(argv, capture_output=True, text=True, check=True, timeout=30, **more).stdout


def inside(*argv):
    return ["ip", "netns", "exec", NETNS, *argv]


class Root:
    """The zone, its keys and its server."""

    def __init__(self, folder):
        self.folder, self.server, self.serial = folder, None, 0
        self.zsk = self.key()
        self.conf = os.path.join(folder, "nsd.conf")
        with open(self.conf, "w", encoding="ascii") as f:
            f.write(f'server:\n ip-address: {SERVER}\n username: ""\n server-count: 1\n xfrd-reload-timeout: 0\n zonesdir: "{folder}"\n logfile: "{folder}/nsd.log"\n'
                    f' pidfile: ""\n xfrdfile: ""\n database: ""\n zonelistfile: "{folder}/zone.list"\n'
                    f'remote-control:\n control-enable: no\n'
                    f'zone:\n name: "."\n zonefile: "root.signed"\n')

    def key(self, *more):
        return run("dnssec-keygen", "-q", "-K", self.folder, "-a", "ED25519", *more, ".").strip()

    def ksk(self):
        return self.key("-f", "KSK")

    def revoke(self, key):
        return os.path.basename(run("dnssec-revoke", "-K", self.folder, key).split()[-1])

    def record(self, key):
        with open(os.path.join(self.folder, key + ".key"), encoding="ascii") as f:
            return [line for line in f if not line.startswith(";")][0].replace(" IN ", " 1 IN ", 1)

    def publish(self, keys, signers):
        """keys are published besides the zone's signing key, signers sign the DNSKEY RRset."""
        self.serial += 1
        path = os.path.join(self.folder, "root.zone")
        with open(path, "w", encoding="ascii") as f:
            f.write(f". 1 IN SOA a.root. host.root. {self.serial} 60 60 86400 1\n. 60 IN NS a.root.\n"
                    f"a.root. 60 IN A {SERVER}\n")
            f.writelines(f"name{i}. 1 IN A 192.0.2.{i}\n" for i in range(10))
            f.writelines(self.record(k) for k in [self.zsk, *keys])
        run("dnssec-signzone", "-q", "-P", "-x", "-K", self.folder, "-o", ".", *[a for k in signers for a in ("-k", k)],
            "-f", os.path.join(self.folder, "root.signed"), path, self.zsk, cwd=self.folder)
        if self.server is not None:
            self.server.send_signal(signal.SIGHUP)
        else:
            self.server = subprocess.Popen(inside("nsd", "-d", "-c", self.conf), stdin=subprocess.DEVNULL,
                                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop(self):
        if self.server is not None:
            self.server.terminate()
            self.server.wait(10)


class Control:
    def __init__(self, folder, anchor):
        self.folder, self.process = folder, None
        self.config = os.path.join(folder, "holdfast.yaml")
        with open(os.path.join(folder, "root.hints"), "w", encoding="ascii") as f:
            f.write(f". 3600000 NS a.root.\na.root. 3600000 A {SERVER}\n")
        with open(os.path.join(folder, "root.key"), "w", encoding="ascii") as f:
            f.write(anchor)
        with open(self.config, "w", encoding="ascii") as f:
            f.write(f'listen: ["127.0.0.1@{PORT}"]\nlink:\n  socket: {folder}/link.sock\n'
                    f"control:\n  socket: {folder}/control.sock\nresolver:\n  root-hints: {folder}/root.hints\n  threads: 2\n"
                    f"validation:\n  trust-anchors: [{folder}/root.key]\n  rollover-hold-down: {HOLD_S}s\n"
                    f"policy:\n  store: {folder}/policy.db\n")

    def start(self):
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = subprocess.Popen(inside(world.program("holdfast-controlplane"), "--config", self.config),
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def stop(self, sig=signal.SIGTERM):
        if self.process is not None:
            self.process.send_signal(sig)
            self.process.wait(20)

    def ctl(self, *argv):
        return subprocess.run([world.program("holdfastctl"), "--config", self.config, *argv], capture_output=True, text=True,
                              timeout=20, check=False)

    def keys(self):
        """{key tag: the key as anchor.show has it}."""
        p = self.ctl("anchor", "show", ".", "--json")
        return {k["key_tag"]: k for k in json.loads(p.stdout)["result"]["keys"]} if p.returncode == 0 else {}

    def wait(self, tag, state):
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            key = self.keys().get(tag)
            if (key["state"] if key else "Start") == state:
                return key
            time.sleep(0.1)
        with open(os.path.join(self.folder, "log"), encoding="utf-8") as f:
            raise AssertionError(f"key {tag} is not {state}: {self.keys()}\n{f.read()}")

    def ask(self, name):
        text = run(*inside("dig", "@127.0.0.1", "-p", str(PORT), "+tries=2", "+time=5", "+dnssec", name, "A"))
        return re.search(r"status: (\w+)", text).group(1), " ad" in re.search(r"flags: ([a-z ]*);", text).group(0)


@pytest.fixture
def place(tmp_path):
    subprocess.run(["ip", "netns", "delete", NETNS], capture_output=True, check=False)
    run("ip", "netns", "add", NETNS)
    run("ip", "-n", NETNS, "link", "set", "lo", "up")
    run("ip", "-n", NETNS, "addr", "add", f"{SERVER}/32", "dev", "lo")
    root = Root(str(tmp_path))
    parts = [root]
    yield root, parts
    for part in reversed(parts):
        part.stop()
    run("ip", "netns", "delete", NETNS)


def tag_of(key):
    return int(key.rsplit("+", 1)[1])


def test_the_root_rolls_its_key_and_names_validate_all_the_while_over_two_kills(place):
    root, parts = place
    old, new = root.ksk(), root.ksk()
    root.publish([old], [old])
    control = Control(root.folder, root.record(old))
    parts.append(control)
    control.start()
    control.wait(tag_of(old), "Valid")
    assert control.ask("name0.") == ("NOERROR", True)

    root.publish([old, new], [old])
    key = control.wait(tag_of(new), "AddPend")
    assert not key["trusted"] and key["file"] is None and 0 < key["hold_down_left_s"] <= HOLD_S
    control.stop(signal.SIGKILL)
    control.start()
    key = control.wait(tag_of(new), "Valid")
    assert key["trusted"] and key["learned"]
    root.publish([old, new], [new])
    time.sleep(1.5)  # what is cached of the zone and its keys has run out
    assert control.ask("name1.") == ("NOERROR", True)

    revoked = root.revoke(old)
    root.publish([revoked, new], [revoked, new])
    key = control.wait(tag_of(old), "Revoked")
    assert not key["trusted"] and key["file"].endswith("root.key")
    control.stop(signal.SIGKILL)
    control.start()
    control.wait(tag_of(old), "Revoked")  # although the file still has it
    root.publish([new], [new])
    assert control.ask("name2.") == ("NOERROR", True)
    listed = control.ctl("anchor", "list").stdout
    assert re.search(rf"^\. +{tag_of(new)} +15 Valid +yes .* learned$", listed, re.M), listed
    assert re.search(rf"^\. +{tag_of(old)} +15 Revoked +no ", listed, re.M), listed
    status = control.ctl("status").stdout
    assert re.search(r"^trust anchors  \.$", status, re.M) and "TROUBLE" not in status, status
