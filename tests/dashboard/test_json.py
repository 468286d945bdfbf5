"""Every page as JSON, and the OpenAPI document held against what they really answer."""

from __future__ import annotations

import json
import re

import pytest
from django.test import Client
from jsonschema import Draft202012Validator

from hardy.dashboard.answers import ANSWERS
from hardy.dashboard.openapi import OPERATIONS
from hardy.dashboard.urls import urlpatterns
from hardy.ledger.models import Job, Run, Worker
from hardy.ledger.pausing import pause
from tests.dashboard.conftest import EVERYTHING
from tests.dashboard.tasks import alive, past, running, sent, succeeded
from tests.dead_letters.letters import WORKER, died

pytestmark = pytest.mark.usefixtures("desk")

SECRET = "4111-1111-1111-1111"


def ask(client, address, **asked):
    return client.get(address, asked, headers={"Accept": "application/json"})


@pytest.fixture
def everything():
    """Something to say on every page; the value is the id of a job that waits."""
    alive("default", "reports")
    Worker.objects.update(id=WORKER)
    Job.objects.filter(id=running()).update(worker=WORKER)
    succeeded("orders.pack", result=SECRET)
    past(5, outcome="failed")
    died("orders.place", (SECRET,))
    sent(countdown=3600)
    job = sent("orders.pay", SECRET, queue="reports")
    pause("reports", by="grace", note="the vendor is down")
    return job


def addresses(job):
    kind = {"task": "orders.place", "reason": "failed", "error_type": "ValueError"}
    return {
        "overview": ("/hardy/", {"range": "1h"}),
        "tasks": ("/hardy/tasks/", {}),
        "task": ("/hardy/task/", {"id": job}),
        "queues": ("/hardy/queues/", {}),
        "queue": ("/hardy/queue/", {"name": "reports"}),
        "workers": ("/hardy/workers/", {}),
        "errors": ("/hardy/errors/", {}),
        "kind": ("/hardy/errors/kind/", kind),
        "fault": (
            "/hardy/errors/fault/",
            {"fingerprint": Run.objects.exclude(fingerprint="").first().fingerprint},
        ),
        "schedules": ("/hardy/schedules/", {}),
        "audit": ("/hardy/audit/", {}),
        "doctor": ("/hardy/doctor/", {}),
    }


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_each_page_answers_what_its_schema_says(ada, everything, operation):
    document = ask(ada, "/hardy/openapi.json").json()
    path, asked = addresses(everything)[operation.name]
    described = document["paths"]["/" + path.removeprefix("/hardy/")]["get"]

    answer = ask(ada, path, **asked)

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert "Accept" in answer.headers["Vary"]
    schema = described["responses"]["200"]["content"]["application/json"]["schema"]
    Draft202012Validator({**schema, "components": document["components"]}).validate(answer.json())


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_each_parameter_is_one_that_the_page_reads(ada, everything, operation):
    path, _ = addresses(everything)[operation.name]

    for name in operation.asked:
        page = ada.get(path, {name: "\x00"}).content.decode()
        assert f"“{name}” was left out" in page or name in ("after", "before"), name


def test_every_page_is_described_or_asks_a_person():
    described = {operation.name for operation in OPERATIONS}

    of_people = {"act", "decide", "progress", "openapi"}
    assert {route.name for route in urlpatterns} == described | of_people
    assert described <= set(ANSWERS)


def test_a_machine_reads_what_a_person_sees(ada, everything):
    overview = ask(ada, "/hardy/").json()
    assert overview["health"]["text"] == ada.get("/hardy/").context["health"].text
    assert {queue["name"]: queue["paused_by"] for queue in overview["queues"]}["reports"] == "grace"
    assert overview["most_failing"][0]["task"] == "orders.place"
    task = ask(ada, "/hardy/task/", id=everything).json()
    assert task["why_waiting"][0].endswith("by grace: the vendor is down")
    assert SECRET in task["arguments"]
    [worker] = ask(ada, "/hardy/workers/").json()["workers"]
    assert [job["state"] for job in worker["jobs"]] == ["running"]


def test_arguments_and_results_are_left_out_without_the_permission(person, everything):
    client = person(*(name for name in EVERYTHING if name != "view_arguments"))
    done = succeeded("orders.pack", SECRET, result=SECRET)

    for path, asked in [*addresses(everything).values(), ("/hardy/task/", {"id": done})]:
        assert SECRET not in ask(client, path, **asked).content.decode(), path


def test_a_list_goes_on_where_next_says(ada):
    past(60)

    first = ask(ada, "/hardy/tasks/", state="succeeded").json()
    second = ask(ada, first["next"]).json()

    assert (len(first["runs"]), len(second["runs"]), second["next"]) == (50, 10, "")


def test_who_may_not_is_told_so_in_json(person):
    stranger = ask(Client(), "/hardy/queues/")
    assert (stranger.status_code, stranger.json()) == (401, {"error": "Nobody is logged in."})

    refused = ask(person("view_job"), "/hardy/workers/")
    assert refused.status_code == 403
    assert "hardy.view_worker" in refused.json()["error"]


def test_what_is_not_there_is_said_in_json(ada):
    for address in ("/hardy/task/?id=nope", "/hardy/queue/?name=nope"):
        answer = ask(ada, address)
        assert answer.status_code == 404
        assert "nope" in answer.json()["error"]


def test_a_browser_and_whoever_takes_anything_get_the_page(ada):
    for accept in ("text/html,application/xhtml+xml,*/*;q=0.8", "*/*"):
        answer = ada.get("/hardy/", headers={"Accept": accept})
        assert answer.headers["Content-Type"].startswith("text/html")


def test_the_document_names_where_the_control_room_is(ada):
    document = json.loads(ask(ada, "/hardy/openapi.json").content)

    assert document["servers"] == [{"url": "http://testserver/hardy/"}]
    assert all(re.fullmatch(r"/[a-z/]*", path) for path in document["paths"])
