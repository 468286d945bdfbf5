"""Revoking: tasks that are stopped from outside."""

from __future__ import annotations

import uuid
from typing import Any

from celery import chord, group

from tests.conformance.claim import claim, tasks
from tests.conformance.observing import answer, finish, is_active, noted, notes, outcome
from tests.waiting import until


@claim([["REVOKED", "TaskRevokedError('revoked')"], []])
def a_waiting_task_that_is_revoked_does_not_run() -> Any:
    result = tasks.note.apply_async(("revoked",), countdown=3)
    result.revoke()
    return [outcome(result), notes(result)]


@claim(["REVOKED", "TaskRevokedError('revoked')"])
def a_task_that_is_revoked_before_it_is_sent_does_not_run() -> Any:
    result = tasks.add.app.AsyncResult(str(uuid.uuid4()))
    result.revoke()
    until(lambda: result.id in answer("revoked"), otherwise="the worker does not know of it")
    tasks.note.apply_async(("revoked",), task_id=result.id)
    return outcome(result)


@claim([["REVOKED", "TaskRevokedError('terminated')"], 1])
def a_running_task_that_is_terminated_is_revoked() -> Any:
    result = tasks.hang.delay()
    noted(result, "begun")
    result.revoke(terminate=True)
    return [outcome(result), len(notes(result))]


@claim(["REVOKED", "TaskRevokedError('terminated')"])
def a_running_task_may_be_ended_with_another_signal() -> Any:
    result = tasks.hang.delay()
    noted(result, "begun")
    result.revoke(terminate=True, signal="SIGKILL")
    return outcome(result)


@claim(["SUCCESS", "finished"])
def a_running_task_that_is_revoked_without_termination_goes_on() -> Any:
    result = tasks.start_and_finish.delay()
    noted(result, "begun")
    result.revoke()
    until(lambda: result.id in answer("revoked"), otherwise="the worker does not know of it")
    finish(result)
    return outcome(result)


@claim([["REVOKED", "TaskRevokedError('revoked')"]] * 2)
def revoking_a_group_revokes_its_parts() -> Any:
    result = group(tasks.note.s(1), tasks.note.s(2)).apply_async(countdown=3)
    result.revoke()
    return [outcome(part) for part in result.results]


@claim(["REVOKED", "TaskRevokedError('revoked')"])
def several_tasks_are_revoked_at_once() -> Any:
    results = [tasks.note.apply_async(("revoked",), countdown=3) for _ in range(2)]
    tasks.add.app.control.revoke([result.id for result in results])
    first, second = (outcome(result) for result in results)
    return first if first == second else [first, second]


@claim([["REVOKED", "TaskRevokedError('terminated')"]])
def running_tasks_are_revoked_by_their_stamps() -> Any:
    sig = tasks.hang.s()
    stamp = str(uuid.uuid4())
    sig.stamp(customer=stamp)
    result = sig.delay()
    # Stamps are looked for among the active tasks alone, and a task begins before its worker hears of it.
    until(lambda: is_active(result), otherwise="the worker does not say that it runs")
    tasks.add.app.control.revoke_by_stamped_headers({"customer": stamp}, terminate=True)
    return [outcome(result)]


@claim([["FAILURE", "ChordError(\"TaskRevokedError('revoked')\")"], ["SUCCESS", 2]])
def a_chord_with_a_revoked_part_fails() -> Any:
    parts = [tasks.double.s(1), tasks.note.s("revoked").set(countdown=3)]
    result = chord(parts, tasks.echo.s()).delay()
    result.parent.results[1].revoke()
    return [outcome(result), outcome(result.parent.results[0])]
