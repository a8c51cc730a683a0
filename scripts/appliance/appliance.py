# SPDX-License-Identifier: BSD-3-Clause
"""Start and stop holdfast-dataplane and holdfast-controlplane, in a network namespace or not.

Used by scripts/run (a person looks on) and by tests/system (a test looks on). Only processes
started here are ever signalled, by pid.
"""
import contextlib
import ctypes
import json
import os
import shutil
import signal
import subprocess
import time
import zlib

SERVICE = ("192.0.2.53", "2001:db8:53::53")
EXCEPTION_UP = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                            "exception-up")


class ApplianceError(Exception):
    pass


PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


def end_with_parent():
    """In the child: if whoever started us is killed, nothing stays behind."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def port_devargs(kind, iface):
    """Devargs of a DPDK port: af_packet, af_xdp or tap."""
    return f"net_{kind}0,iface={iface}"


class Appliance:
    """state: a directory of its own. netns: where both processes live (None: here).
    exception: TCP to the service addresses is answered, in a namespace of this appliance."""

    def __init__(self, programs, state, port, *, netns=None, workers=1, hints=None, anchors=None,
                 listen=(), cache="64MiB", options=None, dataplane_args=(), exception=True):
        self.programs = os.path.abspath(programs)
        self.state = state
        self.port = port
        self.netns = netns
        self.workers = workers
        self.hints = hints
        self.anchors = anchors
        self.listen = list(listen)
        self.cache = cache
        self.options = options or {}
        self.dataplane_args = list(dataplane_args)
        self.processes = {}
        # Its names are made from the state directory: several appliances live side by side.
        self.exception = f"hfx{zlib.crc32(os.path.abspath(state).encode()):08x}" if exception else None
        self.exception_netns = f"holdfast-{self.exception}"
        os.makedirs(state, exist_ok=True)
        self.config = os.path.join(state, "holdfast.yaml")
        self.link = os.path.join(state, "link.sock")
        self.control = os.path.join(state, "control.sock")

    # --- files

    def write_config(self):
        sections = {
            "link": {"socket": self.link},
            "control": {"socket": self.control},
            "dataplane": {"ports": [self.port], "service-addresses": list(SERVICE),
                          "workers": self.workers, "cache-size": self.cache},
            "policy": {"store": os.path.join(self.state, "policy.db")},
        }
        if self.exception:
            sections["dataplane"]["exception"] = self.exception
            sections["service-tcp"] = {"netns": f"/run/netns/{self.exception_netns}"}
        if self.hints:
            sections["resolver"] = {"root-hints": self.hints}
        if self.anchors:
            sections["validation"] = {"trust-anchors": list(self.anchors)}
        for section, keys in self.options.items():
            sections.setdefault(section, {}).update(keys)
        with open(self.config, "w", encoding="ascii") as f:
            f.write("listen: " + json.dumps(self.listen) + "\n")
            for section, keys in sections.items():
                f.write(section + ":\n")
                for key, value in keys.items():
                    text = json.dumps(value) if isinstance(value, list) else value
                    f.write(f"  {key}: {text}\n")

    def write_arguments(self):
        out = subprocess.run([self.program("holdfastctl"), "config", "dataplane", self.config],
                             check=True, capture_output=True, text=True).stdout
        path = os.path.join(self.state, "dataplane.args")
        with open(path, "w", encoding="ascii") as f:
            f.write(out + "".join(a + "\n" for a in self.dataplane_args))
        return path

    # --- processes

    def program(self, name):
        return os.path.join(self.programs, name)

    def inside(self, *command):
        return (["ip", "netns", "exec", self.netns] if self.netns else []) + list(command)

    def log_path(self, name):
        return os.path.join(self.state, name + ".log")

    def log(self, name):
        with open(self.log_path(name), encoding="utf-8", errors="replace") as f:
            return f.read()

    def spawn(self, name, *arguments, env=None):
        with open(self.log_path(name), "ab") as log:
            self.processes[name] = subprocess.Popen(
                self.inside(self.program("holdfast-" + name), *arguments), stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, env={**os.environ, **(env or {})}, start_new_session=True,
                preexec_fn=end_with_parent)

    def start_dataplane(self):
        self.write_config()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.link)  # of one that was killed
        self.spawn("dataplane", "--args-file", self.write_arguments())
        self.wait_for(lambda: os.path.exists(self.link), "dataplane", 30)
        self.exception_up()

    def exception_up(self):
        if not self.exception:
            return
        where = ["--in", self.netns] if self.netns else []
        p = subprocess.run([EXCEPTION_UP, *where, self.exception, self.exception_netns, *SERVICE],
                           check=False, capture_output=True, text=True, timeout=30)
        if p.returncode != 0:
            raise ApplianceError(f"exception-up: {p.stderr}")

    def exception_down(self):
        if self.exception and os.path.exists(f"/run/netns/{self.exception_netns}"):
            subprocess.run(["ip", "netns", "del", self.exception_netns], check=False,
                           capture_output=True)

    def start_controlplane(self, env=None, ok=(0,)):
        """ok: with 4 it need not have heard anything sound of the dataplane."""
        self.spawn("controlplane", "--config", self.config, env=env)
        self.wait_for(lambda: self.ctl("status", check=False).returncode in ok, "controlplane", 30)

    def start(self):
        self.start_dataplane()
        self.start_controlplane()

    def wait_for(self, ready, name, seconds):
        deadline = time.monotonic() + seconds
        while not ready():
            if self.processes[name].poll() is not None:
                raise ApplianceError(f"holdfast-{name} ended: {self.log(name)[-2000:]}")
            if time.monotonic() > deadline:
                raise ApplianceError(f"holdfast-{name} is not ready: {self.log(name)[-2000:]}")
            time.sleep(0.02)

    def pid(self, name):
        return self.processes[name].pid

    def kill(self, name, sig=signal.SIGKILL):
        p = self.processes.pop(name)
        p.send_signal(sig)
        p.wait(timeout=20)
        return p.returncode

    def stop(self):
        """Ask both to end; returns their exit codes. What does not end is killed."""
        codes = {}
        for name in ("controlplane", "dataplane"):
            if name not in self.processes:
                continue
            p = self.processes[name]
            p.terminate()
            try:
                p.wait(timeout=20)
            except subprocess.TimeoutExpired:
                p.kill()
                p.wait()
            codes[name] = self.processes.pop(name).returncode
        self.exception_down()
        return codes

    def remove(self):
        self.stop()
        shutil.rmtree(self.state, ignore_errors=True)

    # --- the operator's command

    def ctl(self, *arguments, check=True):
        return subprocess.run([self.program("holdfastctl"), "--socket", self.control, *arguments],
                              check=check, capture_output=True, text=True, timeout=30)

    def ctl_json(self, *arguments, ok=(0,)):
        p = self.ctl("--json", *arguments, check=False)
        if p.returncode not in ok:
            raise ApplianceError(f"holdfastctl {arguments}: exit {p.returncode}: {p.stderr}")
        return json.loads(p.stdout)["result"]

    def counters(self):
        """Counters of all cores and the writer together."""
        return self.ctl_json("stats")["dataplane"]["total"]
