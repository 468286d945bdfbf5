from __future__ import annotations

from datetime import timedelta

import pytest

from hardy.db import pruning
from hardy.db.clock import seconds_from_now
from hardy.ledger.finish import End, finish
from hardy.ledger.models import DeadLetter, Run
from hardy.records.duties import Prune
from hardy.worker.runner import DutyRunner
from tests.contracts.databases import ALIAS
from tests.contracts.rows import holder, started
from tests.waiting import until

DAY = 24 * 3600.0

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def kind() -> str:
    return "sqlite"


def ended(id: str, outcome: str, days_ago: float, reason: str = "") -> None:
    finish(holder(started(id)), End(outcome, reason=reason))
    Run.objects.using(ALIAS).filter(job=id).update(finished_at=seconds_from_now(-days_ago * DAY))
    DeadLetter.objects.using(ALIAS).filter(job=id).update(died_at=seconds_from_now(-days_ago * DAY))


def runs() -> set[str]:
    return set(Run.objects.using(ALIAS).values_list("job", flat=True))


def test_each_outcome_is_kept_for_its_own_time(settings):
    settings.HARDY = {
        **settings.HARDY,
        "RUN_RETENTION": {"succeeded": timedelta(days=1), "failed": timedelta(days=10)},
    }
    for outcome, days in [("succeeded", 2), ("succeeded", 0.5), ("failed", 2), ("failed", 11)]:
        ended(f"{outcome} {days}", outcome, days)

    assert Prune().tick() == 2
    assert runs() == {"succeeded 0.5", "failed 2"}
    assert Prune().tick() == 0


def test_dead_letters_are_kept_for_their_time(settings):
    settings.HARDY = {**settings.HARDY, "DEAD_RETENTION": timedelta(days=5)}
    ended("old", "failed", 6, reason="failed")
    ended("new", "failed", 4, reason="failed")

    assert Prune().tick() == 1
    assert [letter.job for letter in DeadLetter.objects.using(ALIAS).all()] == ["new"]


def test_dead_letters_may_be_kept_until_a_person_discards_them(settings):
    settings.HARDY = {**settings.HARDY, "DEAD_RETENTION": None}
    ended("old", "failed", 20, reason="failed")

    assert Prune().tick() == 0
    assert DeadLetter.objects.using(ALIAS).count() == 1


def test_a_tick_deletes_no_more_than_its_chunks_and_says_that_more_is_left(monkeypatch):
    monkeypatch.setattr(pruning, "CHUNK", 2)
    monkeypatch.setattr(pruning, "CHUNKS", 2)
    for number in range(5):
        ended(f"job-{number}", "succeeded", 100)
    prune = Prune()

    assert [(prune.tick(), prune.has_more), (prune.tick(), prune.has_more)] == [(4, True), (1, False)]


def test_one_worker_prunes_until_nothing_expired_is_left(monkeypatch):
    monkeypatch.setattr(pruning, "CHUNK", 1)
    monkeypatch.setattr(pruning, "CHUNKS", 1)
    for number in range(5):
        ended(f"job-{number}", "succeeded", 100)
    ended("kept", "succeeded", 0)
    one, other = (DutyRunner([Prune()], holder=name) for name in ("one", "other"))

    one.start()
    other.start()
    try:
        until(lambda: runs() == {"kept"}, seconds=20)  # at a minute a row it would take five
    finally:
        one.stop()
        other.stop()
