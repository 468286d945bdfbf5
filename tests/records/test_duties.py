from __future__ import annotations

from datetime import timedelta

import pytest

from hardy.db.clock import seconds_from_now
from hardy.ledger.finish import End, finish
from hardy.ledger.models import DeadLetter, Run
from hardy.records import duties
from hardy.records.duties import Prune
from tests.contracts.databases import ALIAS
from tests.contracts.rows import holder, started

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


def test_one_tick_deletes_no_more_than_its_chunks(monkeypatch):
    monkeypatch.setattr(duties, "CHUNK", 2)
    monkeypatch.setattr(duties, "CHUNKS", 2)
    for number in range(5):
        ended(f"job-{number}", "succeeded", 100)

    assert [Prune().tick(), Prune().tick(), Prune().tick()] == [4, 1, 0]


def test_only_one_process_prunes():
    assert Prune.leader_only
