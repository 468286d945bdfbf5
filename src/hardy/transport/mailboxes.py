"""Mailboxes: how control commands, their replies, events and broadcasts travel through the database.

They are no jobs: a message nobody reads is dropped with its mailbox. Each function takes the connection to use, because
control must work outside the caller's transaction.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Collection
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from hardy.db.dialect import dialect_of
from hardy.ledger.enqueue import CHANNEL

logger = logging.getLogger(__name__)

#: Messages deleted by one statement: SQLite limits its parameters.
CHUNK = 500


def bind(connection: BaseDatabaseWrapper, exchange: str, routing_key: str, queue: str) -> None:
    """Let ``queue`` receive what is published to ``exchange``; repeated calls keep the binding alive."""
    dialect = dialect_of(connection)
    keep = (
        "ON DUPLICATE KEY UPDATE seen_at = VALUES(seen_at)"
        if dialect.vendor == "mysql"
        else "ON CONFLICT (exchange, routing_key, queue) DO UPDATE SET seen_at = excluded.seen_at"
    )
    insert = "INSERT INTO hardy_binding (exchange, routing_key, queue, seen_at) VALUES (%s, %s, %s, "
    with connection.cursor() as cursor:
        cursor.execute(f"{insert}{dialect.now}) {keep}", [exchange, routing_key, queue])


def bindings(connection: BaseDatabaseWrapper, exchange: str) -> list[tuple[str, str]]:
    """Return (routing key, queue) of every binding of ``exchange``."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT routing_key, queue FROM hardy_binding WHERE exchange = %s", [exchange])
        return [(routing_key, queue) for routing_key, queue in cursor.fetchall()]


def post(connection: BaseDatabaseWrapper, mailbox: str, payload: dict[str, Any]) -> None:
    """Put one message into a mailbox."""
    dialect = dialect_of(connection)
    insert = f"INSERT INTO hardy_mailboxmessage (mailbox, payload, posted_at) VALUES (%s, %s, {dialect.now})"
    if dialect.vendor == "postgresql":
        insert = (
            f"WITH posted AS ({insert} RETURNING mailbox) SELECT pg_notify('{CHANNEL}', mailbox) FROM posted"
        )
    with connection.cursor() as cursor:
        cursor.execute(insert, [mailbox, json.dumps(payload)])


def collect(connection: BaseDatabaseWrapper, mailboxes: Collection[str]) -> list[tuple[str, dict[str, Any]]]:
    """Take every message out of ``mailboxes``, oldest first, as (mailbox, payload)."""
    marks = ", ".join(["%s"] * len(mailboxes))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, mailbox, payload FROM hardy_mailboxmessage WHERE mailbox IN ({marks}) ORDER BY id",
            list(mailboxes),
        )
        rows = cursor.fetchall()
        for start in range(0, len(rows), CHUNK):
            taken = [row[0] for row in rows[start : start + CHUNK]]
            marks = ", ".join(["%s"] * len(taken))
            cursor.execute(f"DELETE FROM hardy_mailboxmessage WHERE id IN ({marks})", taken)
    return [
        (mailbox, payload) for _, mailbox, text in rows if (payload := _decoded(mailbox, text)) is not None
    ]


def _decoded(mailbox: str, text: str) -> dict[str, Any] | None:
    """Return the payload, or None for one that is none: it must not keep the others from their reader."""
    try:
        payload = json.loads(text)
    except (ValueError, RecursionError):
        payload = None
    if not isinstance(payload, dict):
        logger.error("A message in the mailbox %s cannot be read and was dropped", mailbox)
        return None
    return payload


def remove(connection: BaseDatabaseWrapper, mailbox: str) -> None:
    """Drop a mailbox with its bindings and its messages."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM hardy_binding WHERE queue = %s", [mailbox])
        cursor.execute("DELETE FROM hardy_mailboxmessage WHERE mailbox = %s", [mailbox])


def sweep(connection: BaseDatabaseWrapper, older_than: float) -> int:
    """Drop bindings whose reader has not renewed them for ``older_than`` seconds, and unread messages as old."""
    dialect = dialect_of(connection)
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM hardy_binding WHERE seen_at < {dialect.later}", [dialect.seconds(-older_than)]
        )
        swept = int(cursor.rowcount)
        cursor.execute(
            f"DELETE FROM hardy_mailboxmessage WHERE posted_at < {dialect.later}",
            [dialect.seconds(-older_than)],
        )
        return swept + int(cursor.rowcount)
