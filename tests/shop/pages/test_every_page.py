"""What holds for each page."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.core.backstage import is_going_on
from hardy.ledger.models import Job, Run

pytestmark = pytest.mark.django_db

ADDRESSES = (
    *("/", "/basket/", "/orders/", "/reports/", "/backstage/", "/login/", "/register/"),
    *("/staff/import/", "/staff/warehouse/"),
)


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_has_one_heading_a_way_past_the_navigation_and_no_script_of_its_own(
    page, staff, product, address
):
    shown = page(address, staff)

    assert len(re.findall(r"<h1[ >]", shown)) == 1
    assert '<a class="skip" href="#content">' in shown and 'id="content"' in shown
    assert all("src=" in script for script in re.findall(r"<script[^>]*>", shown))
    assert not re.search(r"\son\w+=|\sstyle=", shown)


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_fetches_nothing_from_elsewhere(page, staff, product, address):
    assert not re.search(r'(src|href)="(https?:)?//(?!127\.0\.0\.1)', page(address, staff))


def test_the_browser_is_told_to_refuse_what_our_pages_never_ask_for(client, product):
    policy = client.get(f"/products/{product.pk}/")["Content-Security-Policy"]

    assert "default-src 'self'" in policy and "unsafe" not in policy
    assert "Content-Security-Policy" not in client.get("/api/")


def test_what_django_shows_to_developers_keeps_its_style(client, settings):
    settings.DEBUG = True

    assert "Content-Security-Policy" not in client.get("/no/such/page/")


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_field_has_a_label(page, staff, product, address):
    shown = page(address, staff)

    ids = re.findall(r'<(?:input|select|textarea)(?![^>]*type="hidden")[^>]*\sid="([^"]+)"', shown)
    labelled = re.findall(r'<label[^>]*\sfor="([^"]+)"', shown)
    assert set(ids) <= set(labelled)


def test_production_shows_no_ways_behind_the_counter(page, settings, customer, staff):
    settings.MAILBOX_URL, settings.DEMONSTRATION = "", False

    shown = page("/", customer)
    assert "Mailbox" not in shown and "demo / demo" not in shown and "/backstage/" not in shown
    page("/backstage/", customer, status=403)
    page("/backstage/", staff)


def run(task, **fields):
    moment = timezone.now()
    started = moment - timedelta(milliseconds=120)
    usual = {"job": "1", "queue": "default", "outcome": Run.Outcome.SUCCEEDED, "attempt": 1}
    times = {"enqueued_at": started, "due_at": started, "started_at": started, "finished_at": moment}
    return Run.objects.create(task=task, **{**usual, **times, **fields})


def test_backstage_shows_what_was_done_and_what_waits(page):
    moment = timezone.now()
    run("orders.pack")
    times = {"enqueued_at": moment, "due_at": moment + timedelta(hours=1)}
    Job.objects.create(
        id="2", task="notifications.send_reminder", queue="low_priority", state=Job.State.HELD, **times
    )

    shown = page("/backstage/")

    assert "orders.pack" in shown and "120 ms" in shown
    assert "notifications.send_reminder" in shown
    assert "Nobody is working" in shown


def test_the_strip_at_the_foot_tells_the_last_task(page):
    run("orders.pack")

    strip = page("/backstage/strip/")

    assert "0 workers" in strip and "orders.pack" in strip and "<html" not in strip


def test_a_run_that_never_started_took_no_time(page):
    run("orders.pack", started_at=None)

    assert " ms" not in page("/backstage/")


def test_a_task_that_is_planned_often_takes_one_line(page):
    moment = timezone.now()
    for number in range(3):
        times = {"enqueued_at": moment, "due_at": moment + timedelta(hours=number + 1)}
        Job.objects.create(
            id=number, task="notifications.send_reminder", queue="default", state="held", **times
        )

    shown = page("/backstage/")

    assert shown.count("notifications.send_reminder") == 1 and "× 3" in shown


def test_what_is_planned_is_not_going_on():
    moment = timezone.now()
    times = {"enqueued_at": moment, "due_at": moment + timedelta(hours=1)}
    Job.objects.create(id="1", task="orders.pack", queue="default", state=Job.State.HELD, **times)
    assert not is_going_on("orders.")

    Job.objects.update(due_at=moment)
    assert is_going_on("orders.")
