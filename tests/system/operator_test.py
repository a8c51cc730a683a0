# SPDX-License-Identifier: BSD-3-Clause
"""What an operator types about negative trust anchors, and what is said; no dataplane, no network."""
import glob
import json
import os
import pty
import shutil
import sqlite3
import subprocess
import time

import pytest

import world

OTHER = 65534  # a uid that is not ours


def missing():
    if os.geteuid() != 0:
        return "needs root: an empty network namespace, another uid"
    tools = [t for t in ("unshare", "setpriv") if shutil.which(t) is None]
    if tools:
        return f"needs {tools}"
    return None if world.program("holdfast-controlplane") else "not built: holdfast-controlplane (make programs)"


pytestmark = pytest.mark.skipif(missing() is not None, reason=missing() or "")


class Operator:
    def __init__(self, folder, policy="", env=None):
        self.folder, self.socket = str(folder), f"{folder}/control.sock"
        self.store = f"{folder}/policy.db"
        self.config = f"{folder}/holdfast.yaml"
        with open(self.config, "w", encoding="ascii") as f:
            f.write(f"listen: [\"127.0.0.1@5399\"]\nlink:\n  socket: {folder}/link.sock\n"
                    f"control:\n  socket: {self.socket}\nvalidation:\n  rollover: no\n  key-tag-signal: no\n"
                    f"policy:\n  store: {self.store}\n{policy}")
        self.process = subprocess.Popen(
            ["unshare", "-n", "sh", "-c", 'ip link set lo up; exec "$@"', "sh",
             world.program("holdfast-controlplane"), "--config", self.config],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, **(env or {})})
        until = time.monotonic() + 20
        while self.run("status").returncode == 3 and time.monotonic() < until:
            time.sleep(0.02)

    def run(self, *words, uid=None, **how):
        before = ["setpriv", f"--reuid={uid}", "--clear-groups"] if uid else []
        return subprocess.run([*before, world.program("holdfastctl"), "--socket", self.socket, *words],
                              capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=30, **how)

    def json(self, *words):
        return json.loads(self.run("--json", *words).stdout)["result"]

    def actions(self):
        return [line["action"] for line in self.json("audit", "list")["lines"]]

    def stop(self):
        self.process.terminate()
        return self.process.wait(20)


@pytest.fixture
def operator(tmp_path):
    one = Operator(tmp_path)
    yield one
    assert one.stop() == 0


@pytest.fixture
def two(tmp_path):
    """A second person is needed, and may use the socket."""
    one = Operator(tmp_path, "  nta-approval: tld\n")
    folder = str(tmp_path)
    while folder != "/tmp" and len(folder) > 1:
        os.chmod(folder, 0o755)
        folder = os.path.dirname(folder)
    os.chmod(one.socket, 0o666)
    yield one
    assert one.stop() == 0


def add(operator, name, *more, **how):
    return operator.run("nta", "add", name, "--reason", "a test", *more, **how)


def test_a_tld_is_confirmed_with_yes_or_nothing_is_done(operator):
    out = add(operator, "de")
    assert out.returncode == 7 and "--yes" in out.stderr
    assert operator.json("nta", "list")["ntas"] == []
    assert add(operator, "de", "--yes").returncode == 4  # no dataplane has acknowledged it
    assert add(operator, "x.de").returncode == 4


@pytest.mark.parametrize("typed,code", [(b"DE\n", 4), (b"de.\n", 4), (b"\n", 7), (b"d\n", 7), (b"dk\n", 7), (b"\x04", 7)])
def test_on_a_terminal_its_name_is_typed_again(operator, typed, code):
    master, slave = pty.openpty()
    p = subprocess.Popen([world.program("holdfastctl"), "--socket", operator.socket, "nta", "add", "de", "--reason", "x"],
                         stdin=slave, stderr=slave, stdout=subprocess.DEVNULL)
    os.close(slave)
    assert b"Type its name again" in os.read(master, 4096)
    os.write(master, typed)
    assert p.wait(20) == code
    os.close(master)
    assert len(operator.json("nta", "list")["ntas"]) == (code == 4)


