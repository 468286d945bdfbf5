"""What has expired goes, by outcome and by task, on each database; what is kept for longer costs nothing each time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test.utils import CaptureQueriesContext

from hardy.conf import settings as hardy_settings
from hardy.db.clock import seconds_from_now
from hardy.ledger.models import Run
from hardy.records import sweeping
from hardy.records.duties import Prune
from hardy.records.expiring import expired_history
from hardy.records.retention import Retention
from tests.contracts.databases import ALIAS

pytestmark = pytest.mark.usefixtures("ledger")

DAY = timedelta(days=1)


def ran(task: str, days: float, outcome: str = "succeeded", count: int = 1) -> None:
    """Write runs of a task that ended so many days ago, all at one moment."""
    times = dict.fromkeys(
        ("enqueued_at", "due_at", "started_at", "finished_at"), seconds_from_now(-days * 86_400)
    )
    about = {"task": task, "queue": "default", "outcome": outcome, "attempt": 1}
    runs = [Run(job=f"{task} {outcome} {days:g}", **about, **times) for _ in range(count)]
    Run.objects.using(ALIAS).bulk_create(runs)


def left() -> list[str]:
    return sorted(Run.objects.using(ALIAS).values_list("job", flat=True))


@pytest.fixture
def keep(settings: Any) -> Any:
    def keep(**retention: Any) -> None:
        settings.HARDY = {**settings.HARDY, **retention}

    return keep


def test_a_task_may_be_kept_for_less_and_for_longer_than_its_outcome(keep):
    keep(TASK_RETENTION={"mail.*": 1 * DAY, "pay.charge": 365 * DAY}, RUN_RETENTION={"succeeded": 7 * DAY})
    for task in ("mail.send", "pay.charge", "pay.refund"):
        for days in (0.5, 2, 8, 366):
            ran(task, days)

    assert Prune().tick() == 3 + 1 + 2
    assert left() == [
        "mail.send succeeded 0.5",
        *(f"pay.charge succeeded {days}" for days in ("0.5", "2", "8")),
        *(f"pay.refund succeeded {days}" for days in ("0.5", "2")),
    ]


def test_of_one_task_each_outcome_may_have_its_own_time(keep):
    keep(TASK_RETENTION={"mail.send": {"failed": 1 * DAY}})
    for outcome in ("succeeded", "failed"):
        ran("mail.send", 2, outcome)

    assert Prune().tick() == 1
    assert left() == ["mail.send succeeded 2"]


def test_of_two_rules_the_longer_name_decides_and_a_whole_name_before_any_begin(keep):
    keep(TASK_RETENTION={"*": 2 * DAY, "mail.*": 5 * DAY, "mail.send": 1 * DAY, "mail.send_*": 9 * DAY})
    period = hardy_settings.derived(Retention.of).period

    tasks = {"other": 2, "mail.post": 5, "mail.send": 1, "mail.send_all": 9}
    assert {task: period("failed", task).days for task in tasks} == tasks


def test_what_is_kept_is_looked_at_once_and_not_at_each_tick(keep, ledger, monkeypatch):
    monkeypatch.setattr(sweeping, "READ", 3)
    keep(TASK_RETENTION={"pay.*": 365 * DAY}, RUN_RETENTION={"succeeded": 7 * DAY})
    ran("pay.charge", 30, count=10)
    ran("mail.send", 8, count=2)
    prune = Prune()

    assert prune.tick() == 2
    ran("mail.send", 7.5)
    with CaptureQueriesContext(ledger) as said:
        assert prune.tick() == 1

    reads = [query["sql"] for query in said.captured_queries if "succeeded" in query["sql"]]
    assert len(reads) == 2  # one for each period
    assert len(left()) == 10


def test_a_sweep_that_was_interrupted_goes_on_where_it_was(keep, monkeypatch):
    monkeypatch.setattr(sweeping, "READ", 2)
    monkeypatch.setattr(sweeping, "CHUNKS", 2)
    keep(TASK_RETENTION={"pay.*": 365 * DAY})
    ran("pay.charge", 30, count=5)
    ran("mail.send", 20, count=3)
    prune = Prune()

    ticks = [(prune.tick(), prune.has_more) for _ in range(3)]

    assert ticks == [(0, True), (3, True), (0, False)]


def test_other_settings_are_heard_at_the_next_tick(keep):
    keep(TASK_RETENTION={"pay.*": 365 * DAY})
    ran("pay.charge", 30)
    prune = Prune()
    assert prune.tick() == 0

    keep(TASK_RETENTION={"pay.*": 365 * DAY, "pay.charge": 2 * DAY})

    assert prune.tick() == 1


def test_what_has_expired_is_counted_with_the_setting_that_says_so(keep):
    keep(TASK_RETENTION={"mail.*": 1 * DAY, "pay.*": {"succeeded": 365 * DAY}})
    ran("mail.send", 2, count=3)
    ran("mail.post", 2, "failed", count=2)
    ran("pay.charge", 30)
    ran("orders.place", 8)

    found = {(one.what, one.why, one.kept.days, one.count) for one in expired_history()}

    assert found == {
        ("succeeded runs", "TASK_RETENTION['mail.*']", 1, 3),
        ("failed runs", "TASK_RETENTION['mail.*']", 1, 2),
        ("succeeded runs", "RUN_RETENTION['succeeded']", 7, 1),
    }
    assert Prune().tick() == sum(count for *_, count in found)
