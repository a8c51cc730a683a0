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
