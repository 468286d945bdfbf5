from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from celery.worker import state as celery_state

from hardy.db.clock import seconds_from_now
from hardy.ledger import identity, workers
from hardy.ledger.models import Worker
from hardy.transport.mailboxes import post
from hardy.transport.models import MailboxMessage
from hardy.worker.duties import FindLost, Heartbeat, Promote, Recover, Sweep
from tests.contracts.databases import ALIAS
from tests.contracts.rows import asked, jobs, make_due, outcomes, reserved, started

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def heartbeat(ledger: Any) -> Heartbeat:
    workers.register("worker", ["default"])
    return Heartbeat("worker", ["default"])


def test_a_heartbeat_is_as_frequent_as_the_setting_says(settings):
    settings.HARDY = {**settings.HARDY, "HEARTBEAT": timedelta(seconds=3)}

    assert Heartbeat("worker", []).every == timedelta(seconds=3)


def test_a_heartbeat_renews_the_row_and_writes_it_again_if_it_is_gone(heartbeat):
    Worker.objects.using(ALIAS).update(seen_at=seconds_from_now(-3600))
    heartbeat.tick()
    assert Worker.objects.using(ALIAS).filter(seen_at__gt=seconds_from_now(-10)).exists()

    Worker.objects.using(ALIAS).all().delete()
    heartbeat.tick()
    assert Worker.objects.using(ALIAS).get().id == identity.name()


def test_what_the_process_has_forgotten_is_given_back_when_it_was_missed_twice(heartbeat):
    started("running", identity.name())
    asked("waiting")
    reserved(identity.name())

    assert heartbeat.tick() == 0
    assert heartbeat.tick() == 2
    assert jobs() == {"running": "queued", "waiting": "queued"}
    assert (outcomes("running"), outcomes("waiting")) == (["lost"], [])


def test_a_cold_shutdown_is_no_crash(heartbeat, monkeypatch):
    started("running", identity.name())
    monkeypatch.setattr(celery_state, "should_terminate", 0)

    assert (heartbeat.tick(), heartbeat.tick()) == (0, 0)
    assert jobs() == {"running": "running"}


def test_held_jobs_are_promoted_when_their_time_has_come():
    asked("job-1", delay=60)
    make_due("job-1")

    assert Promote().tick() == 1
    assert jobs() == {"job-1": "queued"}


def test_the_ledger_itself_loses_nothing_that_a_broker_would():
    asked("job-1")

    assert FindLost().tick() == 0


def test_nobody_is_called_silent_by_who_has_only_just_begun_to_watch(settings):
    settings.HARDY = {
        **settings.HARDY,
        "HEARTBEAT": timedelta(seconds=1),
        "HEARTBEAT_TIMEOUT": timedelta(seconds=3),
    }
    name = identity.become("worker@elsewhere")
    workers.register("worker")
    Worker.objects.using(ALIAS).update(seen_at=seconds_from_now(-3600))
    started("running", name)

    assert Recover().tick() == 0
    assert jobs() == {"running": "running"}


def test_who_has_watched_long_enough_gives_back_what_the_silent_hold(settings):
    settings.HARDY = {
        **settings.HARDY,
        "HEARTBEAT": timedelta(milliseconds=1),
        "HEARTBEAT_TIMEOUT": timedelta(milliseconds=3),
    }
    name = identity.become("worker@elsewhere")
    workers.register("worker")
    started("running", name)
    Worker.objects.using(ALIAS).update(seen_at=seconds_from_now(-3600))
    duty = Recover()

    given_back = [duty.tick()]
    while not any(given_back) and len(given_back) < 1000:
        given_back.append(duty.tick())

    assert sum(given_back) == 1
    assert jobs() == {"running": "queued"}


def test_abandoned_mailboxes_are_swept(ledger, settings):
    settings.HARDY = {**settings.HARDY, "MAILBOX_EXPIRY": timedelta(minutes=5)}
    post(ledger, "old", {})
    MailboxMessage.objects.using(ALIAS).update(posted_at=seconds_from_now(-600))
    post(ledger, "new", {})

    assert Sweep().tick() == 1
    assert [message.mailbox for message in MailboxMessage.objects.using(ALIAS).all()] == ["new"]
