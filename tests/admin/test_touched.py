"""Tasks that touched a row, on the row's own page in a project's admin."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser, Permission
from django.template import Context, Template
from django.test import Client, RequestFactory

from apps.notifications.tasks import send_welcome_email
from tests.dashboard.tasks import sent, succeeded

pytestmark = pytest.mark.usefixtures("desk")

VIEWING = ("view_job", "view_run", "view_user")


def person(*permissions: str):
    user = get_user_model().objects.create_user("ada@example.com", password="a long password", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


def page_of(user) -> str:
    client = Client()
    client.force_login(user)
    return client.get(f"/admin/users/user/{user.pk}/change/").content.decode()


def touch(user) -> tuple[str, str]:
    """A job that waits and one that has ended, both about this user."""
    ended = succeeded(send_welcome_email.name, user.pk, result="a secret")
    return sent(send_welcome_email.name, user.pk, countdown=3600), ended


def test_the_page_of_a_row_shows_what_waits_and_what_has_ended():
    user = person(*VIEWING)
    waits, ended = touch(user)

    page = page_of(user)

    assert "Tasks that touched this row" in page
    assert page.count("notifications.send_welcome_email</a>") == 2
    assert f"?id={waits}" in page and f"?id={ended}" in page
    assert "a secret" not in page


def test_a_row_that_no_task_has_touched_says_so():
    page = page_of(person(*VIEWING))

    assert "None waits or runs." in page
    assert "None is in the history." in page


def test_whoever_may_view_jobs_alone_sees_these_alone():
    user = person("view_job", "view_user")
    waits, ended = touch(user)

    page = page_of(user)

    assert f"?id={waits}" in page and f"?id={ended}" not in page


def test_whoever_may_view_neither_sees_nothing_of_it():
    user = person("view_user")
    touch(user)

    assert "touched" not in page_of(user)


def test_a_template_of_the_project_shows_the_same():
    user = person(*VIEWING)
    touch(user)
    request = RequestFactory().get("/")
    template = Template("{% load hardy %}{% tasks_of row %}")

    request.user = user
    assert template.render(Context({"row": user, "request": request})).count("</a>") == 2
    request.user = AnonymousUser()
    assert template.render(Context({"row": user, "request": request})).strip() == ""
    assert template.render(Context({"row": user})).strip() == ""
