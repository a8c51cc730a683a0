# SPDX-License-Identifier: BSD-3-Clause
import os
import subprocess

import pytest


def pytest_report_header():
    kernel = os.uname().release
    return f"holdfast: kernel {kernel}, {os.cpu_count()} CPUs, root {os.geteuid() == 0}"


def pytest_terminal_summary(terminalreporter):
    """Skips are told loudly: what a machine lacks, a reader must see."""
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        terminalreporter.write_line(f"SKIPPED {report.nodeid}: {reason}")


def pytest_sessionfinish(session):
    """`make test` has built and installed everything: there, a test that misses it has failed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or "HF_TEST_ALL" not in os.environ:
        return
    for report in reporter.stats.get("skipped", []):
        if "not built" in str(report.longrepr) or "needs " in str(report.longrepr):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def world_lab():
    """One lab for all end-to-end tests of a run."""
    import world

    why = world.missing()
    if why:
        pytest.skip(why)
    lab = world.Lab(os.environ.get("HF_TEST_LAB", "hfsys") + os.environ.get("PYTEST_XDIST_WORKER", "")[-1:])
    try:
        lab.up()
    except subprocess.CalledProcessError as e:
        pytest.fail(f"lab up: {e.stderr}")
    yield lab
    lab.down()


@pytest.fixture(scope="module", params=["af_packet", "af_xdp", "tap"])
def on_port(request, world_lab, tmp_path_factory):
    """(lab, appliance, kind) with the dataplane on this kind of port."""
    import world

    kind = request.param
    workers = 1 if kind == "tap" else 2
    state = tmp_path_factory.mktemp(kind)
    secrets = state / "cookie-secrets"
    secrets.write_text(f"{kind.encode().hex():0<32}\n")
    secrets.chmod(0o600)
    appliance = world.make_appliance(world_lab, kind, state, workers=workers,
                                     options={"cookies": {"secrets": str(secrets)}})
    try:
        appliance.start_dataplane()
        if kind == "tap":
            world.move_tap_to_client(world_lab)
        appliance.start_controlplane()
        yield world_lab, appliance, kind
        assert appliance.stop() == {"controlplane": 0, "dataplane": 0}
    finally:
        appliance.stop()
        if kind == "tap":
            world.restore_client(world_lab)


@pytest.fixture(scope="module")
def port(on_port):
    """(lab, appliance, client): the same and who asks it."""
    import world

    lab, appliance, _ = on_port
    client = world.Client(lab.cli)
    yield lab, appliance, client
    client.close()
