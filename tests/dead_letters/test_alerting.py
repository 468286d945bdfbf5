"""The alert on growth, by real mail and a real webhook."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from hardy.conf import settings as hardy_settings
from hardy.db.clock import seconds_from_now
from hardy.dead_letters import alerts
from hardy.dead_letters.duties import WatchGrowth
from hardy.ledger.alarm import Alarm
from tests.contracts.databases import ALIAS
from tests.contracts.rows import at_once
from tests.dead_letters.letters import died, letters


@dataclass
class Hook:
    """A webhook: what it was sent, and what it answers."""

    url: str = ""
    status: int = 204
    heard: list[Any] = field(default_factory=list)


@contextmanager
def listening() -> Iterator[Hook]:
    hook = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            hook.heard.append((self.headers["Content-Type"], json.loads(body)))
            self.send_response(hook.status)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        hook.url = f"http://127.0.0.1:{server.server_port}/hook"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield hook
        finally:
            server.shutdown()
            thread.join(10)


@pytest.fixture
def hook() -> Iterator[Hook]:
    with listening() as hook:
        yield hook


@pytest.fixture
def alert(app, settings):
    """A function that writes HARDY["DEAD_ALERT"]."""

    def write(**alert):
        settings.HARDY = {**settings.HARDY, "DEAD_ALERT": alert}

    return write


def tick() -> int:
    return WatchGrowth().tick()


def let_the_window_pass() -> None:
    assert Alarm.objects.using(ALIAS).update(sent_at=seconds_from_now(-7200))


def test_nobody_is_told_by_default(app):
    died()

    assert hardy_settings.DEAD_ALERT is None
    assert tick() == 0


def test_the_webhook_hears_of_growth_once_in_a_window(alert, hook):
    alert(threshold=2, webhook=hook.url)
    died("orders.place", error=KeyError("x"))
    assert tick() == 0

    died("orders.place", error=KeyError("x"))
    assert tick() == 1
    died()
    assert tick() == 0

    ((kind, said),) = hook.heard
    assert kind == "application/json"
    assert said == {
        "event": "dead_letters_growing",
        "text": "[hardy] 2 tasks became dead letters within 1 hour",
        "count": 2,
        "window_seconds": 3600.0,
        "total": 2,
        "kinds": [{"task": "orders.place", "reason": "failed", "error_type": "KeyError", "count": 2}],
    }


def test_the_next_window_has_an_alert_of_its_own(alert, hook):
    alert(threshold=1, webhook=hook.url)
    died()
    tick()
    let_the_window_pass()

    assert tick() == 1
    assert len(hook.heard) == 2


def test_letters_from_before_the_window_are_no_growth(alert, hook):
    alert(threshold=1, webhook=hook.url, window=timedelta(minutes=10))
    died()
    letters().update(died_at=seconds_from_now(-660))

    assert tick() == 0
    assert hook.heard == []


def test_a_mail_goes_to_every_recipient(alert, settings, sandbox, kind):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sandbox.smtp_port
    recipients = [f"ada.{kind}@example.com", f"bob.{kind}@example.com"]
    alert(threshold=1, mail=recipients)
    died("orders.place", error=KeyError("x"))

    assert tick() == 1

    for recipient in recipients:
        mail = sandbox.wait_for_mail_to(recipient)
        assert mail["subject"] == "[hardy] 1 task became a dead letter within 1 hour"
        assert "     1  orders.place  KeyError" in mail["text"]
        assert "manage.py hardy dead list" in mail["text"]


def test_a_channel_that_fails_is_tried_again_and_the_other_is_not_told_twice(alert, settings, hook, caplog):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    alert(threshold=1, webhook=hook.url, mail=["ada@example.com"])
    hook.status = 500
    died()

    assert tick() == 1
    assert "did not get out by webhook" in caplog.text
    hook.status = 204
    assert tick() == 1
    assert tick() == 0

    from django.core import mail

    assert len(mail.outbox) == 1
    assert len(hook.heard) == 2


def test_of_several_processes_one_tells(alert, hook):
    alert(threshold=1, webhook=hook.url)
    died()

    told = at_once(*[lambda: alerts.watch(alerts.rule())] * 3)

    assert sum(told) == 1
    assert len(hook.heard) == 1


def test_a_window_is_written_in_words():
    written = {90: "90 seconds", 60: "1 minute", 600: "10 minutes", 7200: "2 hours", 86_400: "1 day"}

    for seconds, words in written.items():
        growth = alerts.Growth(3, timedelta(seconds=seconds), 3, [])
        assert growth.subject.endswith(f"within {words}")
