"""Who gets in, and what each person sees and may do."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from hardy.ledger.models import DeadLetter, Job
from tests.dashboard.conftest import EVERYTHING
from tests.dashboard.tasks import sent, succeeded
from tests.dead_letters.letters import died

pytestmark = pytest.mark.usefixtures("desk")

PAGES = (
    "/hardy/",
    "/hardy/tasks/",
    "/hardy/task/?id=x",
    "/hardy/errors/",
    "/hardy/errors/kind/",
    "/hardy/errors/fault/",
    "/hardy/schedules/",
    "/hardy/queues/",
    "/hardy/queue/?name=x",
    "/hardy/workers/",
    "/hardy/audit/",
    "/hardy/doctor/",
)
SECRET = "4111-1111-1111-1111"


def all_but(*permissions: str) -> list[str]:
    return [name for name in EVERYTHING if name not in permissions]


@pytest.mark.parametrize("page", [*PAGES, "/hardy/errors/decide/", "/hardy/tasks/act/"])
def test_a_stranger_is_asked_to_log_in_and_comes_back(page):
    answer = Client().get(page)

    assert answer.status_code == 302
    assert answer.url.startswith("/admin/login/?next=/hardy/")


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    ("permissions", "fields"),
    [
        (EVERYTHING, {"is_staff": False}),
        (all_but("view_job"), {}),
        ((), {}),
    ],
    ids=["customer", "may not view jobs", "may nothing"],
)
def test_whoever_is_no_staff_or_may_not_view_jobs_stays_outside(person, page, permissions, fields):
    assert person(*permissions, **fields).get(page).status_code == 403


@pytest.mark.parametrize(
    ("page", "permission"),
    [
        ("/hardy/errors/", "view_deadletter"),
        ("/hardy/errors/kind/", "view_deadletter"),
        ("/hardy/errors/fault/", "view_run"),
        ("/hardy/schedules/", "view_periodictask"),
        ("/hardy/workers/", "view_worker"),
    ],
)
def test_a_page_needs_its_own_permission_and_is_not_offered_without(person, page, permission):
    client = person(*all_but(permission))

    assert client.get(page).status_code == 403
    assert f'href="{page}"' not in client.get("/hardy/").content.decode()


def test_a_superuser_may_everything(db):
    client = Client()
    client.force_login(
        get_user_model().objects.create_superuser("root@example.com", password="a long password")
    )

    assert {client.get(page).status_code for page in PAGES} == {200, 404}


def test_without_the_permission_there_are_no_past_attempts(person):
    job = succeeded("orders.pack")
    client = person("view_job")

    assert "orders.pack" not in client.get("/hardy/tasks/").content.decode()
    assert "How attempts ended" not in client.get("/hardy/").content.decode()
    assert client.get("/hardy/task/", {"id": job}).status_code == 404


def test_arguments_and_results_are_shown_to_whoever_may_see_them(person):
    client = person(*EVERYTHING)

    for job in (
        sent("orders.pay", SECRET),
        succeeded("orders.pay", result=SECRET),
        died("orders.pay", (SECRET,)).job,
    ):
        assert SECRET in client.get("/hardy/task/", {"id": job}).content.decode()


def test_nothing_tells_of_arguments_and_results_without_the_permission(person):
    client = person(*all_but("view_arguments"))

    for job in (
        sent("orders.pay", SECRET),
        succeeded("orders.pay", result=SECRET),
        died("orders.pay", (SECRET,)).job,
    ):
        page = client.get("/hardy/task/", {"id": job}).content.decode()
        assert SECRET not in page
        assert "hardy.view_arguments" in page


def test_searching_for_a_secret_finds_it_only_for_whoever_may_see_it(person):
    sent("orders.pay", SECRET)
    sight = {"q": SECRET, "state": "waiting"}

    assert "orders.pay" not in person(*all_but("view_arguments")).get("/hardy/tasks/", sight).content.decode()
    get_user_model().objects.all().delete()
    assert "orders.pay" in person(*EVERYTHING).get("/hardy/tasks/", sight).content.decode()


@pytest.mark.parametrize("act", ["cancel", "now", "later"])
def test_a_job_is_moved_only_by_whoever_may_change_jobs(person, act):
    job = sent("orders.pay", countdown=3600)
    client = person(*all_but("change_job"))

    assert client.post(f"/hardy/task/?id={job}", {"act": act, "delay": "1h"}).status_code == 403
    assert 'name="act"' not in client.get(f"/hardy/task/?id={job}").content.decode()
    assert Job.objects.get(id=job).state == Job.State.HELD


@pytest.mark.parametrize("act", ["replay", "discard"])
def test_letters_are_decided_about_only_by_whoever_may(person, act):
    letter = died()
    client = person(*all_but(f"{act}_deadletter"))
    form = {"act": act, "letter": letter.pk, "note": "why", "confirmed": "yes"}

    assert client.post("/hardy/errors/decide/", form).status_code == 403
    assert f'value="{act}"' not in client.get("/hardy/task/", {"id": letter.job}).content.decode()
    assert DeadLetter.objects.filter(pk=letter.pk).exists()


@pytest.mark.parametrize(
    ("address", "form"),
    [
        ("/hardy/task/?id=x", {"act": "cancel"}),
        ("/hardy/errors/decide/", {"act": "replay", "letter": "1"}),
        ("/hardy/tasks/act/", {"act": "cancel", "which": "all"}),
        ("/hardy/queues/", {"act": "pause", "queue": "default"}),
        ("/hardy/queue/?name=default", {"act": "purge", "queue": "default", "typed": "default"}),
    ],
)
def test_a_form_of_another_site_is_refused(ada, address, form):
    ada.handler.enforce_csrf_checks = True

    assert ada.post(address, form).status_code == 403


def test_pages_bring_no_script_and_no_style_of_their_own(ada):
    job, letter = sent("orders.pay"), died()

    for page in (*PAGES, f"/hardy/task/?id={job}", f"/hardy/task/?id={letter.job}"):
        said = ada.get(page).content.decode()
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", said), page
        assert "http://" not in said.replace("http://www.w3.org/2000/svg", ""), page


def test_pages_are_not_kept_by_caches(ada):
    assert "no-store" in ada.get("/hardy/").headers["Cache-Control"]


def test_what_tasks_say_is_never_taken_for_html(ada):
    script = "<script>alert(1)</script>"
    letter = died(f"orders.{script}", (script,), error=ValueError(script), queue="default")

    pages = [
        "/hardy/",
        "/hardy/tasks/",
        f"/hardy/task/?id={letter.job}",
        "/hardy/errors/",
        f"/hardy/errors/fault/?fingerprint={letter.fingerprint}",
        f"/hardy/tasks/?q={script}",
        "/hardy/tasks/?state=dead",
        "/hardy/queues/",
        "/hardy/doctor/",
        f"/hardy/queue/?name={script}",
    ]
    for page in pages:
        assert script not in ada.get(page).content.decode(), page
    asked = ada.post("/hardy/tasks/act/", {"act": "replay", "state": "dead", "which": "all", "q": script})
    assert script not in asked.content.decode()
