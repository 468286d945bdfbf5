"""Runs in a process of the project: sends what was made up elsewhere, and writes broken rows and messages."""

from __future__ import annotations

import copy
import json
import uuid
from contextlib import contextmanager
from typing import Any

from tests.fuzz.strange import NAMES

#: Where the ledger's own text of a good message is kept while it is broken.
LATER = 3600


def send_all(inputs: list[tuple[str, str]], *, together: bool) -> list[dict[str, Any]]:
    """Send each; return what was refused and how, and the ids of the jobs that each left in the ledger.

    ``together``: in one transaction, as a view does under ATOMIC_REQUESTS.
    """
    from django.db import transaction

    if not together:
        return [_send(way, options) for way, options in inputs]
    with transaction.atomic():
        return [_send(way, options) for way, options in inputs]


def _send(way: str, text: str) -> dict[str, Any]:
    with _enqueued() as jobs:
        try:
            options = eval(text, dict(NAMES))  # noqa: S307 - the test wrote it
            globals()[f"by_{way}"](options)
        except Exception as error:
            return {"refused": type(error).__name__, "said": _said(error), "jobs": jobs}
    return {"refused": None, "jobs": jobs}


def _said(error: Exception) -> str:
    try:
        return ascii(str(error))[:300]
    except Exception:
        return "(it cannot be printed)"


@contextmanager
def _enqueued() -> Any:
    """The ids of the jobs that are enqueued meanwhile."""
    from hardy import events

    jobs: list[str] = []

    def note(job: str, **_: Any) -> None:
        jobs.append(job)

    events.job_enqueued.connect(note)
    try:
        yield jobs
    finally:
        events.job_enqueued.disconnect(note)


def by_apply_async(options: dict[str, Any]) -> None:
    _record().apply_async(("bad",), **options)


def by_send_task(options: dict[str, Any]) -> None:
    from depot import celery_app

    celery_app.send_task("depot.record", ("bad",), **options)


def by_set(options: dict[str, Any]) -> None:
    _record().s("bad").set(**options).delay()


def by_chain(options: dict[str, Any]) -> None:
    from celery import chain

    chain(_record().si("first"), _record().si("bad").set(**options)).delay()


def by_group(options: dict[str, Any]) -> None:
    from celery import group

    group(_record().si("first"), _record().si("bad").set(**options)).delay()


def by_chord(options: dict[str, Any]) -> None:
    from celery import chord

    chord([_record().si("first"), _record().si("bad").set(**options)], _record().si("body")).delay()


def by_link(options: dict[str, Any]) -> None:
    _record().apply_async(("first",), link=_record().si("bad").set(**options))


def by_link_error(options: dict[str, Any]) -> None:
    from depot.tasks import fail

    fail.apply_async(link_error=_record().si("bad").set(**options))


def by_retry(options: dict[str, Any]) -> None:
    from tests.fuzz.tasks import ask_again

    ask_again.delay(_as_text(options))


def by_replace(options: dict[str, Any]) -> None:
    from tests.fuzz.tasks import be_replaced

    be_replaced.delay(_as_text(options))


def by_snooze(options: dict[str, Any]) -> None:
    from tests.fuzz.tasks import sleep_on

    sleep_on.delay(_as_text(options))


def by_arguments(options: dict[str, Any]) -> None:
    _record().delay(next(iter(options.values())), detail=options)


def _as_text(options: dict[str, Any]) -> dict[str, Any]:
    """The worker gets what JSON carries of them; what it does not carry is refused here, not by hardy."""
    try:
        json.dumps(options)
    except RecursionError as error:
        raise ValueError("too deep for JSON") from error
    return options


def _record() -> Any:
    from depot.tasks import record

    return record


# rows


def insert_all(inputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Write a good row and break it with SQL; return for each the job's id, or that the database refused it."""
    return [_insert(one) for one in inputs]


def _insert(given: dict[str, Any]) -> dict[str, Any]:
    from django.db import Error, transaction

    job = _record().apply_async(("bad",), countdown=LATER).id
    columns = _broken_columns(job, given)
    try:
        with transaction.atomic():
            _update(job, columns)
    except (Error, ValueError) as error:  # the database itself takes no such row
        _cancel(job)
        return {"refused": type(error).__name__, "said": _said(error), "jobs": []}
    return {"refused": None, "jobs": [columns.get("id", job)]}


def _broken_columns(job: str, given: dict[str, Any]) -> dict[str, Any]:
    from hardy.ledger.models import Job

    columns = dict(given.get("columns", {}))
    if "id" in columns:
        columns["id"] = f"{columns['id']}{uuid.uuid4().hex[:8]}"
    if not columns:
        columns["message"] = as_text(json.loads(Job.objects.get(id=job).message), given)
    return columns


def _update(job: str, columns: dict[str, Any]) -> None:
    from depot import celery_app
    from django.db import connection

    from hardy.db.dialect import dialect_of
    from hardy.ledger.delivery import is_embedded

    start = "queued" if is_embedded(celery_app) else "held"
    columns = {"state": start, **columns}
    now = dialect_of(connection).now
    ready = "".join(f", {name} = {now}" for name in ("due_at", "enqueued_at") if name not in columns)
    sets = ", ".join(f"{name} = %s" for name in columns)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE hardy_job SET {sets}{ready} WHERE id = %s", [*columns.values(), job])


def _cancel(job: str) -> None:
    from hardy.ledger.models import Job

    Job.objects.filter(id=job).delete()


# messages


def as_text(payload: dict[str, Any], given: dict[str, Any]) -> str:
    """Return a good message with the given changes, or the given text in its place."""
    if "text" in given:
        return str(given["text"])
    return json.dumps(changed(payload, given))


def changed(payload: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    payload = copy.deepcopy(payload)
    if "body" in given:
        payload["body"] = given["body"]
        payload["properties"]["body_encoding"] = "utf-8"
    for change in given["changes"]:
        *way, last = change["path"]
        place: Any = payload
        for step in way:
            place = place.get(step) if isinstance(place, dict) else None
        if isinstance(place, dict):
            _put(place, last, change["value"])
    return payload


def _put(place: dict[str, Any], name: str, value: Any) -> None:
    if value == {"delete": True}:
        place.pop(name, None)
    else:
        place[name] = value
