"""Nothing that anybody sends stops anybody else.

Whatever is sent, stands in a row or comes out of a broker: it is refused where it is sent, runs, or becomes a dead
letter; good jobs run right after it; and the worker is never restarted. Here it is all that was ever found, and a few
more of the kind. HARDY_FUZZ is how many inputs are tried on each stack, in each of the three ways; `make fuzz` tries
100,000 in all, says which input is guilty, and prints the table of docs/reliability.md.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.brokers.kinds import RABBITMQ, REDIS
from tests.fuzz import inputs
from tests.fuzz.stand import Counts, Stand
from tests.fuzz.stands import Act, Stands

#: Inputs of each test beside those that were once found: half of them from the corpus, as far as it goes.
INPUTS = int(os.environ.get("HARDY_FUZZ", "30"))
#: Inputs between two looks at the worker.
BATCH = int(os.environ.get("HARDY_FUZZ_BATCH", "200"))
#: Another seed makes up others, and thins the corpus in another way.
SEED = int(os.environ.get("HARDY_FUZZ_SEED", "0"))
#: Where the table goes; with one, guilty inputs are looked for one by one, and the others tried all the same.
TABLE = os.environ.get("HARDY_FUZZ_TABLE")


def test_no_option_stops_anybody(stands: Stands, kind: str) -> None:
    def send(stand: Stand, batch: list[inputs.Sent]) -> None:
        stand.send(batch, together=len(batch[0][1]) % 2 == 0)

    try_all(stands, kind, "options", send, inputs.FOUND_OPTIONS, inputs.every_option(), inputs.sent)


def test_no_row_stops_anybody(stands: Stands, kind: str) -> None:
    try_all(stands, kind, "rows", Stand.insert, inputs.FOUND_ROWS, inputs.every_row(), inputs.rows)


@pytest.mark.parametrize("kind", [REDIS, RABBITMQ])
def test_no_message_stops_anybody(stands: Stands, kind: str) -> None:
    corpus = inputs.every_message()
    try_all(stands, kind, "messages", Stand.deliver, inputs.FOUND_MESSAGES, corpus, inputs.messages)


def try_all(
    stands: Stands,
    kind: str,
    what: str,
    act: Act,
    found: list[Any],
    corpus: list[Any],
    more: st.SearchStrategy[Any],
) -> None:
    """Try what was once found, of the corpus as much as was asked for, and for the rest what Hypothesis makes up."""
    counts, guilty = Counts(), []
    for batch in batches(found, corpus, more):
        stand = stands.of(kind)
        before = stand.counts.copy()
        try:
            act(stand, batch)
        except AssertionError as error:
            stands.close(kind)
            if not TABLE:
                raise
            guilty += stands.guilty_of(kind, act, batch, str(error))
        counts += stand.counts - before
    tell(kind, what, counts, len(guilty))
    assert not guilty, "\n\n".join(guilty)


def batches(found: list[Any], corpus: list[Any], more: st.SearchStrategy[Any]) -> Iterator[list[Any]]:
    random.Random(SEED).shuffle(corpus)
    chosen = [*found, *corpus[: INPUTS // 2]]
    chosen += made_up(more, len(found) + INPUTS - len(chosen))
    for start in range(0, len(chosen), BATCH):
        yield chosen[start : start + BATCH]


def made_up(strategy: st.SearchStrategy[Any], count: int) -> list[Any]:
    """Return what Hypothesis makes up: the same every time, until HARDY_FUZZ_SEED says otherwise."""
    made: list[Any] = []

    @hypothesis.seed(SEED)
    @settings(
        max_examples=max(1, count), database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(strategy)
    def collect(one: Any) -> None:
        made.append(one)

    collect()
    return made


def tell(kind: str, what: str, counts: Counts, guilty: int) -> None:
    """Add a line to the table, if there is one."""
    if TABLE:
        with Path(TABLE).open("a") as file:
            file.write(
                f"| {kind} | {what} | {counts.tried:,} | {counts.refused:,} | {counts.kept:,} | {guilty} |\n"
            )
