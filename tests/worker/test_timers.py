"""A timer that was cancelled costs nothing until its time comes."""

from __future__ import annotations

from kombu.asynchronous.timer import Timer

from hardy.worker.timers import FEW, drop_cancelled


def fired(timer: Timer, count: int) -> None:
    for _ in range(count):
        _, entry = next(iter(timer))
        entry()


def test_what_was_cancelled_goes_and_the_rest_fires_in_its_order():
    timer, seen = Timer(), []
    entries = [timer.call_at(number, seen.append, (number,)) for number in range(3 * FEW)]
    for number, entry in enumerate(entries):
        if number % 3:
            entry.cancel()

    drop_cancelled(timer)

    assert len(timer) == FEW
    fired(timer, FEW)
    assert seen == list(range(0, 3 * FEW, 3))


def test_an_iterator_that_is_under_way_goes_on():
    """Celery's loop holds one for as long as it runs."""
    timer, seen = Timer(), []
    running = iter(timer)
    assert next(running) == (None, None)
    for _ in range(2 * FEW):
        timer.call_at(0, seen.append, ("cancelled",)).cancel()
    timer.call_at(1, seen.append, ("kept",))

    drop_cancelled(timer)
    next(running)[1]()

    assert seen == ["kept"]
