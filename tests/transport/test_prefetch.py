"""How far a worker looks ahead: the numbers, by a clock that the test winds."""

from __future__ import annotations

from hardy.ledger.reserve import Reserved
from hardy.transport.prefetch import MOST, PrefetchBuffer


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def rows(count: int, first: int = 0) -> list[Reserved]:
    return [Reserved(f"job-{number}", "default", 0, 0, "{}") for number in range(first, first + count)]


def taking(ahead: PrefetchBuffer, clock: Clock, *, every: float, rounds: int) -> list[int]:
    """Have room for two rows again and again, and return how many were taken along each time."""
    sizes = []
    for _ in range(rounds):
        more = ahead.worth_taking()
        sizes.append(more)
        ahead.keep(rows(2 + more), room=2)
        while ahead:
            clock.now += every
            ahead.next(2)
        clock.now += every
    return sizes


def test_the_first_rows_come_alone():
    assert PrefetchBuffer(Clock()).worth_taking() == 0


def test_short_tasks_have_ever_more_taken_along_up_to_a_limit():
    clock = Clock()

    sizes = taking(PrefetchBuffer(clock), clock, every=0.001, rounds=12)

    assert sizes[:5] == [0, 1, 3, 7, 15]
    assert sizes[-1] == MOST


def test_long_tasks_have_nothing_taken_along():
    clock = Clock()

    assert taking(PrefetchBuffer(clock), clock, every=2.0, rounds=5) == [0] * 5


def test_no_more_is_taken_along_than_runs_within_the_horizon():
    clock = Clock()

    assert max(taking(PrefetchBuffer(clock), clock, every=0.02, rounds=20)) <= 5


def test_after_a_mistake_nothing_is_taken_along_at_first():
    ahead = PrefetchBuffer(clock := Clock())
    taking(ahead, clock, every=0.001, rounds=12)
    assert ahead.keep(rows(5), room=2) == rows(2)
    assert ahead.ids == ["job-2", "job-3", "job-4"]

    ahead.clear()

    assert (len(ahead), ahead.worth_taking()) == (0, 1)
