"""Stock Celery and hardy through the same hardships, ending in one table.

`make chaos` is the whole; `CHAOS_SCALE=0.01 CHAOS_AFTERWARDS=30 make chaos` a short version.
CHAOS_ONLY="poison,twice" picks hardships by parts of their names.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.hardships import HARDSHIPS
from tests.chaos.stacks import Stack, on_each_stack
from tests.chaos.trial import on_trial

COLUMNS = (
    "asked", "ended", "lost", "stuck", "doubled", "recovery p50/max", "poison starts", "longest .delay()",
    "worker grew",
)  # fmt: skip
ONLY = [part for part in os.environ.get("CHAOS_ONLY", "").split(",") if part]


@pytest.fixture(scope="session")
def table() -> Iterator[list[tuple[str, str, dict[str, Any]]]]:
    rows: list[tuple[str, str, dict[str, Any]]] = []
    yield rows
    sys.stdout.write(f"\n\n{rendered(rows)}\n")


def rendered(rows: list[tuple[str, str, dict[str, Any]]]) -> str:
    """A Markdown table, the stacks of one hardship together."""
    lines = [f"| hardship | stack | {' | '.join(COLUMNS)} |", f"|---|---|{'---|' * len(COLUMNS)}"]
    for name, stack, line in sorted(rows, key=lambda row: list(HARDSHIPS).index(row[0])):
        lines.append(f"| {name} | {stack} | {' | '.join(str(line.get(column, '')) for column in COLUMNS)} |")
    return "\n".join(lines)


@pytest.mark.chaos
@pytest.mark.timeout(0)
@on_each_stack
@pytest.mark.parametrize(
    "hardship", [name for name in HARDSHIPS if not ONLY or any(part in name for part in ONLY)]
)
def test_hardy_loses_nothing_and_doubles_nothing(
    hardship: str, stack: Stack, table: Any, tmp_path: Path
) -> None:
    with on_trial(stack, tmp_path, doubling=hardship == "every message twice") as trial:
        line = HARDSHIPS[hardship](trial)
    if line is None:
        pytest.skip("there is no broker")
    table.append((hardship, stack.name, line))
    sys.stdout.write(f"\n{hardship} | {stack.name} | {line}\n")

    if stack.is_hardy and "lost" in line:
        assert (line["lost"], line["stuck"], line["doubled"]) == (0, 0, 0)
        assert line.get("poison starts", 0) <= 3
