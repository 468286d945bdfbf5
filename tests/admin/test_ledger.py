"""Jobs and runs in Django's admin, as people with different permissions meet them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import celery
import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client

from hardy.admin.base import HIDDEN
from hardy.db.dialect import present_is
from hardy.ledger import failure, workers
from hardy.ledger.finish import Claim, finish
from hardy.ledger.models import Run
from tests.dead_letters.letters import started

pytestmark = pytest.mark.usefixtures("desk")

SECRET = "4111-1111-1111-1111"
LOOKING = ("view_job", "view_run")


def person(*permissions: str) -> Client:
    user = get_user_model().objects.create_user("ada@example.com", password="a long password", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def pages_of_a_secret() -> list[str]:
    """The lists and the pages of a job with a secret in its arguments, and of a run with one in its result."""
    waiting = celery.current_app.send_task("orders.pay", [SECRET], countdown=3600).id
    done = celery.current_app.send_task("orders.pay", [SECRET]).id
    attempt = started(done)
    holder = Claim(done, attempt.worker, (attempt.token, attempt.token))
    assert finish(holder, failure.succeeded({"card": SECRET}))
    run = Run.objects.get(job=done)
    return [
        "/admin/hardy/job/",
        "/admin/hardy/run/",
        f"/admin/hardy/job/{waiting}/change/",
        f"/admin/hardy/run/{run.pk}/change/",
    ]


def test_whoever_may_see_arguments_sees_those_of_jobs_and_the_results_of_runs():
    *_, job, run = pages_of_a_secret()
    ada = person(*LOOKING, "view_arguments")

    for page in (job, run):
        said = ada.get(page).content.decode()
        assert SECRET in said
        assert HIDDEN not in said


def test_whoever_may_not_see_arguments_is_told_that_they_are_hidden():
    *lists, job, run = pages_of_a_secret()
    ada = person(*LOOKING)

    for page in (*lists, job, run):
        answer = ada.get(page)
        assert answer.status_code == 200
        assert SECRET not in answer.content.decode()
    for page in (job, run):
        assert HIDDEN in ada.get(page).content.decode()


def test_how_long_ago_a_worker_was_seen_is_said_by_the_databases_clock():
    with present_is(lambda: datetime.now(UTC) - timedelta(hours=1)):
        workers.register("worker", ["celery"])

        said = person("view_worker").get("/admin/hardy/worker/").content.decode()

    [ago] = re.findall(r"(\d+) s ago", said)
    assert int(ago) < 1800


def test_nobody_else_sees_what_a_task_was_given_or_finds_it_by_that():
    """Arguments are kept in columns of their own, and tags are made of them."""
    waiting = celery.current_app.send_task(
        "orders.pay", [], {"order_id": 771177, "note": SECRET}, countdown=99
    ).id
    done = celery.current_app.send_task("orders.pay", [], {"order_id": 771177, "note": SECRET}).id
    attempt = started(done)
    assert finish(Claim(done, attempt.worker, (attempt.token, attempt.token)), failure.succeeded(None))
    pages = [
        f"/admin/hardy/job/{waiting}/change/",
        f"/admin/hardy/run/{Run.objects.get(job=done).pk}/change/",
    ]
    ada = person(*LOOKING)

    for page in pages:
        said = ada.get(page).content.decode()
        assert SECRET not in said and "771177" not in said
    for table in ("job", "run"):
        for query in (
            "tag=order:771177",
            "tag__exact=order:771177",
            "tag__startswith=order:7",
            "arguments=x",
        ):
            answer = ada.get(f"/admin/hardy/{table}/?{query}")
            assert answer.status_code in (302, 400), query


def test_whoever_may_see_arguments_finds_tasks_by_their_tag():
    waiting = celery.current_app.send_task("orders.pay", [], {"order_id": 771177}, countdown=99).id
    celery.current_app.send_task("orders.pay", [], {"order_id": 1}, countdown=99)

    page = person(*LOOKING, "view_arguments").get("/admin/hardy/job/?tag=order:771177").content.decode()

    assert waiting in page and "1 job" in page
