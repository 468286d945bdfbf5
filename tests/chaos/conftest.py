"""The servers of the trials, started once; the trials in the order of the table, which no plugin shuffles."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.chaos import clocks
from tests.chaos.hardships import AFTERWARDS, HARDSHIPS, SCALE
from tests.chaos.report import Report
from tests.chaos.servers import SERVERS, Server, why_missing
from tests.chaos.stacks import STACKS
from tests.services import are_required


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Stacks beside each other under one hardship: whatever the machine is busy with, all of them feel it."""
    places = [place for place, item in enumerate(items) if item.get_closest_marker("chaos")]
    trials = sorted((items[place] for place in places), key=lambda item: _order(item.callspec.params))  # type: ignore[attr-defined]
    for place, trial in zip(places, trials, strict=True):
        items[place] = trial


def _order(params: dict[str, Any]) -> tuple[int, int]:
    return list(HARDSHIPS).index(params["hardship"]), STACKS.index(params["stack"])


@pytest.fixture(scope="session")
def server() -> Iterator[Callable[[str], Server]]:
    """A function that gives the running server of a kind."""
    ended = signal.signal(signal.SIGTERM, signal.default_int_handler)  # a run that is ended cleans up as well
    with ExitStack() as stack:

        @cache
        def give(name: str) -> Server:
            if why := why_missing(name):
                (pytest.fail if are_required() else pytest.skip)(why)
            started = SERVERS[name]()
            stack.callback(started.remove)
            started.start()
            return started

        yield give
    signal.signal(signal.SIGTERM, ended)


@pytest.fixture(scope="session")
def report() -> Iterator[Report]:
    path = os.environ.get("CHAOS_REPORT")
    made = Report(
        list(HARDSHIPS), [stack.name for stack in STACKS], Path(path) if path else None,
        scale=SCALE, afterwards=AFTERWARDS, clocks=clocks.WHY_MISSING or "one worker a minute ahead",
    )  # fmt: skip
    yield made
    sys.stdout.write(f"\n\n{made.as_markdown()}\n")
