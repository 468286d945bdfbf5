from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections

from hardy.db.leases import is_leader
from hardy.duty import Duty
from hardy.worker.runner import DutyRunner, load_duties
from tests.waiting import until

SOON = timedelta(milliseconds=5)


@pytest.fixture
def kind() -> str:
    return "sqlite"


@pytest.fixture
def roster(app):
    """A function that starts a thread that does these duties, and stops it after the test."""
    rosters: list[DutyRunner] = []

    def start(*duties: Duty, holder: str = "me") -> DutyRunner:
        made = DutyRunner(duties, holder=holder)
        rosters.append(made)
        made.start()
        return made

    yield start
    for made in rosters:
        made.stop()
        assert not made.is_alive()


class Counting(Duty):
    every = SOON

    def __init__(self) -> None:
        self.ticks = 0

    def tick(self) -> int:
        self.ticks += 1
        return 1


class Leading(Counting):
    leader_only = True


class Failing(Counting):
    def tick(self) -> int:
        super().tick()
        raise ZeroDivisionError("half a cart")


def test_a_duty_ticks_again_and_again(roster):
    duty = Counting()
    roster(duty)

    until(lambda: duty.ticks >= 3)


def test_a_duty_that_fails_is_logged_and_ticks_again_and_stops_no_other(roster, caplog):
    failing, counting = Failing(), Counting()
    roster(failing, counting)

    until(lambda: failing.ticks >= 2 and counting.ticks >= 2)
    assert "Duty Failing failed" in caplog.text
    assert "half a cart" in caplog.text


def test_a_leaders_duty_ticks_in_one_process_only(roster):
    mine, theirs, both = Leading(), Leading(), Counting()
    assert is_leader("Leading", "me")

    roster(mine, holder="me")
    roster(theirs, both, holder="them")

    until(lambda: mine.ticks >= 2 and both.ticks >= 2)
    assert theirs.ticks == 0


def test_no_duty_waits_for_a_slow_one_however_many_are_slow(roster):
    may_end = threading.Event()

    class Slow(Counting):
        def tick(self) -> int:
            super().tick()
            may_end.wait(30)
            return 1

    slow, quick = [Slow(), Slow(), Slow()], Counting()

    roster(*slow, quick)

    until(lambda: quick.ticks >= 3 and all(duty.ticks for duty in slow))
    assert [duty.ticks for duty in slow] == [1, 1, 1]  # and no duty ticks twice at once
    may_end.set()


def test_duties_that_are_quick_share_one_thread(roster):
    threads: set[str] = set()

    class Noting(Counting):
        every = timedelta(milliseconds=50)

        def tick(self) -> int:
            threads.add(threading.current_thread().name)
            return super().tick()

    duties = [Noting(), Noting(), Noting()]
    roster(*duties)

    until(lambda: all(duty.ticks >= 3 for duty in duties))
    assert "hardy-duties-0" in threads and len(threads) < 3


def test_stopping_waits_for_the_tick_in_progress(roster):
    began, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    class Slow(Duty):
        every = SOON

        def tick(self) -> int:
            began.set()
            may_end.wait(30)
            ended.set()
            return 1

    made = roster(Slow())
    began.wait(30)
    threading.Timer(0.05, may_end.set).start()

    made.stop(timeout=30)

    assert ended.is_set()
    assert not made.is_alive()


def test_a_roster_that_never_started_stops():
    DutyRunner([Counting()], holder="me").stop()


def test_an_empty_roster_waits_quietly_and_stops(roster):
    made = roster()

    made.stop()

    assert not made.is_alive()


def test_the_thread_leaves_no_connection_behind(roster):
    seen: list[Any] = []

    class Look(Duty):
        every = SOON

        def tick(self) -> int:
            connection = connections["ledger"]
            connection.ensure_connection()
            seen.append(connection)
            return 1

    made = roster(Look())
    until(lambda: seen)
    made.stop()

    assert all(connection.connection is None for connection in seen)


def test_a_duty_is_named_after_its_class_and_pauses_about_as_long_as_it_says():
    class Weekly(Duty):
        every = timedelta(days=7)

    week = timedelta(days=7).total_seconds()
    assert Weekly().name == "Weekly"
    assert {0.9 * week <= Weekly().pause <= 1.1 * week for _ in range(50)} == {True}
    assert len({Weekly().pause for _ in range(50)}) > 1


def test_every_duty_of_the_settings_is_loaded_in_order(settings):
    settings.HARDY = {"DUTIES": ["hardy.records.duties.Prune", "hardy.worker.duties.Sweep"]}

    assert [duty.name for duty in load_duties()] == ["Prune", "Sweep"]
