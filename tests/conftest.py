"""What every test may use."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Any

import pytest

from tests.services import CHROMIUM, SERVICES, Service, are_required

#: Fixtures that more than one folder uses.
pytest_plugins = [
    "tests.fixtures.ledger",
    "tests.fixtures.desks",
    "tests.fixtures.depots",
    "tests.fixtures.plants",
    "tests.fixtures.vendors",
    "tests.fixtures.distribution",
]

# An environment that was installed before hardy had a plugin does not know of it.
if not entry_points(group="pytest11", name="hardy"):
    pytest_plugins.append("hardy.testing.plugin")

#: Folders whose tests share something dear to start: with several testers (`-n`) one of them runs all of a folder's.
TOGETHER = ("browser", "conformance")
#: Those whose tests of one stack do.
TOGETHER_BY_STACK = ("fuzz",)


def pytest_configure(config: pytest.Config) -> None:
    """Compile each module once, not in each of the many processes that the suite starts.

    Where Python is told to write no bytecode, as in many containers, a tenth of a worker's start would go into that.
    The folder is one that `make clean` removes; the source tree stays as it is.
    """
    if sys.dont_write_bytecode:
        bytecode = str(config.rootpath / ".pytest_cache" / "bytecode")
        sys.dont_write_bytecode, sys.pycache_prefix = False, bytecode
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = bytecode


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep the tests of such a folder together. (pytest-xdist 3.8 does not see its own marks with pytest 9.2.)"""
    from xdist.scheduler import LoadGroupScheduling

    class FoldersTogether(LoadGroupScheduling):
        def _split_scope(self, nodeid: str) -> str:
            folder = nodeid.split("/")[1]
            if folder in TOGETHER_BY_STACK:
                return f"{folder}[{nodeid.rpartition('[')[2]}"
            return folder if folder in TOGETHER else nodeid

    return FoldersTogether(config, log) if config.getvalue("dist") == "loadgroup" else None


def pytest_runtest_setup(item: pytest.Item) -> None:
    for service in services_of(item):
        if why := service.why_missing():
            if are_required():
                pytest.fail(why, pytrace=False)
            pytest.skip(why)


def services_of(item: pytest.Item) -> list[Service]:
    """The servers in a test's marks: ``@pytest.mark.services("redis")``, ``@pytest.mark.browser``."""
    named = [SERVICES[name] for mark in item.iter_markers("services") for name in mark.args]
    return [*named, CHROMIUM] if item.get_closest_marker("browser") else named


@pytest.fixture
def free_port() -> Callable[[], int]:
    """A function that answers with a port on which nobody listens, another one at each call."""
    given: set[int] = set()

    def choose() -> int:
        while True:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                port = probe.getsockname()[1]
            if port not in given:
                given.add(port)
                return port

    return choose
