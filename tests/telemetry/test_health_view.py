"""`/health` and `/scaling`: which part is down, what workers are scaled by, and who may read it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import RequestFactory

from hardy.ledger.health import Level
from hardy.telemetry import views
from hardy.telemetry.figures import figures
from hardy.telemetry.parts import parts_of, worst
from tests.contracts.databases import ALIAS, known_as
from tests.dashboard.tasks import alive, sent, waits_since
from tests.dead_letters.letters import died

TOKEN = "a-token-that-is-long-enough-for-anybody"


@pytest.fixture
def kind() -> str:
    return "sqlite"


class Person:
    """A user who needs no table of users."""

    def __init__(self, *permissions: str, staff: bool = True) -> None:
        self.is_active, self.is_staff, self.permissions = True, staff, permissions

    def has_perm(self, permission: str) -> bool:
        return permission in self.permissions


def get(view: Any, address: str = "/", *, user: Any = None, token: str | None = None) -> Any:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    request = RequestFactory().get(address, headers=headers)
    request.user = user
    return view(request)


def said(answer: Any) -> dict[str, Any]:
    return {part["name"]: part for part in json.loads(answer.content)["parts"]}


@pytest.fixture
def token(settings: Any) -> str:
    settings.HARDY = {**getattr(settings, "HARDY", {}), "METRICS_TOKEN": TOKEN}
    return TOKEN


def test_all_is_well_with_a_worker_and_nothing_late(app, token):
    alive("default")

    answer = get(views.health, token=token)

    assert answer.status_code == 200
    assert json.loads(answer.content)["status"] == "fine"
    assert {part["status"] for part in said(answer).values()} == {"fine"}


def test_jobs_that_nobody_runs_are_a_part_that_is_down(app, token):
    sent("orders.place", queue="default")

    answer = get(views.health, token=token)

    assert answer.status_code == 503
    assert said(answer)["workers"] == {
        "name": "workers", "status": "wrong", "text": "No worker is running and 1 job waits.",
    }  # fmt: skip
    assert said(answer)["queues"]["status"] == "fine"


def test_a_due_job_that_nobody_publishes_is_the_brokers_part(app):
    alive("celery")
    waits_since(sent("orders.place", countdown=3600), 300)
    app.conf.broker_url = "redis://127.0.0.1:1/0"

    parts = {part.name: part for part in parts_of(figures())}

    assert parts["publishing"].level == Level.WRONG
    assert parts["publishing"].text.startswith("A job has waited 5 min")
    assert worst(parts.values()) == Level.WRONG


def test_a_warning_is_no_reason_to_answer_503(app, token):
    alive("default")
    died()

    answer = get(views.health, token=token)

    assert answer.status_code == 200
    assert said(answer)["dead letters"]["status"] == "warning"


def test_strangers_see_which_part_is_down_and_no_names(app, token):
    alive("default")
    sent("orders.place", queue="secret")

    answer = get(views.health)

    assert answer.status_code == 503
    assert said(answer)["queues"] == {"name": "queues", "status": "wrong"}
    assert b"secret" not in answer.content


def test_a_database_that_is_away_is_named_and_nothing_raised(settings, tmp_path, django_db_blocker, token):
    settings.HARDY = {"DATABASE": ALIAS, "METRICS_TOKEN": TOKEN}
    with django_db_blocker.unblock(), known_as(ALIAS, f"sqlite:///{tmp_path}/nowhere/ledger.sqlite3"):
        answer, scaling = get(views.health, token=token), get(views.scaling, token=token)

    assert answer.status_code == scaling.status_code == 503
    assert [part["name"] for part in said(answer).values()] == ["database"]


def test_workers_are_scaled_by_how_long_the_oldest_job_waits(app, token):
    waits_since(sent("orders.place", queue="mail"), 75)
    sent("orders.place", queue="mail")

    everything = json.loads(get(views.scaling, token=token).content)
    [mail] = everything["queues"].values()
    asked = json.loads(get(views.scaling, "/?queue=mail", token=token).content)
    nothing = json.loads(get(views.scaling, "/?queue=nope", token=token).content)

    assert 75 <= mail["wait_seconds"] < 200
    assert (mail["waiting"], mail["running"], mail["workers"]) == (2, 0, 0)
    assert asked["waiting"] == 2
    assert nothing == {"wait_seconds": 0.0, "waiting": 0, "running": 0, "workers": 0}


@pytest.mark.parametrize("view", [views.metrics, views.scaling])
class TestWhoMayRead:
    def test_nobody_may_without_a_token(self, app, view):
        answer = get(view)

        assert answer.status_code == 401
        assert b"METRICS_TOKEN" in answer.content

    @pytest.mark.parametrize("shown", ["", "wrong", TOKEN + "x", "ü"])
    def test_a_wrong_token_is_none(self, app, token, view, shown):
        assert get(view, token=shown).status_code == 401

    def test_a_token_that_is_not_set_opens_nothing(self, app, view):
        assert get(view, token="None").status_code == 401

    def test_staff_who_may_view_jobs_may_read(self, app, view):
        assert get(view, user=Person("hardy.view_job")).status_code == 200
        assert get(view, user=Person()).status_code == 401
        assert get(view, user=Person("hardy.view_job", staff=False)).status_code == 401

    def test_nothing_but_reading_is_answered(self, app, token, view):
        request = RequestFactory().post("/", headers={"Authorization": f"Bearer {TOKEN}"})

        assert view(request).status_code == 405
