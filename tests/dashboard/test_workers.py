"""Workers: what stands on their page, and telling one to shut down or to renew its pool."""

from __future__ import annotations

import pytest

from hardy.ledger.audit import AuditEntry
from hardy.ledger.models import Job, Worker
from tests.dashboard.conftest import EVERYTHING
from tests.dashboard.tasks import alive, running
from tests.dead_letters.letters import WORKER

pytestmark = pytest.mark.usefixtures("desk")


def tell(client, act, worker="worker@here"):
    return client.post("/hardy/workers/", {"act": act, "worker": worker}, follow=True).content.decode()


def test_a_worker_says_where_it_is_what_it_reads_and_what_it_runs(ada):
    alive("default", "reports")
    Worker.objects.update(id=WORKER, pool="prefork × 4", memory=300 * 1024**2, release="1.2.3")
    job = running("orders.place")
    Job.objects.filter(id=job).update(worker=WORKER)

    page = ada.get("/hardy/workers/")

    said = page.content.decode()
    for words in (
        "prefork × 4",
        "300 MiB",
        "1.2.3",
        "orders.place",
        "on here",
        'href="/hardy/queue/?name=reports"',
    ):
        assert words in said
    [line] = page.context["workers"]
    assert [row["task"] for row in line["running"]] == ["orders.place"]


def test_without_a_worker_the_page_says_how_to_start_one(ada):
    assert "celery -A config worker" in ada.get("/hardy/workers/").content.decode()


def test_a_beat_process_is_shown_and_cannot_be_told_anything(ada):
    alive(kind="beat", name="beat@here")

    page = ada.get("/hardy/workers/").content.decode()
    assert "Nobody is working." in page
    assert "Tell a worker" not in page
    assert "there is no such worker any more" in tell(ada, "shut down", "beat@here")


def test_a_worker_is_shut_down_only_by_whoever_may(person):
    alive("default")
    client = person(*(name for name in EVERYTHING if name != "control_worker"))

    assert client.post("/hardy/workers/", {"act": "shut down", "worker": "worker@here"}).status_code == 403
    assert "Tell a worker" not in client.get("/hardy/workers/").content.decode()


def test_nobody_is_told_anything_who_is_not_there(ada):
    assert "there is no such worker any more" in tell(ada, "shut down")
    assert AuditEntry.objects.count() == 0


def test_a_shut_down_stands_in_the_audit(ada):
    alive("default")

    assert "worker@here was told to shut down" in tell(ada, "shut down")

    entry = AuditEntry.objects.get()
    assert (entry.action, entry.target, entry.by) == ("shut down", "worker@here", "ada@example.com")


def test_a_worker_that_does_not_answer_is_said_not_to(ada):
    alive("default")

    assert "worker@here did not answer within a second" in tell(ada, "restart pool")
    assert AuditEntry.objects.count() == 0
