"""The list of tasks: jobs and attempts, filters, pages."""

from __future__ import annotations

import re

import pytest

from apps.notifications.tasks import send_welcome_email
from hardy.dashboard import tasks as page
from hardy.ledger import listing
from hardy.ledger.models import Job
from hardy.records import history
from tests.dashboard.tasks import past, running, sent, succeeded
from tests.dead_letters.letters import died, raised

pytestmark = pytest.mark.usefixtures("desk")

LIST = "/hardy/tasks/"


def rows(answer):
    return [(row.task, row.state) for row in answer.context["rows"]]


def pages(client, **asked):
    """Every row of every page, as one follows the link to the next."""
    address, keys = client.get(LIST, asked), []
    for _ in range(30):
        keys += [row.key for row in address.context["rows"]]
        if not address.context["next"]:
            return keys
        address = client.get(address.context["next"])
    raise AssertionError("the list has no end")


def test_an_empty_list_says_what_will_be_there(ada):
    assert "No task has been sent yet" in ada.get(LIST).content.decode()
    assert "No task matches" in ada.get(LIST, {"state": "failed"}).content.decode()


def test_what_lives_stands_above_what_has_ended(ada):
    succeeded("a.past")
    died("b.dead")
    sent("c.later", countdown=3600)
    sent("d.waits")
    running("e.runs")

    assert rows(ada.get(LIST)) == [
        ("e.runs", "running"),
        ("d.waits", "waiting"),
        ("c.later", "due later"),
        ("b.dead", "failed"),
        ("a.past", "succeeded"),
    ]


@pytest.mark.parametrize(
    ("asked", "tasks"),
    [
        ({"state": "running"}, ["e.runs"]),
        ({"state": "waiting"}, ["d.waits"]),
        ({"state": "later"}, ["c.later"]),
        ({"state": "failed"}, ["b.dead"]),
        ({"state": "succeeded"}, ["a.past"]),
        ({"task": "a.past"}, ["a.past"]),
        ({"task": "d.waits"}, ["d.waits"]),
        ({"queue": "low_priority"}, ["f.low"]),
        ({"q": "PAST"}, ["a.past"]),
        ({"q": "vendor is away"}, ["b.dead"]),
        ({"q": "acme", "state": "waiting"}, ["d.waits"]),
        ({"q": "acme", "state": "later"}, []),
        ({"state": "failed", "task": "a.past"}, []),
    ],
    ids=str,
)
def test_filters_choose_what_is_shown(ada, asked, tasks):
    succeeded("a.past")
    died("b.dead", error=raised(ConnectionError("the vendor is away")))
    sent("c.later", countdown=3600)
    sent("f.low", queue="low_priority", countdown=3600)
    sent("d.waits", "acme")
    running("e.runs")

    found = [
        task for task, _ in rows(ada.get(LIST, asked)) if asked.get("state") != "later" or task != "f.low"
    ]

    assert found == tasks


def test_an_id_leads_to_its_attempts_however_old(ada, monkeypatch):
    [run] = past(1, minutes=5)
    past(30)
    monkeypatch.setattr(history, "SEARCHED", 10)

    assert [row.key for row in ada.get(LIST, {"q": run.job}).context["rows"]] == [f"run-{run.pk}"]


@pytest.mark.parametrize("state", ["", "succeeded"])
def test_past_attempts_come_page_by_page_each_once_newest_first(ada, monkeypatch, state):
    monkeypatch.setattr(page, "SIZE", 7)
    runs = past(24)

    assert pages(ada, state=state) == [f"run-{run.pk}" for run in reversed(runs)]


@pytest.mark.parametrize("state", ["waiting", "later"])
def test_jobs_come_page_by_page_each_once_though_all_are_due_at_one_moment(ada, monkeypatch, state):
    monkeypatch.setattr(page, "SIZE", 7)
    for number in range(12):
        sent(queue="default", priority=number % 3)
        sent(queue="high_priority")
        sent(queue="low_priority", countdown=3600)
    due = Job.objects.order_by("-due_at").first().due_at
    states = {"waiting": Job.State.QUEUED, "later": Job.State.HELD}
    Job.objects.filter(state=states[state]).update(due_at=due)

    keys = pages(ada, state=state)

    wanted = Job.objects.filter(state=states[state]).values_list("id", flat=True)
    assert sorted(keys) == sorted(f"job-{id}" for id in wanted)
    assert len(keys) == len(set(keys))


def test_a_page_after_a_job_that_has_started_begins_anew(ada):
    job = sent("orders.wait")

    assert rows(ada.get(LIST, {"state": "waiting", "after": "gone"})) == [("orders.wait", "waiting")]
    assert rows(ada.get(LIST, {"state": "waiting", "after": job})) == []


@pytest.mark.parametrize("state", ["", "succeeded"])
def test_a_search_stops_after_a_part_and_goes_on_where_it_stopped(ada, monkeypatch, state):
    monkeypatch.setattr(history, "SEARCHED", 10)
    monkeypatch.setattr(history, "SEARCHED_OF_AN_OUTCOME", 10)
    [rare] = past(1, task="orders.rare", minutes=5)
    past(25)

    first = ada.get(LIST, {"q": "rare", "state": state})

    assert first.context["rows"] == []
    assert "Search further" in first.content.decode()
    assert pages(ada, q="rare", state=state) == [f"run-{rare.pk}"]


def test_a_search_among_jobs_stops_after_a_part_too(ada, monkeypatch):
    monkeypatch.setattr(listing, "SEARCHED", 4)
    for _ in range(9):
        sent("orders.common", priority=5)
    rare = sent("orders.rare")

    assert pages(ada, q="rare", state="waiting") == [f"job-{rare}"]


def test_rows_have_keys_by_which_the_page_follows_them(ada):
    job = sent("orders.wait")
    [run] = past(1)

    keys = re.findall(r'<tr data-key="([^"]+)"', ada.get(LIST).content.decode())

    assert keys == [f"job-{job}", f"run-{run.pk}"]


def test_the_filter_stays_in_every_link(ada, monkeypatch):
    monkeypatch.setattr(page, "SIZE", 2)
    past(5, outcome="failed")

    said = ada.get(LIST, {"state": "failed", "task": "orders.place"}).content.decode()

    assert re.search(r'href="/hardy/tasks/\?state=failed&amp;task=orders.place&amp;after=\d+"', said)
    assert 'href="/hardy/tasks/?state=succeeded&amp;task=orders.place"' in said


def test_tasks_are_found_by_the_row_they_are_about(ada):
    waits = sent(send_welcome_email.name, 7, countdown=60)
    ended = succeeded(send_welcome_email.name, 7)
    other = succeeded(send_welcome_email.name, 8)

    for state, found in {"": {waits, ended}, "later": {waits}, "succeeded": {ended}, "failed": set()}.items():
        page = ada.get("/hardy/tasks/", {"tag": "user:7", "state": state}).content.decode()
        assert {job for job in (waits, ended, other) if job in page} == found, state


def test_whoever_may_not_see_arguments_cannot_guess_them_by_tags(person):
    waits = sent(send_welcome_email.name, 7, countdown=60)

    page = person("view_job", "view_run").get("/hardy/tasks/", {"tag": "user:8"}).content.decode()

    assert waits in page and "hardy.view_arguments" in page
    assert 'name="tag"' not in page
