"""Every page on SQLite, PostgreSQL and MariaDB, for somebody who may do everything."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import RequestFactory
from django.urls import resolve

from hardy.ledger.models import Job
from hardy.ledger.overview import overview
from hardy.records.outcomes import outcomes_over
from tests.dashboard.tasks import alive, past, running, sent, succeeded
from tests.dead_letters.letters import died, jobs

pytestmark = pytest.mark.usefixtures("app")

ADDRESSES = (
    *(
        "/hardy/queues/",
        "/hardy/workers/",
        "/hardy/doctor/",
        "/hardy/audit/?by=a&job=x&action=paused",
        "/hardy/?range=5m",
        "/hardy/?range=14d",
        "/hardy/queue/?name=default",
        "/hardy/tasks/?state=dead&q=a",
        "/hardy/tasks/?state=dead&tag=a:1",
    ),
    *("/hardy/", "/hardy/?range=24h", "/hardy/?range=7d", "/hardy/tasks/", "/hardy/tasks/?q=place"),
    *(f"/hardy/tasks/?state={state}&q=a" for state in ("running", "waiting", "later", "succeeded", "failed")),
    *(
        "/hardy/tasks/?queue=b&task=orders.place",
        "/hardy/task/?id=nope",
        "/hardy/task/?id=%F0%9F%92%A5",
        "/hardy/errors/",
    ),
    *(
        "/hardy/errors/kind/?task=orders.place",
        "/hardy/errors/fault/?fingerprint=0123456789abcdef",
        "/hardy/errors/kind/?before=1",
        "/hardy/tasks/?q=%00&task=%ED%A0%80&queue=%F0%9F%92%A5&after=%00",
        "/hardy/tasks/?after=999999999999999999",
    ),
)


class Root:
    """A user who needs no table of users."""

    is_authenticated = is_active = is_staff = True
    pk = 1

    def has_perm(self, permission: str) -> bool:
        return True

    def __str__(self) -> str:
        return "root"


def get(address: str) -> Any:
    request = RequestFactory().get(address)
    request.user = Root()
    return resolve(address.partition("?")[0]).func(request)


def test_every_page_is_there():
    alive("default")
    job, dead = sent(queue="default"), died()
    held = sent(queue="b", countdown=3600)
    ran, runs = succeeded(), running()

    places = (f"state=waiting&after={job}", f"state=later&after={held}", "state=succeeded&after=1&q=x")
    own = [f"/hardy/task/?id={id}" for id in (job, dead.job, ran, runs)]
    own.append(f"/hardy/errors/fault/?fingerprint={dead.fingerprint}")
    for address in (*ADDRESSES, *own, *(f"/hardy/tasks/?{place}" for place in places)):
        assert get(address).status_code == (404 if address.endswith(("nope", "A5", "abcdef")) else 200), (
            address
        )


def test_queues_are_counted_by_what_may_start_what_waits_and_what_runs():
    alive("default", "idle")
    running(task="orders.place")
    for queue in ("default", "default", "b"):
        sent(queue=queue)
    sent(queue="b", countdown=3600)

    found = {queue.name: queue for queue in overview().queues}

    counts = {
        name: (str(queue.waiting), str(queue.running), str(queue.later), queue.workers)
        for name, queue in found.items()
    }
    [began] = jobs().filter(state=Job.State.RUNNING).values_list("queue", flat=True)
    assert counts[began][1] == "1"
    assert counts["b"] == ("1", "0", "1", 0)
    assert counts["idle"] == ("0", "0", "0", 1)
    assert counts["default"][0] == "2"
    assert found["b"].oldest_seconds is not None
    assert found["idle"].oldest_seconds is None


def test_spans_are_the_same_on_every_database():
    past(3, minutes=3)
    past(2, minutes=3, outcome="failed")
    past(4, minutes=1)

    spans = outcomes_over(10, 60)

    counted = {name: sum(span.outcomes[name] for span in spans) for name in ("succeeded", "failed")}
    assert counted == {"succeeded": 7, "failed": 2}
    assert all(span.start.second == 0 for span in spans)
    for span in spans:
        assert span.outcomes.total() in (0, 2, 3, 4, 5)
