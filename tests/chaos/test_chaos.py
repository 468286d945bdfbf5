"""Stock Celery and hardy through the same hardships, ending in one table.

`make chaos` is the whole; `CHAOS_SCALE=0.01 CHAOS_AFTERWARDS=30 make chaos` a short version. CHAOS_REPORT=path keeps
the table in path.md and path.json while it grows. CHAOS_ONLY="poison,twice" picks hardships by parts of their names,
CHAOS_STACKS="hardy" stacks.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.hardships import AFTERWARDS, HARDSHIPS
from tests.chaos.report import Report, Row
from tests.chaos.stacks import STACKS, Stack
from tests.chaos.trial import on_trial

MEGABYTES = 20


def chosen(names: list[str], variable: str) -> list[str]:
    parts = [part for part in os.environ.get(variable, "").split(",") if part]
    return [name for name in names if not parts or any(part in name for part in parts)]


TRIALS = [
    (hardship, stack)
    for hardship in chosen(list(HARDSHIPS), "CHAOS_ONLY")
    for stack in STACKS
    if stack.name in chosen([stack.name for stack in STACKS], "CHAOS_STACKS")
    # What a proxy does to messages cannot be done where there is no broker.
    if stack.server or not HARDSHIPS[hardship].proxied
]


@pytest.mark.chaos
@pytest.mark.timeout(0)
@pytest.mark.parametrize(
    ("hardship", "stack"), TRIALS, ids=[f"{hardship}-{stack.name}" for hardship, stack in TRIALS]
)
def test_hardy_loses_nothing_and_doubles_nothing(
    hardship: str, stack: Stack, report: Report, server: Callable[[str], Any], tmp_path: Path
) -> None:
    under = HARDSHIPS[hardship]
    database, broker = server("postgresql"), server(stack.server) if stack.server else None
    began = time.monotonic()
    with on_trial(stack, database, broker, tmp_path, proxied=under.proxied, doubling=under.doubling) as trial:
        line = under.do(trial)
    row = Row(hardship, stack.name, line, round(time.monotonic() - began, 1))
    report.add(row)
    sys.stdout.write(f"\n{row}\n")

    if stack.is_hardy:
        keeps_its_promises(line)


def keeps_its_promises(line: dict[str, Any]) -> None:
    assert [line.get(column, 0) for column in ("lost", "doubled", "stuck")] == [0, 0, 0]
    assert line.get("done after last kill") != "never", f"not done {AFTERWARDS:.0f} s after the last kill"
    assert line.get("poison starts", 0) <= 3
    assert line.get("grown", 0) < MEGABYTES
    assert "early" not in line.get("started", "")
