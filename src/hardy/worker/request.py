"""What happens outside the body: a killed child, a hard time limit, a revoked or expired task.

Celery's worker tells its ``Request`` about these in the parent process, where no attempt is current. This class writes
down in the ledger what became of the attempt, and only then lets Celery report it.
"""

from __future__ import annotations

import logging
from typing import Any
from weakref import WeakValueDictionary

from billiard.einfo import ExceptionWithTraceback
from celery.exceptions import TimeLimitExceeded, WorkerLostError
from celery.worker import state as celery_state
from celery.worker.request import Request as CeleryRequest
from django.db import DatabaseError, InterfaceError, transaction
from kombu.utils.encoding import safe_repr

from hardy import events
from hardy.broker.foreign import adopt
from hardy.conf import settings
from hardy.defaults import limits_in_order
from hardy.ledger import failure, identity, recovery
from hardy.ledger.finish import Ending, Holder, end
from hardy.ledger.message import STAMP

logger = logging.getLogger(__name__)

#: Every delivery that Celery holds. Not by task id, as `celery.worker.state` has them: of a message that was delivered
#: twice, the end of the one must not hide the other.
_deliveries: WeakValueDictionary[int, Request] = WeakValueDictionary()

BEFORE_THE_CLAIM = ("held", "queued", "reserved")


class Request(CeleryRequest):  # type: ignore[misc]
    """A delivery of a job that is in the ledger; any other delivery behaves as Celery's own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.time_limits: Any = limits_in_order(self.task, *self.time_limits)
        if STAMP not in self._request_dict:
            self._request_dict[STAMP] = adopt(self._app, self._message)
        if self.stamp:
            _deliveries[id(self)] = self

    @property
    def stamp(self) -> dict[str, Any] | None:
        stamp: dict[str, Any] | None = self._request_dict.get(STAMP)
        return stamp

    def on_timeout(self, soft: bool, timeout: float) -> None:
        if soft or not self.stamp:
            super().on_timeout(soft, timeout)
            return
        ending = failure.failed(TimeLimitExceeded(timeout), reason="timed out", traceback="")
        if self._record(ending, "running"):
            super().on_timeout(soft, timeout)
        else:  # it ended just before the limit
            self._let_go()

    def on_failure(self, exc_info: Any, send_failed_event: bool = True, return_ok: bool = False) -> Any:
        error = exc_info.exception
        error = error.exc if isinstance(error, ExceptionWithTraceback) else error
        if self.stamp and isinstance(error, TimeLimitExceeded):
            # `on_timeout` follows, and tells: told twice, a chord would count this part twice.
            return self._let_go()
        if not self.stamp or not self._was_lost(error):
            return super().on_failure(exc_info, send_failed_event, return_ok)
        if self._lose() != recovery.Verdict.DEAD:
            logger.warning("%s[%s] lost its process (%s); it will run again", self.name, self.id, error)
            return self._let_go()
        return self._report_death(exc_info, error)

    def _announce_revoked(self, reason: str, terminated: bool, signum: Any, expired: bool) -> None:
        if self.stamp:
            word = "Expired" if expired else "Revoked"
            ending = Ending("cancelled", error_type=word, error=f"The task was {reason}.")
            self._record(ending, *BEFORE_THE_CLAIM, "running")
        super()._announce_revoked(reason, terminated, signum, expired)

    def _was_lost(self, error: BaseException) -> bool:
        if self._already_cancelled or self._already_revoked:
            return False
        return isinstance(error, (WorkerLostError, SystemExit, KeyboardInterrupt))

    def _lose(self) -> str:
        if is_shut_down_cold():
            return recovery.Verdict.GONE  # a cold shutdown is no crash: everything held goes back in one go
        try:
            return recovery.lose(self._holder("running"))
        except (DatabaseError, InterfaceError):
            logger.exception("%s[%s]: could not give the job back; the heartbeat will", self.name, self.id)
            return recovery.Verdict.GONE

    def _report_death(self, exc_info: Any, error: BaseException) -> None:
        """Tell the worker's listeners; whoever waits for the result has been told by the ledger."""
        self._let_go()
        self.send_event("task-failed", exception=safe_repr(error), traceback=exc_info.traceback)
        logger.error("%s[%s] crashed too often and is a dead letter now", self.name, self.id)

    def _let_go(self) -> None:
        celery_state.task_ready(self)
        self.acknowledge()

    def _record(self, ending: Ending, *states: str) -> bool:
        with transaction.atomic(using=settings.DATABASE):
            recorded = end(self._holder(*states), ending)
        if recorded and ending.reason:
            events.emit(events.job_died, self.name, job=self.id, reason=ending.reason, error=ending.error)
        return recorded

    def _holder(self, *states: str) -> Holder:
        token: int = self.stamp["token"] if self.stamp else 0
        return Holder(self.id, identity.name(), (token, token + 1), states)


def is_shut_down_cold() -> bool:
    """Return True once this worker has been told to end at once; Celery keeps the exit code, which may be 0."""
    exit_code = celery_state.should_terminate
    return exit_code is not None and exit_code is not False


def delivered() -> tuple[set[str], set[str]]:
    """Return the ids of the jobs of every delivery this process holds, and of those that Celery has not ended."""
    held = [request for reference in _deliveries.valuerefs() if (request := reference()) is not None]
    open_ = [request for request in held if _is_open(request)]
    return {request.id for request in held}, {request.id for request in open_}


def _is_open(request: Request) -> bool:
    return request in celery_state.reserved_requests or request in celery_state.active_requests
