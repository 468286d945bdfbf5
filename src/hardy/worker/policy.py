"""The ledger as a policy: sending writes a row, running claims it, and the end of the trace closes it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from traceback import clear_frames
from typing import Any, ClassVar, TypeVar

from celery.exceptions import Ignore, Reject

from hardy import attempt
from hardy.attempt import Again, Attempt
from hardy.broker.producer import LedgerProducer
from hardy.cause import CAUSE_HEADER, cause_of_what_is_sent
from hardy.db.failures import DATABASE_ERRORS, is_about_content, is_missing_schema
from hardy.db.outage import DatabaseAway, retry_while_away
from hardy.ledger import content_signing, identity
from hardy.ledger.claim import claim
from hardy.ledger.delivery import is_embedded
from hardy.ledger.message import LEDGER_HEADER
from hardy.ledger.set_aside import set_aside
from hardy.policy import Execution, Message, Policy
from hardy.snooze import Snooze
from hardy.worker import measuring, soft_limit
from hardy.worker.atomic import open_transaction
from hardy.worker.replacing import replace_this_process
from hardy.worker.signature import mismatch
from hardy.worker.stopping import is_told_to_stop
from hardy.worker.unrunnable import wait_for_matching_worker

logger = logging.getLogger(__name__)

Done = TypeVar("Done")


class Ledger(Policy):
    """Keeps every task as a row of the project's own database until it is finished.

    With ``CELERY_BROKER_URL = "hardy://"`` workers take rows straight from there. To any other broker a row is
    published once it has committed, and again if the broker loses it.
    """

    options: ClassVar[Mapping[str, str]] = {
        "atomic": "True: the body and its end share one transaction of the ledger's database",
        "durable": "False: the task skips the ledger and goes straight to the broker; a crash may lose it",
    }

    def around_send(self, call_next: Callable[[], Any], message: Message) -> Any:
        cause = cause_of_what_is_sent(message.app)
        if cause is not None:
            message.options["headers"] = {CAUSE_HEADER: cause, **(message.options.get("headers") or {})}
        if not _is_durable(message):
            message.options["headers"] = {**(message.options.get("headers") or {}), LEDGER_HEADER: None}
            return call_next()
        producer = LedgerProducer(message.app, message.options.get("countdown"))
        # Writing a row is no publishing: Celery must not look for a connection to retry it with.
        message.options |= {"producer": producer, "connection": None, "retry": False}
        try:
            return call_next()
        finally:
            producer.release()

    def around_run(self, call_next: Callable[[], Any], execution: Execution) -> Any:
        header = execution.request.get(LEDGER_HEADER)
        if execution.request.is_eager:
            return call_next()
        if not header:
            soft_limit.leave_to_billiard()
            return call_next()
        soft_limit.start_claiming()
        unfit = mismatch(execution)
        if unfit is not None:
            raise Ignore(
                _patiently(execution, lambda: wait_for_matching_worker(execution, header["token"], unfit))
            )
        mine = _patiently(execution, lambda: _claimed(execution, header))
        if mine is None:
            raise Ignore(
                f"{execution.task.name}[{execution.request.id}] was delivered again:"
                " another attempt has it, or it is done"
            )
        execution.request.eta = header["eta"]
        attempt.begin(mine)
        if getattr(execution.task, "atomic", False):
            mine.settle = open_transaction()
        return _watched(call_next, mine, execution)


def _claimed(execution: Execution, header: dict[str, Any]) -> Attempt | None:
    expected = {"token": header["token"], "attempts": header["attempts"]}
    return claim(execution.request.id, execution.task.name, identity.name(), **expected)


def _patiently(execution: Execution, act: Callable[[], Done]) -> Done:
    """Do what comes before the body, waiting for a database that is away; past that the job stays where it was."""
    try:
        return retry_while_away(
            f"{execution.task.name}[{execution.request.id}]",
            act,
            also=is_missing_schema,
            unless=is_told_to_stop,
        )
    except DatabaseAway as error:
        # Nothing has been run: to Celery this must not look like a failure of the task.
        raise Reject(error, requeue=True) from error
    except DATABASE_ERRORS as error:
        if is_about_content(error) and set_aside(
            execution.request.id, execution.request.get(LEDGER_HEADER)["token"], error
        ):
            raise Reject(error, requeue=False) from error
        # Delivered again at once it would be refused again at once; the ledger's duties find the row in their time.
        logger.exception(
            "%s[%s] cannot be claimed; its row is tried again later",
            execution.task.name,
            execution.request.id,
        )
        raise Reject(error, requeue=False) from error


def _watched(call_next: Callable[[], Any], mine: Attempt, execution: Execution) -> Any:
    """Run the body, remember how it ended, and from then on keep what follows for the closing transaction."""
    meter = measuring.start()
    try:
        with soft_limit.body(execution.task, execution.request):
            return call_next()
    except Snooze as snooze:
        mine.again = Again(None, snooze.seconds)
        mine.error = snooze
        raise
    except BaseException as error:
        mine.error = error
        if isinstance(error, MemoryError):
            clear_frames(
                error.__traceback__
            )  # what the body's frames hold on to is needed to report the failure
            replace_this_process("a task ran out of memory")
        raise
    finally:
        mine.usage = meter.stop()
        attempt.start_closing()


def _is_durable(message: Message) -> bool:
    """A task says ``durable=False``; where the ledger is the only broker, or signs, it is kept all the same."""
    task = message.options.get("task_type") or message.app._tasks.get(message.name)
    return getattr(task, "durable", True) is not False or is_embedded(message.app) or content_signing.is_on()