def test_one_is_shown_extended_and_replaced(operator):
    add(operator, "x.de", "--for", "1h", "--soft", "--force")
    nta = operator.json("nta", "show", "X.DE")["nta"]
    assert (nta["mode"], nta["forced"], nta["waits"]) == ("soft", True, False)
    assert nta["expires"] - nta["added"] == 3600
    assert operator.run("nta", "extend", "x.de", "--for", "30m").returncode == 5  # not later
    assert operator.run("nta", "extend", "x.de", "--for", "8d").returncode == 5
    assert operator.run("nta", "extend", "x.de").returncode == 2
    assert operator.run("nta", "extend", "y.de", "--for", "1h").returncode == 1
    before = operator.json("nta", "list")["generation"]
    assert operator.run("nta", "extend", "x.de", "--for", "2h", "--reason", "ticket 2").returncode == 0
    after = operator.json("nta", "list")
    assert after["generation"] == before and after["ntas"][0]["reason"] == "ticket 2"
    assert 7190 < after["ntas"][0]["left_s"] <= 7200
    assert add(operator, "x.de").returncode == 6
    assert add(operator, "x.de", "--replace", "--strict").returncode == 4
    assert operator.json("nta", "show", "x.de")["nta"]["mode"] == "strict"
    assert operator.actions()[-3:] == ["add", "extend", "replace"]


def test_until_is_a_time_of_rfc_3339(operator):
    t = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 600))
    assert add(operator, "x.de", "--until", t).returncode == 4
    assert operator.json("nta", "list")["ntas"][0]["expires_text"] == t
    assert add(operator, "y.de", "--until", "2020-01-01T00:00:00Z").returncode == 5
    assert add(operator, "y.de", "--until", "tomorrow").returncode == 2
    assert add(operator, "y.de", "--until", t, "--for", "1h").returncode == 2


def test_a_dry_run_says_what_would_be_and_changes_nothing(operator):
    out = add(operator, "de", "--dry-run")
    assert out.returncode == 4 and "would add de. until" in out.stdout  # no dataplane to be counted in
    assert "nothing was changed" in out.stdout
    assert add(operator, ".", "--dry-run").returncode == 5
    assert operator.json("nta", "list")["ntas"] == [] and "add" not in operator.actions()


def test_another_account_has_to_approve_a_tld(two):
    assert add(two, "de", "--yes").returncode == 7
    assert add(two, "x.de").returncode == 4  # no TLD
    listed = two.json("nta", "list")
    assert [n["name"] for n in listed["pending"]] == ["de."] and listed["pending"][0]["waits"]
    assert [n["name"] for n in listed["ntas"]] == ["x.de."]
    assert two.run("nta", "approve", "de").returncode == 5
    assert two.run("nta", "approve", "se").returncode == 1
    approved = two.run("nta", "approve", "de", uid=OTHER)
    assert approved.returncode == 4, approved.stderr
    assert [n["name"] for n in two.json("nta", "list")["ntas"]] == ["de.", "x.de."]
    assert two.run("nta", "extend", "de", "--for", "2h").returncode == 7
    assert two.run("nta", "remove", "de").returncode == 4
    assert two.json("nta", "list")["pending"] == []
    lines = [(n["action"], n["uid"]) for n in two.json("audit", "list")["lines"]]
    assert [n for n in lines if n[0] != "anchor-valid"] == [
        ("ask", 0), ("add", 0), ("refuse", 0), ("approve", OTHER), ("ask", 0), ("withdraw", 0), ("remove", 0)]


def test_the_audit_log_is_verified_here_and_on_a_copy_and_with_the_head_that_was_kept(operator, tmp_path):
    add(operator, "x.de")
    head = operator.json("audit", "verify")["head"]
    for i in range(3):
        add(operator, f"n{i}.de")
    out = operator.run("audit", "verify", "--head", head)
    assert out.returncode == 0 and out.stdout.startswith("whole: ")
    copy = str(tmp_path / "copy.db")
    with sqlite3.connect(operator.store) as db, sqlite3.connect(copy) as to:
        db.backup(to)
    assert operator.run("audit", "verify", copy, "--head", head).returncode == 0
    with sqlite3.connect(copy) as db:
        last = db.execute("SELECT max(id) FROM audit").fetchone()[0]
        db.execute("UPDATE audit SET uid = 7 WHERE id = ?", (last - 1,))
    out = operator.run("audit", "verify", copy)
    assert out.returncode == 1 and f"broken at line {last - 1}" in out.stderr
    with sqlite3.connect(copy) as db:
        db.execute("DELETE FROM audit WHERE id >= ?", (last - 1,))
    out = operator.run("audit", "verify", copy)
    assert out.returncode == 1 and "missing at its end" in out.stderr
    with sqlite3.connect(copy) as db:  # and the forger thinks of that, too
        db.execute("UPDATE meta SET value = (SELECT generation_after FROM audit ORDER BY id DESC) "
                   "WHERE key = 'generation'")
    assert operator.run("audit", "verify", copy).returncode == 0
    assert operator.run("audit", "verify", copy, "--head", operator.json("audit", "verify")["head"]).returncode == 1
    assert operator.run("audit", "verify", copy, "--head", "12").returncode == 2
    assert operator.run("audit", "verify", operator.config).returncode == 1


