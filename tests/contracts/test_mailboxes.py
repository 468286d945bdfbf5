from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections

from hardy.db.clock import seconds_from_now
from hardy.transport import mailboxes
from hardy.transport.models import Binding, MailboxMessage
from tests.contracts.databases import ALIAS, only
from tests.contracts.rows import at_once


@pytest.fixture
def database(app: Any) -> Iterator[Any]:
    return connections[ALIAS]


def let_age(model: Any, field: str, **which: str) -> None:
    assert model.objects.using(ALIAS).filter(**which).update(**{field: seconds_from_now(-600)})


def test_a_mailbox_gives_its_messages_once_and_in_order(database):
    for number in range(3):
        mailboxes.post(database, "mine", {"number": number, "text": "世界 🎈 50 %"})
    mailboxes.post(database, "theirs", {})

    letters = mailboxes.collect(database, {"mine"})

    assert [(box, letter["number"]) for box, letter in letters] == [("mine", 0), ("mine", 1), ("mine", 2)]
    assert letters[0][1]["text"] == "世界 🎈 50 %"
    assert mailboxes.collect(database, {"mine"}) == []
    assert len(mailboxes.collect(database, {"mine", "theirs"})) == 1


@only("sqlite")
def test_a_mailbox_fuller_than_a_statement_takes_parameters_is_emptied(database):
    for number in range(1_200):
        mailboxes.post(database, "mine", {"number": number})
    database.connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 999)

    assert len(mailboxes.collect(database, {"mine"})) == 1_200
    assert mailboxes.collect(database, {"mine"}) == []


def test_every_queue_bound_to_an_exchange_is_found(database):
    mailboxes.bind(database, "celery.pidbox", "", "worker-1")
    mailboxes.bind(database, "celery.pidbox", "", "worker-2")
    mailboxes.bind(database, "celeryev", "worker.#", "flower")

    assert sorted(mailboxes.bindings(database, "celery.pidbox")) == [("", "worker-1"), ("", "worker-2")]
    assert mailboxes.bindings(database, "celeryev") == [("worker.#", "flower")]
    assert mailboxes.bindings(database, "nothing") == []


def test_binding_again_keeps_one_binding_alive(database):
    mailboxes.bind(database, "celeryev", "#", "flower")
    let_age(Binding, "seen_at")

    at_once(*[lambda: mailboxes.bind(connections[ALIAS], "celeryev", "#", "flower")] * 3)

    assert mailboxes.sweep(database, 300) == 0
    assert mailboxes.bindings(database, "celeryev") == [("#", "flower")]


def test_a_mailbox_is_removed_with_its_bindings_and_its_messages(database):
    for queue in ("mine", "theirs"):
        mailboxes.bind(database, "celeryev", "#", queue)
        mailboxes.post(database, queue, {})

    mailboxes.remove(database, "mine")

    assert mailboxes.bindings(database, "celeryev") == [("#", "theirs")]
    assert [box for box, _ in mailboxes.collect(database, {"mine", "theirs"})] == ["theirs"]


def test_what_nobody_reads_any_more_is_swept(database):
    for queue in ("abandoned", "alive"):
        mailboxes.bind(database, "celeryev", "#", queue)
        mailboxes.post(database, queue, {})
    let_age(Binding, "seen_at", queue="abandoned")
    let_age(MailboxMessage, "posted_at", mailbox="abandoned")

    assert mailboxes.sweep(database, 300) == 2

    assert mailboxes.bindings(database, "celeryev") == [("#", "alive")]
    assert [box for box, _ in mailboxes.collect(database, {"abandoned", "alive"})] == ["alive"]
    assert mailboxes.sweep(database, 300) == 0
