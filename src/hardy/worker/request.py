"""What happens outside the body: a killed child, a hard time limit, a revoked or expired task.

Celery's worker tells its ``Request`` about these in the parent process, where no attempt is current. This class writes
down in the ledger what became of the attempt, and only then lets Celery report it.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any
from weakref import WeakValueDictionary

from billiard.einfo import ExceptionWithTraceback
from celery.exceptions import TimeLimitExceeded, WorkerLostError
from celery.worker import state as celery_state
from celery.worker.request import Request as CeleryRequest
from django.db import DatabaseError, InterfaceError
from kombu.utils.encoding import safe_repr

from hardy.broker.foreign import import_foreign
from hardy.defaults import limits_in_order
from hardy.ledger import failure, identity, recovery
from hardy.ledger.finish import Claim, End, finish
from hardy.ledger.message import LEDGER_HEADER
from hardy.ledger.record import Usage
from hardy.ledger.recovery import Rescue
from hardy.ledger.set_aside import BEFORE_THE_CLAIM
from hardy.worker.measuring import release
from hardy.worker.stopping import is_told_to_stop

logger = logging.getLogger(__name__)

#: Every delivery that Celery holds. Not by task id, as `celery.worker.state` has them: of a message that was delivered
#: twice, the end of the one must not hide the other.
_deliveries: WeakValueDictionary[int, Request] = WeakValueDictionary()


class RanOutOfMemory(Exception):
    """A task raised ``MemoryError``, as the worker's log and its events tell it."""


class Request(CeleryRequest):  # type: ignore[misc]
    """A delivery of a job that is in the ledger; any other delivery behaves as Celery's own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.time_limits: Any = limits_in_order(self.task, *self.time_limits)
        if LEDGER_HEADER not in self._request_dict:
            self._request_dict[LEDGER_HEADER] = import_foreign(self._app, self._message)
        if self.ledger_header:
            _deliveries[id(self)] = self

    @property
    def ledger_header(self) -> dict[str, Any] | None:
        header: dict[str, Any] | None = self._request_dict.get(LEDGER_HEADER)
        return header

    def on_timeout(self, soft: bool, timeout: float) -> None:
        if soft or not self.ledger_header:
            super().on_timeout(soft, timeout)
            return
        end = failure.failed(TimeLimitExceeded(timeout), task=self.name, reason="timed out", traceback="")
        end = replace(end, usage=Usage(release()))
        if finish(self._claim("running"), end):
            super().on_timeout(soft, timeout)
        else:  # it ended just before the limit
            self._let_go()

    def on_failure(self, exc_info: Any, send_failed_event: bool = True, return_ok: bool = False) -> Any:
        error = exc_info.exception
        error = error.exc if isinstance(error, ExceptionWithTraceback) else error
        if self.ledger_header and isinstance(error, TimeLimitExceeded):
            # `on_timeout` follows, and reports: reported twice, a chord would count this part twice.
            return self._let_go()
        if isinstance(error, MemoryError):
            # Celery would raise it here too, in the worker, which has memory enough, and end with all its tasks.
            exc_info.exception = RanOutOfMemory(*error.args)
        if not self.ledger_header or not self._was_lost(error):
            self._set_aside_if_never_claimed(error)
            return self._report_failure(exc_info, send_failed_event, return_ok)
        if self._rescue() != Rescue.DEAD:
            logger.warning("%s[%s] crashed (%s); it will run again", self.name, self.id, error)
            return self._let_go()
        return self._report_death(exc_info, error)

    def _report_failure(self, exc_info: Any, send_failed_event: bool, return_ok: bool) -> Any:
        """Have Celery report the failure. It reads the message once more, which may be why there is one."""
        try:
            return super().on_failure(exc_info, send_failed_event, return_ok)
        except (TypeError, ValueError, AttributeError, KeyError) as error:
            logger.error("%s[%s] cannot be read: %s", self.name, self.id, error)
            return self._let_go()

    def _announce_revoked(self, reason: str, terminated: bool, signum: Any, expired: bool) -> None:
        if self.ledger_header:
            word = "Expired" if expired else "Revoked"
            end = End("cancelled", error_type=word, error=f"The task was {reason}.")
            finish(self._claim(*BEFORE_THE_CLAIM, "running"), end)
        super()._announce_revoked(reason, terminated, signum, expired)

    def _was_lost(self, error: BaseException) -> bool:
        if self._already_cancelled or self._already_revoked:
            return False
        return isinstance(error, (WorkerLostError, SystemExit, KeyboardInterrupt))

    def _set_aside_if_never_claimed(self, error: BaseException) -> None:
        """A failure before the claim is the message's: its body cannot be read. Delivered again it would fail again."""
        if self.ledger_header is None:
            return
        token = self.ledger_header["token"]
        claim = Claim(self.id, identity.name(), (token, token), BEFORE_THE_CLAIM, self.name)
        try:
            finish(claim, failure.failed(error, task=self.name, outcome="rejected", reason="undecodable"))
        except (DatabaseError, InterfaceError):
            logger.exception(
                "%s[%s] could not be set aside; the heartbeat will look again", self.name, self.id
            )

    def _rescue(self) -> Rescue:
        if is_told_to_stop():
            # A deploy is no crash: everything held goes back in one go, and nothing is counted.
            return Rescue.GONE
        try:
            return recovery.rescue(self._claim("running"))
        except (DatabaseError, InterfaceError):
            logger.exception("%s[%s]: could not give the job back; the heartbeat will", self.name, self.id)
            return Rescue.GONE

    def _report_death(self, exc_info: Any, error: BaseException) -> None:
        """Send the worker's event; whoever waits for the result has been notified by the ledger."""
        self._let_go()
        self.send_event("task-failed", exception=safe_repr(error), traceback=exc_info.traceback)
        logger.error("%s[%s] crashed too often and is a dead letter now", self.name, self.id)

    def _let_go(self) -> None:
        celery_state.task_ready(self)
        self.acknowledge()

    def _claim(self, *states: str) -> Claim:
        header = self.ledger_header or {"token": 0, "attempts": 0}
        token: int = header["token"]
        attempt = header["attempts"] + (1 if self.time_start else 0)
        return Claim(self.id, identity.name(), (token, token + 1), states, task=self.name, attempt=attempt)


def delivered() -> tuple[set[str], set[str]]:
    """Return the ids of the jobs of every delivery this process holds, and of those that Celery has not ended."""
    held = [request for reference in _deliveries.valuerefs() if (request := reference()) is not None]
    open_ = [request for request in held if is_open(request)]
    return {request.id for request in held}, {request.id for request in open_}


def is_open(request: Request) -> bool:
    """Return whether Celery has not ended this delivery."""
    return request in celery_state.reserved_requests or request in celery_state.active_requests
