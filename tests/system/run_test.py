# SPDX-License-Identifier: BSD-3-Clause
"""What a newcomer types: make run, with and without LAB=1; and Ctrl-C."""
import glob
import os
import re
import signal
import subprocess
import time

import pytest

import world

pytestmark = pytest.mark.skipif(world.missing() is not None, reason=str(world.missing()))
RUN = os.path.join(world.ROOT, "scripts", "run")
PREFIX = "hfrun"


class Terminal:
    """scripts/run with its output in a file, as a person would read it."""

    def __init__(self, path, *command):
        self.path = path
        self.before = set(glob.glob("/run/holdfast-run-*"))
        with open(path, "wb") as out:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=world.ROOT,
                env={**os.environ, "O": world.PROGRAMS, "HF_LAB": PREFIX,
                     "HF_LAB_DIR": f"/run/holdfast-lab/{PREFIX}"})

    def text(self):
        return self.path.read_text(errors="replace")

    def wait_for(self, text, seconds=60):
        deadline = time.monotonic() + seconds
        while text not in self.text():
            assert self.process.poll() is None, self.text()
            assert time.monotonic() < deadline, self.text()
            time.sleep(0.05)

    def interrupt(self, number=signal.SIGINT):
        self.process.send_signal(number)
        assert self.process.wait(timeout=40) == 0, self.text()

    def left_behind(self):
        names = subprocess.run(["ip", "netns"], capture_output=True, text=True, check=True).stdout
        return [n for n in names.split() if n.startswith(PREFIX + "-")] + \
            sorted(set(glob.glob("/run/holdfast-run-*")) - self.before)


def test_with_lab_a_resolved_name_is_shown_and_ctrl_c_leaves_nothing(tmp_path):
    terminal = Terminal(tmp_path / "out", RUN, "--lab")
    terminal.wait_for("Ctrl-C ends it")
    shown = terminal.text()
    assert re.search(r"flags: qr rd ra ad;", shown) and "www.signed.de.\t" in shown and "RRSIG" in shown
    asked = subprocess.run(["ip", "netns", "exec", f"{PREFIX}-cli", "dig", "@" + world.V4, "+short",
                            "www.unsigned.de"], capture_output=True, text=True, timeout=20, check=True)
    assert asked.stdout.startswith("198.18.")
    control = re.search(r"--socket (\S+)", shown).group(1)
    status = subprocess.run([f"{world.PROGRAMS}/holdfastctl", "--socket", control, "status"],
                            capture_output=True, text=True, check=False)
    assert status.returncode == 0, status.stdout
    terminal.interrupt()
    assert terminal.left_behind() == []


@pytest.mark.parametrize("after_s", [0.0, 2.0, 4.0])
def test_interrupted_while_it_starts_it_leaves_nothing(tmp_path, after_s):
    terminal = Terminal(tmp_path / "out", RUN, "--lab")
    terminal.wait_for("starting")
    time.sleep(after_s)
    terminal.interrupt(signal.SIGHUP if after_s == 2.0 else signal.SIGINT)
    assert "Traceback" not in terminal.text()
    assert terminal.left_behind() == []


def test_without_lab_and_without_a_root_server_it_says_so_and_points_to_the_lab(tmp_path):
    """In a network namespace of its own: nothing reaches the real internet."""
    netns = f"{PREFIX}-alone"
    subprocess.run(["ip", "netns", "add", netns], check=True)
    try:
        subprocess.run(["ip", "-n", netns, "link", "set", "lo", "up"], check=True)
        terminal = Terminal(tmp_path / "out", "ip", "netns", "exec", netns, RUN)
        terminal.wait_for("Ctrl-C ends it")
        assert "No root server answers" in terminal.text() and "make run LAB=1" in terminal.text()
        terminal.interrupt()
        assert [x for x in terminal.left_behind() if x != netns] == []
    finally:
        subprocess.run(["ip", "netns", "del", netns], check=False)
