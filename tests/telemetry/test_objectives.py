"""Objectives: how many jobs are late, who is told of it and when, on each database."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import RequestFactory

from hardy.db.clock import present, seconds_from_now
from hardy.ledger.alarm import Alarm
from hardy.ledger.models import Job, Run
from hardy.telemetry import views
from hardy.telemetry.counting import count, objectives
from hardy.telemetry.duties import WatchObjectives
from hardy.telemetry.models import ObjectiveMinute
from hardy.telemetry.objectives import Reading, readings
from hardy.telemetry.parts import parts
from tests.contracts.databases import ALIAS
from tests.dashboard.tasks import alive, running, sent, waits_since
from tests.dead_letters.test_alerting import Hook, hook, listening  # noqa: F401 - a fixture
from tests.telemetry.scraping import of
from tests.telemetry.test_metrics_view import scrape

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def ask(settings: Any) -> Callable[..., None]:
    """A function that writes HARDY["OBJECTIVES"], and other settings."""

    def write(objectives: dict[str, str], **more: Any) -> None:
        settings.HARDY = {**settings.HARDY, "OBJECTIVES": objectives, **more}

    return write


def ran(
    number: int = 1, *, took: float = 1.0, ago: float = 5.0, outcome: str = "succeeded", **fields: Any
) -> None:
    """Write runs that ended so many seconds ago, and so many after they were due."""
    due = {name: seconds_from_now(-ago - took) for name in ("enqueued_at", "due_at", "started_at")}
    said = {
        "task": "orders.place",
        "queue": "checkout",
        "attempt": 1,
        "outcome": outcome,
        "job": "one",
        **due,
        **fields,
    }
    Run.objects.using(ALIAS).bulk_create(
        [Run(finished_at=seconds_from_now(-ago), **said) for _ in range(number)]
    )


def read() -> Reading:
    [one] = readings(present())
    return one


def counted() -> Reading:
    count(objectives())
    return read()


def windows() -> dict[str, tuple[int, int]]:
    return {name: (window.jobs, window.late) for name, window in counted().windows.items()}


def test_jobs_are_late_that_took_longer_than_they_may_from_when_they_were_due(ask):
    ask({"checkout": "5s p99"})
    ran(3, took=4)
    ran(2, took=6)

    assert windows()["5m"] == (5, 2)


def test_a_queue_and_a_task_and_the_begin_of_tasks_names_have_objectives(ask):
    ask({"checkout": "5s p99", "orders.place": "1m p50", "mail.*": "0.5s p99.9"})
    ran(2)
    ran(4, task="mail.send", queue="other")

    count(objectives())

    assert [one.windows["5m"].jobs for one in readings(present())] == [2, 2, 4]
    assert [one.target for one in readings(present())] == [
        "99 % within 5 s",
        "50 % within 1 min",
        "99.9 % within 500 ms",
    ]


def test_what_failed_for_good_is_late_however_soon(ask):
    ask({"checkout": "5s p99"})
    ran(1, outcome="failed")
    ran(1, outcome="rejected")
    ran(1, outcome="lost", error_type="Crashed")

    assert windows()["5m"] == (3, 3)


def test_what_is_tried_again_or_was_cancelled_is_not_counted(ask):
    ask({"checkout": "5s p99"})
    for outcome in ("retried", "snoozed", "replaced", "ignored", "cancelled"):
        ran(1, outcome=outcome)
    ran(1, outcome="lost", error_type="Lost")

    assert windows()["5m"] == (0, 0)


def test_a_job_that_was_retried_is_counted_from_when_it_was_sent_and_one_with_an_eta_from_when_it_was_due(
    ask,
):
    ask({"checkout": "5s p99"})
    ran(1, took=1, attempt=2, enqueued_at=seconds_from_now(-60))
    ran(1, took=1, attempt=1, enqueued_at=seconds_from_now(-3600))

    assert windows()["5m"] == (2, 1)


def test_jobs_that_go_on_for_too_long_are_late_before_they_end(ask):
    ask({"checkout": "5s p99"})
    waits_since(sent("orders.place", queue="checkout"), 60)
    waits_since(running("orders.place"), 60)
    sent("orders.place", queue="checkout", countdown=60)
    Job.objects.using(ALIAS).update(queue="checkout")

    one = counted()

    assert (one.overdue, one.windows["5m"].jobs, one.windows["6h"].late) == (2, 2, 2)


def test_counting_twice_counts_once_and_what_was_committed_late_is_counted_after_all(ask):
    ask({"checkout": "5s p99"})
    ran(2, ago=5)
    assert windows()["1h"] == windows()["1h"] == (2, 0)

    ran(3, ago=35)

    assert windows()["1h"] == (5, 0)


def test_windows_forget(ask):
    ask({"checkout": "5s p99"})
    ran(1, took=9)
    count(objectives())
    ObjectiveMinute.objects.filter(ended=1).update(minute=int(present().timestamp()) // 60 - 30)
    Run.objects.using(ALIAS).all().delete()

    assert windows() == {"5m": (0, 0), "15m": (0, 0), "1h": (1, 1), "6h": (1, 1)}
    assert read().burn_rate("1h") == pytest.approx(100)


def test_a_burn_rate_of_one_is_just_in_time(ask):
    ask({"checkout": "5s p90"})
    ran(9)
    ran(1, took=9)

    one = counted()

    assert one.burn_rate("1h") == pytest.approx(1)
    assert not one.is_missed


def test_one_slow_job_at_night_is_no_incident_and_three_are(ask):
    ask({"checkout": "5s p99"})
    ran(2, took=9)
    assert not counted().is_missed

    ran(1, took=9)

    assert counted().is_missed


def test_without_jobs_nothing_is_missed_and_without_objectives_nothing_is_read(
    ask, django_assert_num_queries
):
    ask({"checkout": "5s p99"})
    assert not counted().is_missed

    ask({})
    with django_assert_num_queries(0, using=ALIAS):
        assert WatchObjectives().tick() == 0
        assert readings(seconds_from_now(0)) == []


# ── who is told ───────────────────────────────────────────────────────────────────────────────────────────────────


def told() -> list[str]:
    return [message.subject for message in mail.outbox]


@pytest.fixture
def by_mail(ask, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mail.outbox = []
    ask({"checkout": "5s p99"}, OBJECTIVE_ALERT={"mail": ["ops@example.com"]})


def let_it_end(later: timedelta = timedelta(minutes=20)) -> None:
    """Let all that was counted, and told, have been so much earlier."""
    for row in ObjectiveMinute.objects.order_by("minute"):
        ObjectiveMinute.objects.filter(pk=row.pk).update(minute=row.minute - 20)
    Run.objects.using(ALIAS).all().delete()
    Alarm.objects.update(sent_at=seconds_from_now(-later.total_seconds()))


def test_people_are_told_once_when_it_is_missed_and_once_when_it_is_met_again(by_mail):
    ran(10, took=9)
    for _ in range(3):
        WatchObjectives().tick()
    assert told() == ["[hardy] checkout is too slow: not 99 % within 5 s"]
    assert (
        "of 10 jobs in the last hour 10 took longer than 5 s or failed (100 %; 1 % may)"
        in mail.outbox[0].body
    )
    assert "hardy jobs --queue checkout" in mail.outbox[0].body

    let_it_end()
    for _ in range(3):
        WatchObjectives().tick()
    assert told()[1:] == ["[hardy] checkout is in time again"]

    ran(10, took=9)
    WatchObjectives().tick()
    assert len(told()) == 3


def test_what_goes_to_and_fro_is_said_less_often(by_mail):
    ran(10, took=9)
    WatchObjectives().tick()
    let_it_end(timedelta(minutes=5))

    WatchObjectives().tick()

    assert len(told()) == 1


def test_nobody_hears_that_all_is_well_who_never_heard_of_anything_else(by_mail):
    ran(10)

    WatchObjectives().tick()

    assert told() == []


def test_programs_and_slack_are_told_in_their_own_way(ask, hook):  # noqa: F811
    with listening() as slack:
        ask({"checkout": "5s p99"}, OBJECTIVE_ALERT={"webhook": hook.url, "slack": slack.url})
        ran(10, took=9)
        WatchObjectives().tick()

    ((_, said),), ((_, slacked),) = hook.heard, slack.heard
    assert (said["event"], said["name"], said["missed"]) == ("objective_missed", "checkout", True)
    assert said["windows"]["1h"] == {"jobs": 10, "late": 10, "burn_rate": 100.0}
    assert list(slacked) == ["text"]
    assert slacked["text"].startswith(
        "*[hardy] checkout is too slow: not 99 % within 5 s*\ncheckout is too slow: of 10"
    )


def test_a_channel_that_fails_is_tried_again_and_the_other_is_not_told_twice(ask, hook, settings, caplog):  # noqa: F811
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mail.outbox = []
    ask({"checkout": "5s p99"}, OBJECTIVE_ALERT={"webhook": hook.url, "mail": ["ops@example.com"]})
    hook.status = 500
    ran(10, took=9)
    WatchObjectives().tick()
    assert "did not get out by webhook" in caplog.text

    hook.status = 204
    WatchObjectives().tick()
    WatchObjectives().tick()

    assert (len(hook.heard), len(told())) == (2, 1)


# ── who sees it ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_it_is_a_part_of_health_in_words_for_somebody_who_was_woken(ask):
    ask({"checkout": "5s p99"})
    alive("checkout")
    ran(10, took=9)
    WatchObjectives().tick()

    part = next(part for part in parts() if part.name == "objectives")

    assert (part.level.word, part.text) == (
        "warning",
        "checkout is too slow: of 10 jobs in the last hour 10 took longer than 5 s or failed (100 %; 1 % may).",
    )
    assert json.loads(views.health(RequestFactory().get("/")).content)["status"] == "warning"


def test_prometheus_reads_burn_rates(ask, settings):
    ask({"checkout": "5s p99", "mail": "1m p95"})
    ran(99)
    ran(1, took=9)
    WatchObjectives().tick()

    said = scrape(settings)

    assert said["hardy_objective_burn_rate"][of(objective="checkout", window="1h")] == pytest.approx(1)
    assert said["hardy_objective_burn_rate"][of(objective="mail", window="5m")] == 0
    assert said["hardy_objective_missed"] == {of(objective="checkout"): 0, of(objective="mail"): 0}
