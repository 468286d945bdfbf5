from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from hardy import events
from hardy.db.clock import seconds_from_now
from hardy.ledger import identity, workers
from hardy.ledger.finish import Holder
from hardy.ledger.models import Job, Worker
from hardy.ledger.recovery import bury_silent_workers, lose
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
    past = r"\w+_(\w+ed|lost|held|overtaken|buried|died)"

    assert [name for name in events.EVENTS if not re.fullmatch(past, name)] == []


def three() -> int:
    return 3


def of(heard: Any, *names: str) -> list[tuple[str, str | None, dict[str, Any]]]:
    return [said for said in heard if said[0] in names]


def test_a_job_is_asked_started_and_ended(app, heard):
    asked = app.task(name="shop.add")(three).delay()
    drain(app)

    assert heard == [
        ("job_asked", "shop.add", {"job": asked.id, "queue": "celery", "delay": 0.0}),
        ("job_started", "shop.add", {"job": asked.id, "token": 1, "attempt": 1}),
        ("job_ended", "shop.add", {"job": asked.id, "outcome": "succeeded", "attempt": 1}),
    ]


def test_a_retry_is_held_and_a_failure_dies(app, heard):
    @app.task(name="shop.fetch", bind=True, max_retries=1)
    def fetch(self):
        raise self.retry(exc=OSError("away"), countdown=0)

    asked = fetch.delay()
    drain(app)

    [held] = of(heard, "job_held")
    [died] = of(heard, "job_died")
    assert held == ("job_held", "shop.fetch", {"job": asked.id, "outcome": "retried", "delay": 0.0})
    assert (died[1], died[2]["job"], died[2]["reason"]) == ("shop.fetch", asked.id, "failed")
    assert "away" in died[2]["error"]
    assert of(heard, "job_ended")[-1][2]["outcome"] == "failed"


def test_a_crash_is_lost_and_at_the_cap_dies(app, heard, settings):
    settings.HARDY = {**settings.HARDY, "CRASH_CAP": 2}
    for _ in range(2):
        attempt = started()
        lose(Holder("job-1", attempt.worker, (attempt.token, attempt.token)))

    assert [said[2]["job"] for said in of(heard, "job_lost")] == ["job-1", "job-1"]
    [died] = of(heard, "job_died")
    assert died[2]["reason"] == "crashed"


def test_an_attempt_is_overtaken(app, heard):
    @app.task(name="shop.slow", bind=True)
    def slow(self):
        Job.objects.using(ALIAS).filter(id=self.request.id).update(token=9)

    asked = slow.delay()
    drain(app, most=2)

    assert of(heard, "attempt_overtaken") == [
        ("attempt_overtaken", "shop.slow", {"job": asked.id, "token": 1})
    ]
    assert of(heard, "job_ended") == []


def test_a_worker_is_registered_and_buried(app, heard):
    name = identity.become("worker@here")
    workers.register("worker")
    started(worker=name)
    Worker.objects.using(ALIAS).update(seen_at=seconds_from_now(-60))
    bury_silent_workers()

    assert of(heard, "worker_registered") == [("worker_registered", None, {"worker": name})]
    assert of(heard, "worker_buried") == [("worker_buried", None, {"worker": name, "jobs": 1})]


def test_a_receiver_that_raises_disturbs_nobody(app, caplog):
    def break_down(**_: Any) -> None:
        raise ZeroDivisionError

    events.job_asked.connect(break_down)
    try:
        asked = app.task(name="shop.add")(three).delay()
    finally:
        events.job_asked.disconnect(break_down)

    assert drain(app) == 1
    assert asked.state == "SUCCESS"
    assert "break_down" in caplog.text
