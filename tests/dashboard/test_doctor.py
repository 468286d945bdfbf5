"""The doctor: what is wrong now, what the checks find, and the production checklist."""

from __future__ import annotations

import celery
import pytest

from hardy.dashboard.doctor import PARTS
from hardy.ledger.pausing import pause
from hardy.telemetry.parts import parts
from tests.dashboard.tasks import alive, sent
from tests.dead_letters.letters import died

pytestmark = pytest.mark.usefixtures("desk")


def findings(client):
    return {finding.id: finding for finding in client.get("/hardy/doctor/").context["findings"]}


def met(client):
    return {item.title: item.is_met for item in client.get("/hardy/doctor/").context["checklist"]}


def test_each_part_of_background_work_has_a_why_and_a_remedy(db):
    assert {part.name for part in parts()} == set(PARTS)


def test_what_is_wrong_now_comes_first_with_why_and_what_to_do(ada):
    alive("default")
    sent(queue="reports")
    died()

    page = ada.get("/hardy/doctor/")

    first = page.context["findings"][0]
    assert (first.status, first.id) == ("wrong", "queues")
    assert first.what == "No worker reads the queue reports, where 1 job waits."
    assert "add it to a worker" in first.fix
    assert findings(ada)["dead letters"].status == "warning"
    assert "What to do:" in page.content.decode()


def test_a_part_that_is_well_is_named_and_no_finding(ada):
    alive("default")

    page = ada.get("/hardy/doctor/")

    assert "queues" in page.context["fine"]
    assert "queues" not in findings(ada)


def test_a_paused_queue_is_a_warning(ada):
    alive("default")
    pause("default")

    assert "is paused" in findings(ada)["queues"].what


def test_a_setting_that_hurts_is_found_live_with_the_hint_of_its_check(ada, monkeypatch):
    assert met(ada)["Long tasks are shared out fairly"]
    monkeypatch.setitem(celery.current_app.conf.changes, "worker_prefetch_multiplier", 8)

    found = findings(ada)["hardy.I001"]

    assert "CELERY_WORKER_PREFETCH_MULTIPLIER = 1" in found.fix
    assert met(ada)["Long tasks are shared out fairly"] is False


def test_what_is_silenced_stays_silent(ada, monkeypatch, settings):
    monkeypatch.setitem(celery.current_app.conf.changes, "worker_prefetch_multiplier", 8)
    settings.SILENCED_SYSTEM_CHECKS = ["hardy.I001"]

    assert "hardy.I001" not in findings(ada)


def test_the_checklist_says_what_it_cannot_see(ada):
    assert met(ada)["Workers are started again when they end"] is None
    assert met(ada)["Schedules fire once"] is None
    alive(kind="beat", name="beat@here")
    assert met(ada)["Schedules fire once"] is True
