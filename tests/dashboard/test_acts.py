"""What is done to tasks that are selected, or to all that match."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest

from hardy.dashboard import acts
from hardy.db.clock import present
from hardy.ledger.audit import AuditEntry
from hardy.ledger.models import DeadLetter, Job
from tests.dashboard.conftest import EVERYTHING
from tests.dashboard.tasks import alive, running, sent, succeeded
from tests.dead_letters.letters import died

pytestmark = pytest.mark.usefixtures("desk")


def confirm(client, **form):
    """Press a button of the list; return the page that asks once more."""
    return client.post("/hardy/tasks/act/", form)


def yes(client, page, **more):
    """Press yes on it; return what the list says then."""
    hidden = re.findall(r'<input type="hidden" name="(?!csrf)(\w+)" value="([^"]*)">', page.content.decode())
    form: dict[str, list[str]] = {}
    for name, value in hidden:
        form.setdefault(name, []).append(value)
    return client.post(
        "/hardy/tasks/act/", {**form, "confirmed": "yes", **more}, follow=True
    ).content.decode()


def states():
    return dict(Job.objects.values_list("id", "state"))


def test_selected_jobs_are_cancelled_after_a_question_with_their_number(ada):
    some, other = [sent(), sent()], sent()

    page = confirm(ada, act="cancel", job=some)
    assert "Cancel 2 jobs?" in page.content.decode()
    assert len(states()) == 3

    assert "Cancelled 2 jobs." in yes(ada, page)
    assert list(states()) == [other]
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.by, entry.count) == ("cancelled", "ada@example.com", 2)
    assert set(entry.job_ids) == set(some)


def test_everything_that_matches_means_what_was_there_when_the_question_was_asked(ada):
    matching = [sent("orders.place", queue="a") for _ in range(3)]
    others = [sent("orders.pack", queue="a"), sent("orders.place", queue="b"), running("orders.place")]

    page = confirm(
        ada, act="cancel", which="all", task="orders.place", queue="a", until=present().isoformat()
    )
    assert "Cancel 3 jobs?" in page.content.decode()
    late = sent("orders.place", queue="a")
    yes(ada, page)

    assert set(states()) == {*others, late}
    assert AuditEntry.objects.get().detail == "task orders.place, queue a"
    assert set(AuditEntry.objects.get().job_ids) == set(matching)


def test_those_that_wait_for_their_time_may_start_at_once(ada):
    later = [sent(countdown=3600), sent(countdown=3600)]

    said = yes(ada, confirm(ada, act="now", which="all", state="later"))

    assert "Made 2 jobs due now." in said
    assert all(job.due_at <= present() for job in Job.objects.filter(id__in=later))


def test_a_reschedule_asks_for_how_long_and_refuses_what_is_no_time(ada):
    job = sent()
    page = confirm(ada, act="later", job=[job])

    refused = yes(ada, page, delay="soon")
    assert "soon" in refused
    assert Job.objects.get(id=job).due_at <= present()

    assert "Rescheduled 1 job, due in 2 h." in yes(ada, page, delay="2h")
    assert (Job.objects.get(id=job).due_at - present()).total_seconds() > 7000
    assert AuditEntry.objects.get().job == job


def test_jobs_move_to_another_queue_and_keep_their_time(ada):
    alive("b")
    job, later = sent(queue="a"), sent(queue="a", countdown=3600)
    due = Job.objects.get(id=later).due_at

    page = confirm(ada, act="move", which="all", queue="a")
    assert "<option>b</option>" in page.content.decode()
    assert "Moved 2 jobs to b." in yes(ada, page, to="b")

    assert set(Job.objects.values_list("id", "queue")) == {(job, "b"), (later, "b")}
    assert Job.objects.get(id=later).due_at == due


def test_nothing_moves_to_a_queue_that_nobody_knows(ada):
    job = sent(queue="a")

    said = yes(ada, confirm(ada, act="move", job=[job]), to="nowhere")

    assert "No worker reads a queue &#x27;nowhere&#x27;" in said
    assert Job.objects.get(id=job).queue == "a"


def test_dead_tasks_are_retried_from_the_list_of_the_dead(ada):
    one, two = died("orders.place"), died("orders.pack")

    listed = ada.get("/hardy/tasks/?state=dead")
    assert [row.job for row in listed.context["rows"]] == [two.job, one.job]
    page = confirm(ada, act="replay", state="dead", which="all", task="orders.place")
    assert "Retry 1 dead letter?" in page.content.decode()
    assert "Retried 1 dead letter." in yes(ada, page)

    assert list(DeadLetter.objects.values_list("job", flat=True)) == [two.job]
    assert one.job in states()


def test_a_discard_wants_a_note(ada):
    letter = died()
    page = confirm(ada, act="discard", state="dead", job=[letter.job])

    yes(ada, page, note=" ")
    assert DeadLetter.objects.count() == 1

    yes(ada, page, note="a test order")
    assert DeadLetter.objects.count() == 0


def test_more_than_one_press_can_take_is_said_and_left(ada, monkeypatch):
    monkeypatch.setattr(acts, "JOBS_AT_ONCE", 2)
    for _ in range(3):
        sent()

    page = confirm(ada, act="cancel", which="all")
    assert "The oldest 2 are done now" in page.content.decode()
    said = yes(ada, page)

    assert "Cancelled 2 jobs." in said
    assert "More match" in said
    assert len(states()) == 1


def test_a_job_that_has_begun_meanwhile_is_left_alone_and_counted(ada, monkeypatch):
    job = sent()
    page = confirm(ada, act="cancel", job=[job])
    Job.objects.filter(id=job).update(state=Job.State.RUNNING, worker="w", started_at=present())

    said = yes(ada, page)

    assert "Cancelled 0 jobs." in said
    assert "1 job was left alone: it has begun" in said
    assert job in states()


@pytest.mark.parametrize(
    ("act", "permission"),
    [
        *((act, "change_job") for act in ("cancel", "now", "later", "move")),
        ("replay", "replay_deadletter"),
        ("discard", "discard_deadletter"),
    ],
)
def test_each_act_takes_its_permission_and_is_not_offered_without(person, act, permission):
    job, letter = sent(), died()
    client = person(*(name for name in EVERYTHING if name != permission))
    form = {"act": act, "which": "all", "confirmed": "yes", "delay": "1h", "to": "default", "note": "why"}

    assert client.post("/hardy/tasks/act/", form).status_code == 403
    for state in ("", "dead"):
        assert f'value="{act}"' not in client.get(f"/hardy/tasks/?state={state}").content.decode()
    assert list(states()) == [job]
    assert DeadLetter.objects.get() == letter


def test_arguments_choose_jobs_only_for_whoever_may_see_them(person):
    sent("orders.pay", "4111-1111")
    client = person(*(name for name in EVERYTHING if name != "view_arguments"))

    page = confirm(client, act="cancel", which="all", q="4111-1111")

    assert page.context["count"].number == 0


def test_what_runs_or_has_ended_cannot_be_selected(ada):
    running(), succeeded()
    job = sent()

    rows = ada.get("/hardy/tasks/").context["rows"]

    assert [row.job for row in rows if row.pick] == [job]
    assert ada.get("/hardy/tasks/?state=succeeded").context["acts"] == {}


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"act": "drop"},
        {"act": "cancel"},
        {"act": "cancel", "which": "\x00"},
        {"act": "cancel", "which": "most"},
    ],
)
def test_a_form_that_means_nothing_does_nothing(ada, form):
    job = sent()

    answer = ada.post("/hardy/tasks/act/", {**form, "confirmed": "yes"}, follow=True)

    assert answer.status_code == 200
    assert list(states()) == [job]


@pytest.mark.parametrize("wrong", [{"state": "bogus"}, {"task": "\x00"}, {"queue": "q" * 300}])
def test_a_filter_that_is_left_out_never_widens_what_is_acted_on(ada, wrong):
    job = sent()
    form = {"act": "cancel", "which": "all", "confirmed": "yes", **wrong}
    body = urlencode(form)

    answer = ada.post(
        "/hardy/tasks/act/", body, content_type="application/x-www-form-urlencoded", follow=True
    )

    assert "Nothing was done." in answer.content.decode()
    assert list(states()) == [job]


def test_a_tag_that_one_may_not_filter_by_never_means_everything(person):
    job = sent()
    client = person(*(name for name in EVERYTHING if name != "view_arguments"))
    form = {"act": "cancel", "which": "all", "tag": "order:42", "confirmed": "yes"}

    said = client.post("/hardy/tasks/act/", form, follow=True).content.decode()

    assert "Nothing was done." in said
    assert "hardy.view_arguments" in said
    assert list(states()) == [job]
