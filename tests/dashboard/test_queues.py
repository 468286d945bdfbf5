"""Queues: what stands on their pages, and pausing, resuming, moving, purging and bringing back."""

from __future__ import annotations

import celery
import pytest

from hardy.ledger.audit import AuditEntry
from hardy.ledger.models import DeadLetter, Job
from hardy.ledger.pauses import paused_queues
from hardy.ledger.pausing import pause
from tests.dashboard.conftest import EVERYTHING
from tests.dashboard.tasks import alive, past, running, sent, waits_since

pytestmark = pytest.mark.usefixtures("desk")


def post(client, queue, act, **more):
    address = f"/hardy/queue/?name={queue}"
    return client.post(address, {"act": act, "queue": queue, **more}, follow=True).content.decode()


def line(client, name):
    return next(row for row in client.get("/hardy/queues/").context["queues"] if row["queue"].name == name)


def test_each_queue_says_what_waits_who_reads_it_and_when_it_is_empty(ada):
    alive("reports", "default")
    for _ in range(10):
        waits_since(sent(queue="reports"), 90)
    sent(queue="reports", countdown=3600)
    past(50, queue="reports")

    found = line(ada, "reports")

    assert (str(found["queue"].waiting), str(found["queue"].later)) == ("10", "1")
    assert found["oldest"] == "1 min 30 s"
    assert found["readers"] == ["worker@here"]
    assert found["rate"] == "10"  # fifty in five minutes
    assert found["drain"] == "1 min"


def test_without_the_permission_to_view_runs_nothing_tells_how_fast_it_goes(person):
    past(50, queue="default")
    sent(queue="default")
    page = person("view_job").get("/hardy/queues/").content.decode()

    assert "Done a minute" not in page
    assert 'value="pause"' not in page


def test_a_paused_queue_says_so_everywhere(ada):
    alive("reports")
    job = sent(queue="reports")
    waits_since(job, 900)

    said = post(ada, "reports", "pause", note="the vendor is down")

    assert "reports is paused: workers stop taking from it within two seconds" in said
    assert "the vendor is down" in said
    assert line(ada, "reports")["drain"] == "paused"
    health = ada.get("/hardy/").context["health"].text
    assert health.startswith("The queue reports is paused (for ")
    assert health.endswith("by ada@example.com); 1 job waits.")
    why = ada.get("/hardy/task/", {"id": job}).context["why"]
    assert why[0].startswith("The queue reports was paused ")
    assert why[0].endswith("ago by ada@example.com: the vendor is down")
    assert "manage.py hardy resume reports" in why[1]


def test_a_resumed_queue_is_read_again_and_both_stand_in_the_audit(ada):
    sent(queue="reports")
    post(ada, "reports", "pause")

    assert "reports is resumed" in post(ada, "reports", "resume")

    assert paused_queues() == {}
    assert [
        (entry.action, entry.target, entry.by, entry.via) for entry in AuditEntry.objects.order_by("id")
    ] == [
        ("paused", "reports", "ada@example.com", "control room"),
        ("resumed", "reports", "ada@example.com", "control room"),
    ]


def test_a_paused_queue_stays_on_the_page_though_nothing_waits_and_nobody_reads(ada):
    celery.current_app.amqp.queues.add("idle")
    pause("idle")

    assert line(ada, "idle")["queue"].paused is not None


def test_a_queue_that_nobody_knows_is_not_paused(ada):
    said = post(ada, "reprots", "pause")

    assert "No worker reads a queue &#x27;reprots&#x27;" in said
    assert paused_queues() == {}
    assert AuditEntry.objects.count() == 0


@pytest.mark.parametrize(
    ("act", "permission"), [("pause", "pause_queue"), ("resume", "pause_queue"), ("purge", "purge_queue")]
)
def test_each_act_takes_its_permission(person, act, permission):
    job = sent(queue="reports")
    client = person(*(name for name in EVERYTHING if name != permission))
    form = {"act": act, "queue": "reports", "typed": "reports"}

    assert client.post("/hardy/queue/?name=reports", form).status_code == 403
    assert client.post("/hardy/queues/", form).status_code == 403
    assert f'value="{act}"' not in client.get("/hardy/queue/?name=reports").content.decode()
    assert Job.objects.filter(id=job).exists()
    assert paused_queues() == {}


def test_a_purge_wants_the_name_typed(ada):
    job = sent(queue="reports")

    assert "Nothing was purged" in post(ada, "reports", "purge", typed="report")

    assert Job.objects.filter(id=job).exists()


def test_a_purged_queue_can_be_brought_back(ada):
    ids = {sent(queue="reports") for _ in range(3)}
    later = sent(queue="reports", countdown=3600)

    said = post(ada, "reports", "purge", typed="reports")
    assert "Purged 3 jobs of reports." in said
    assert "3 purged jobs can be brought back" in said
    assert set(Job.objects.values_list("id", flat=True)) == {later}
    entry = AuditEntry.objects.get(action="purged")
    assert (entry.target, entry.count, set(entry.job_ids)) == ("reports", 3, ids)

    assert "Brought back 3 jobs." in post(ada, "reports", "bring back")
    assert set(Job.objects.values_list("id", flat=True)) == {*ids, later}
    assert DeadLetter.objects.count() == 0


def test_a_name_that_is_none_has_a_page_that_says_so(ada):
    answer = ada.get("/hardy/queue/", {"name": "<script>alert(1)</script>"})

    assert answer.status_code == 404
    assert "<script>alert" not in answer.content.decode()


def test_what_runs_in_a_paused_queue_goes_on(ada):
    job = running("orders.place")
    pause(Job.objects.get(id=job).queue)

    page = ada.get("/hardy/task/", {"id": job})

    assert page.context["why"] == []