def test_the_audit_log_is_listed_since_a_time(operator):
    add(operator, "x.de")
    assert "add x.de." in operator.run("audit", "list", "--since", "1h").stdout
    assert operator.run("audit", "list", "--since", "2090-01-01T00:00:00Z").stdout == ""
    assert operator.run("audit", "list", "--since", "noon").returncode == 2


FAKETIME = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")


@pytest.mark.skipif(not FAKETIME, reason="needs faketime")
@pytest.mark.parametrize("jump", ["+86400", "-86400"])
def test_a_jump_of_the_wall_clock_ends_no_nta_and_prolongs_none(tmp_path, jump):
    clock = tmp_path / "clock"
    clock.write_text("+0\n")
    env = {"LD_PRELOAD": FAKETIME[0], "FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1",
           "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    one = Operator(tmp_path, env=env)
    if world.program("holdfast-controlplane").startswith(world.PROGRAMS_ASAN):
        pytest.skip("ASan wants to be the first library that is loaded")
    add(one, "long.de", "--for", "1h")
    add(one, "short.de", "--for", "6s")
    end = one.json("nta", "show", "long.de")["nta"]["expires"]
    clock.write_text(f"{jump}\n")
    time.sleep(2.5)  # seen within a second
    listed = {n["name"]: n for n in one.json("nta", "list")["ntas"]}
    assert sorted(listed) == ["long.de.", "short.de."]
    assert abs(listed["long.de."]["expires"] - (end + int(jump))) <= 1
    assert 3580 < listed["long.de."]["left_s"] <= 3600
    assert one.actions()[-1] == "clock"
    time.sleep(6.5)  # whole seconds of both clocks: it may be two late
    assert [n["name"] for n in one.json("nta", "list")["ntas"]] == ["long.de."]
    assert one.run("audit", "verify").returncode == 0
    assert one.stop() == 0


@pytest.mark.parametrize("theirs,ours", [
    (["insecure_add", "de"], "nta add de --for 1h --reason TEXT"),
    (["insecure_remove", "de"], "nta remove de"),
    (["list_insecure"], "nta list"),
    (["nta", "-lifetime", "7200", "de"], "nta add de --for 2h --reason TEXT"),
    (["nta", "-lifetime", "PT90M", "-force", "de", "internal"], "nta add de --for 90m --force --reason TEXT"),
    (["nta", "-remove", "de"], "nta remove de"),
    (["nta", "-dump"], "nta list"),
    (["add-nta", "x.de", "bad", "signatures"], "nta add x.de --for 1h --reason 'bad signatures'"),
    (["add-nta", "$(reboot)", "it's"], "nta add NAME --for 1h --reason TEXT"),
    (["clear-nta", "de", "se"], "nta remove de; holdfastctl nta remove se"),
    (["trust_anchors.set_insecure({ 'bad.boy', 'x.example' })"],
     "nta add bad.boy --for 1h --reason TEXT; holdfastctl nta add x.example --for 1h --reason TEXT"),
    (["dig", "www.de", "AAAA"], "trace www.de AAAA"),
    (["local_zone", "x.de", "static"], "local-zones in the configuration"),
    (["flush_zone", "de"], "a push flushes nothing")])
def test_what_peers_spell_is_answered_with_the_right_command(theirs, ours):
    out = subprocess.run([world.program("holdfastctl"), "--socket", "/nonexistent", *theirs],
                         capture_output=True, text=True)
    assert out.returncode == 2 and ours in out.stderr, out.stderr
