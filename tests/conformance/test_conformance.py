"""Hardy does as Celery does: what is seen on stock Celery is seen on hardy, but for what differs on purpose."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.claims import CLAIMS
from tests.conformance.differences import DIFFERENCES
from tests.conformance.stacks import AGAINST, Stack

PAGE = Path(__file__).parents[2] / "docs" / "conformance.md"

Observed = Callable[[Stack, str], Any]

STACKS = [
    pytest.param(stack, id=stack.name, marks=pytest.mark.services(*stack.services)) for stack in AGAINST
]


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("claim", [name for name in CLAIMS if name not in DIFFERENCES])
def test_hardy_does_as_celery_does(claim: str, stack: Stack, observed: Observed) -> None:
    stock, hardy = observed(AGAINST[stack], claim), observed(stack, claim)

    assert stock == CLAIMS[claim].expected, "stock Celery does not do what the claim says"
    assert hardy == stock


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("claim", DIFFERENCES)
def test_hardy_differs_on_purpose(claim: str, stack: Stack, observed: Observed) -> None:
    stock, hardy = observed(AGAINST[stack], claim), observed(stack, claim)

    assert stock == CLAIMS[claim].expected, "stock Celery does not do what the claim says"
    assert hardy == DIFFERENCES[claim].seen
    assert hardy != stock, "it does not differ any more: take it out of the table"


def test_the_page_has_every_difference_with_its_reason_and_no_other() -> None:
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")]

    assert rows[1:] == [f"| {CLAIMS[name].sentence} | {one.why} |" for name, one in DIFFERENCES.items()]
