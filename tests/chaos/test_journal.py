"""What the table's figures are read from."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.chaos.journal import Journal

WORKER, CHILD, OTHER_WORKER, OTHER_CHILD = 10, 11, 20, 21


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal")


def write(journal: Journal, what: str, number: int, child: int = CHILD, worker: int = WORKER) -> float:
    at = time.monotonic()
    with journal.file.open("a") as file:
        file.write(f"{what} {number} {at} {child} {worker}\n")
    return at


@pytest.mark.parametrize("victim", [WORKER, CHILD])
def test_recovery_is_from_the_kill_to_the_next_start_of_what_it_interrupted(
    journal: Journal, victim: int
) -> None:
    write(journal, "start", 1)

    journal.killed(victim)
    again = write(journal, "start", 1, OTHER_CHILD, OTHER_WORKER)

    assert journal.last_kill is not None
    assert journal.read().recoveries() == [pytest.approx(again - journal.last_kill)]


def test_a_kill_interrupts_neither_what_has_ended_nor_what_runs_elsewhere(journal: Journal) -> None:
    write(journal, "start", 1)
    write(journal, "end", 1)
    write(journal, "start", 2, OTHER_CHILD, OTHER_WORKER)

    journal.killed(WORKER)
    write(journal, "start", 1)

    assert journal.read().recoveries() == []
    assert [start.number for start in journal.running()] == [2, 1]


def test_a_line_that_is_half_written_is_read_when_it_is_whole(journal: Journal) -> None:
    journal.file.write_text("start 1 1.0 11 10\nstart 2 2.")
    assert [start.number for start in journal.read().starts] == [1]

    with journal.file.open("a") as file:
        file.write("0 11 10\n")

    assert [(start.number, start.at) for start in journal.read().starts] == [(1, 1.0), (2, 2.0)]
