"""Every stack that the chosen tests need, started together and observed at once; the tests then read and compare."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.brokers.brokers import OWN
from tests.conformance.laboratory import Databases, Laboratory
from tests.conformance.stacks import AGAINST, Stack
from tests.services import SERVICES

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def observed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[Stack, str], Any]]:
    """A function that says what a stack shows of a claim."""
    with ExitStack() as exits:
        laboratories = opened(wanted(request.session.items), exits, tmp_path_factory)

        def observe(stack: Stack, claim: str) -> Any:
            return laboratories[stack].observed(claim)

        yield observe


def wanted(items: list[pytest.Item]) -> dict[Stack, list[str]]:
    """Which claims are observed on which stacks, in the order of the tests."""
    wanted: dict[Stack, dict[str, None]] = {}
    for item in items:
        if HERE in item.path.parents and "observed" in getattr(item, "fixturenames", ()):
            chosen = item.callspec.params  # type: ignore[attr-defined]
            for stack in (AGAINST[chosen["stack"]], chosen["stack"]):
                if all(SERVICES[name].why_missing() is None for name in stack.services):
                    wanted.setdefault(stack, {})[chosen["claim"]] = None
    return {stack: list(claims) for stack, claims in wanted.items()}


def opened(
    claims: dict[Stack, list[str]], exits: ExitStack, folders: pytest.TempPathFactory
) -> dict[Stack, Laboratory]:
    databases = Databases()
    exits.callback(databases.close)
    laboratories = {}
    for stack in claims:
        url = databases.copy()
        exits.callback(databases.drop, url)
        broker = exits.enter_context(OWN[stack.broker]()).url if stack.broker in OWN else "hardy://"
        laboratories[stack] = Laboratory(stack, url, broker, folders.mktemp(stack.name))
        exits.callback(laboratories[stack].close)
    for stack, laboratory in laboratories.items():
        laboratory.observe(claims[stack])
    return laboratories
