from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from hardy import events
from hardy.db.clock import seconds_from_now
from hardy.ledger import identity, workers
from hardy.ledger.cancellation import cancel
from hardy.ledger.finish import Claim
from hardy.ledger.models import Job, Worker
from hardy.ledger.purge import purge
from hardy.ledger.recovery import reap_silent_workers, rescue
from tests.contracts.databases import ALIAS
from tests.contracts.draining import drain
from tests.contracts.rows import started

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "events.md"
SOURCE = Path(events.__file__)


@pytest.fixture
def kind() -> str:
    return "sqlite"


@pytest.fixture
def heard() -> Any:
    """Everything that was said, as (event, sender, fields)."""
    said: list[tuple[str, str | None, dict[str, Any]]] = []
    listeners = []
    for name, event in events.EVENTS.items():

        def hear(signal: Any, sender: str | None, name: str = name, **fields: Any) -> None:
            said.append((name, sender, fields))

        event.connect(hear, weak=False)
        listeners.append((event, hear))
    yield said
    for event, hear in listeners:
        event.disconnect(hear)


def documented() -> dict[str, list[str]]:
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| .+\. \|$", PAGE.read_text(), re.MULTILINE)
    return {name: re.findall(r"`(\w+)`", fields) for name, fields in rows}


def commented() -> dict[str, list[str]]:
    rows = re.findall(r"^(\w+) = Signal\(\)  # ([\w, ]+): .+$", SOURCE.read_text(), re.MULTILINE)
    return {name: fields.split(", ") for name, fields in rows}


def test_the_reference_lists_every_event_with_its_fields():
    assert documented() == commented()
    assert list(documented()) == list(events.EVENTS)


def test_events_are_in_the_past_tense():
    past = r"\w+_(\w+ed|fenced_off|died)"

    assert [name for name in events.EVENTS if not re.fullmatch(past, name)] == []


def three() -> int:
    return 3


def died_of(heard: Any) -> str:
    return str(of(heard, "job_died")[0][2]["error"])


def of(heard: Any, *names: str) -> list[tuple[str, str | None, dict[str, Any]]]:
    return [said for said in heard if said[0] in names]


def test_a_job_is_enqueued_started_and_finished(app, heard):
    asked = app.task(name="shop.add")(three).delay()
    drain(app)

    assert heard == [
        ("job_enqueued", "shop.add", {"job": asked.id, "queue": "celery", "delay": 0.0}),
        ("job_started", "shop.add", {"job": asked.id, "token": 1, "attempt": 1, "waited": None}),
        ("job_finished", "shop.add", {"job": asked.id, "outcome": "succeeded", "attempt": 1}),
    ]


def test_a_retry_is_rescheduled_and_a_failure_dies(app, heard):
    @app.task(name="shop.fetch", bind=True, max_retries=1)
    def fetch(self):
        raise self.retry(exc=OSError("away"), countdown=0)

    asked = fetch.delay()
    drain(app)

    [held] = of(heard, "job_rescheduled")
    [died] = of(heard, "job_died")
    assert held == ("job_rescheduled", "shop.fetch", {"job": asked.id, "outcome": "retried", "delay": 0.0})
    assert (died[1], died[2]["job"], died[2]["reason"]) == ("shop.fetch", asked.id, "failed")
    assert "away" in died[2]["error"]
    assert of(heard, "job_finished")[-1][2]["outcome"] == "failed"


def test_a_crash_is_rescued_and_at_the_cap_dies_without_being_queued_again(app, heard, settings):
    settings.HARDY = {**settings.HARDY, "CRASH_CAP": 2}
    for _ in range(2):
        attempt = started()
        rescue(Claim("job-1", attempt.worker, (attempt.token, attempt.token)))

    assert of(heard, "job_rescued", "job_died", "job_finished") == [
        ("job_rescued", "orders.place", {"job": "job-1", "worker": "worker@here/1/a"}),
        ("job_finished", "orders.place", {"job": "job-1", "outcome": "lost", "attempt": 2}),
        ("job_died", "orders.place", {"job": "job-1", "reason": "crashed", "error": died_of(heard)}),
    ]


def test_an_attempt_is_fenced_off(app, heard):
    @app.task(name="shop.slow", bind=True)
    def slow(self):
        Job.objects.using(ALIAS).filter(id=self.request.id).update(token=9)

    asked = slow.delay()
    drain(app, most=2)

    assert of(heard, "attempt_fenced_off") == [
        ("attempt_fenced_off", "shop.slow", {"job": asked.id, "token": 1})
    ]
    assert of(heard, "job_finished") == []


def test_a_worker_is_registered_and_reaped(app, heard):
    name = identity.become("worker@here")
    workers.register("worker")
    started(worker=name)
    Worker.objects.using(ALIAS).update(seen_at=seconds_from_now(-3600))
    reap_silent_workers()

    assert of(heard, "worker_registered") == [("worker_registered", None, {"worker": name})]
    assert of(heard, "worker_reaped") == [("worker_reaped", None, {"worker": name, "jobs": 1})]


def test_a_receiver_that_raises_disturbs_nobody(app, caplog):
    def break_down(**_: Any) -> None:
        raise ZeroDivisionError

    events.job_enqueued.connect(break_down)
    try:
        asked = app.task(name="shop.add")(three).delay()
    finally:
        events.job_enqueued.disconnect(break_down)

    assert drain(app) == 1
    assert asked.state == "SUCCESS"
    assert "break_down" in caplog.text


def test_whoever_is_cancelled_or_purged_is_finished_in_the_name_of_its_task(app, heard):
    add = app.task(name="shop.add")(three)
    cancelled, purged = add.apply_async(countdown=60), add.delay()
    cancel([cancelled.id])
    purge("celery")

    fields = {"outcome": "cancelled", "attempt": 0}
    assert of(heard, "job_finished") == [
        ("job_finished", "shop.add", {"job": cancelled.id, **fields}),
        ("job_finished", "shop.add", {"job": purged.id, **fields}),
    ]


def test_nothing_is_said_of_what_is_rolled_back(app, heard):
    waiting = app.task(name="shop.add")(three).apply_async(countdown=60)

    with suppress(ZeroDivisionError), transaction.atomic(using=ALIAS):
        cancel([waiting.id])
        assert of(heard, "job_finished") == []
        raise ZeroDivisionError

    assert of(heard, "job_finished") == []
