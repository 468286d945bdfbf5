"""Nothing that anybody sends stops anybody else.

Whatever is sent, stands in a row or comes out of a broker: it is refused where it is sent, runs, or becomes a dead
letter; good jobs run right after it; and the worker is never restarted. HARDY_FUZZ is how many inputs are tried on each
stack, in each of the three ways; `make fuzz` tries 100,000 in all and prints the table of docs/reliability.md.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.brokers.kinds import RABBITMQ, REDIS
from tests.fuzz import inputs
from tests.fuzz.stand import Stand

pytestmark = pytest.mark.fuzz

Input = TypeVar("Input")

#: Inputs of each test: half of them from the corpus, half made up.
INPUTS = int(os.environ.get("HARDY_FUZZ", "100"))
#: Inputs between two looks at the worker.
BATCH = 50
#: Another seed thins the corpus in another way.
SEED = int(os.environ.get("HARDY_FUZZ_SEED", "0"))


def test_no_option_stops_anybody(stand: Stand, kind: str) -> None:
    def send(batch: list[inputs.Sent]) -> None:
        stand.send(batch, together=len(batch[0][1]) % 2 == 0)

    of_the_corpus(inputs.FOUND_OPTIONS, inputs.every_option(), send)
    made_up(inputs.sent, send)
    tell(kind, "options", stand)


def test_no_row_stops_anybody(stand: Stand, kind: str) -> None:
    of_the_corpus(inputs.FOUND_ROWS, inputs.every_row(), stand.insert)
    made_up(inputs.rows, stand.insert)
    tell(kind, "rows", stand)


@pytest.mark.parametrize("kind", [REDIS, RABBITMQ])
def test_no_message_stops_anybody(stand: Stand, kind: str) -> None:
    of_the_corpus(inputs.FOUND_MESSAGES, inputs.every_message(), stand.deliver)
    made_up(inputs.messages, stand.deliver)
    tell(kind, "messages", stand)


def of_the_corpus(found: list[Input], corpus: list[Input], attempt: Callable[[list[Input]], None]) -> None:
    """Try what was once found, and of the corpus as much as was asked for."""
    random.Random(SEED).shuffle(corpus)
    chosen = [*found, *corpus[: INPUTS // 2]]
    for start in range(0, len(chosen), BATCH):
        attempt(chosen[start : start + BATCH])


def made_up(strategy: st.SearchStrategy[Any], attempt: Callable[[list[Any]], None]) -> None:
    """Try what Hypothesis makes up: the same every time, until HARDY_FUZZ_SEED says otherwise."""

    @settings(
        max_examples=max(1, (INPUTS - INPUTS // 2) // BATCH), derandomize=not SEED, database=None, deadline=None,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.lists(strategy, min_size=BATCH, max_size=BATCH))
    def try_one(batch: list[Any]) -> None:
        attempt(batch)

    try_one()


def tell(kind: str, what: str, stand: Stand) -> None:
    """Add a line to the table, if there is one. What is no 0 in it has failed the test before."""
    counts, table = stand.counts, os.environ.get("HARDY_FUZZ_TABLE")
    line = f"| {kind} | {what} | {counts.tried:,} | {counts.refused:,} | {counts.kept:,} | 0 | 0 | 0 |\n"
    if table:
        with Path(table).open("a") as file:
            file.write(line)
