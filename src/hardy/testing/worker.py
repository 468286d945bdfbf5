"""One delivery, run as a worker would: Celery's own request and tracer, hardy's policies, claim and finish."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from celery.app.trace import trace_task_ret
from celery.exceptions import SoftTimeLimitExceeded
from celery.worker import state as celery_state
from kombu import Message, serialization
from kombu.utils.imports import symbol_by_name

from hardy import attempt
from hardy.base_exceptions import EndsTheProcess
from hardy.ledger.message import body_of, delivery_payload
from hardy.ledger.reserve import Reserved
from hardy.testing.clock import Clock
from hardy.testing.enqueued import call


class Killed(EndsTheProcess):
    """What a test does instead of ``kill -9``; no ``except Exception`` of the task survives it."""


class _HardLimit(EndsTheProcess):
    """The hard limit has passed by the test's clock."""


@dataclass(slots=True)
class Ran:
    """One attempt that a test ran: of which job, and how it ended."""

    id: str
    task: str
    args: Any
    kwargs: Any
    attempt: int
    parent: str | None
    #: ``succeeded``, ``failed``, ``retried``, ``snoozed`` …, as in the history; ``""`` if it was not its turn.
    outcome: str = ""
    #: What it raised, if it failed.
    error: BaseException | None = None
    #: The reason of its dead letter, or ``""``.
    dead: str = ""

    def __str__(self) -> str:
        return f"{call(self.task, self.args, self.kwargs)} {self.outcome}"


@dataclass(slots=True)
class Delivery:
    """A message on its way through a worker that lives in the test's thread."""

    app: Any
    clock: Clock
    row: Reserved
    request: Any = None
    _softly_told: bool = False
    _attempt: Any = None
    started: Any = field(default=None)

    def describe(self) -> Ran:
        """Read the message, and return what is known of the attempt before it begins."""
        self.request = self._request()
        request = self.request
        return Ran(
            request.id,
            request.name,
            tuple(request.args),
            request.kwargs,
            self.row.attempts + 1,
            request.parent_id,
        )

    def run(self) -> None:
        """Run it to its end; a task that is killed, or exceeds its hard limit, ends as it would in a worker."""
        if self.request.revoked():
            return
        self.started = self.clock.now()
        self.clock.moved = self._look_at_the_limits
        try:
            self._trace()
        except Killed:
            pass  # the ledger has given the job back
        except _HardLimit as limit:
            if self._attempt is not None and self._attempt.settle is not None:
                self._attempt.settle(limit)
            self.request.on_timeout(False, self._limits()[0])
        finally:
            self.clock.moved = Clock().moved
            celery_state.reserved_requests.discard(self.request)

    def _trace(self) -> None:
        request = self.request
        trace_task_ret(
            request.type, request.id, request.request_dict, request.body,
            request.content_type, request.content_encoding, app=self.app,
        )  # fmt: skip

    def _request(self) -> Any:
        payload = delivery_payload(
            self.row.message, job=self.row.id, token=self.row.token, attempts=self.row.attempts, queue=self.row.queue,
            tag=uuid.uuid4().hex,
        )  # fmt: skip
        properties = payload["properties"]
        message = Message(
            body=body_of(payload),
            delivery_tag=properties["delivery_tag"],
            content_type=payload["content-type"],
            content_encoding=payload["content-encoding"],
            delivery_info=properties["delivery_info"],
            properties=properties,
            headers=payload["headers"],
            accept=serialization.prepare_accept_content(self.app.conf.accept_content),
        )
        task = self._task(payload["headers"]["task"])
        kind = symbol_by_name(task.Request)
        request = kind(message, app=self.app, task=task, on_ack=_done, on_reject=_done, connection_errors=())
        request.maybe_expire = partial(_is_expired, request, self.clock)
        return request

    def _task(self, name: str) -> Any:
        try:
            return self.app.tasks[name]
        except KeyError:
            raise AssertionError(
                f"A job of {name!r} waits, but no task of this name is registered: a worker would leave it to one that "
                "knows it. Is its module imported, and does its name spell as it is sent?"
            ) from None

    def _look_at_the_limits(self) -> None:
        """Time has moved while the body runs: its limits are counted by the test's clock, and by no other."""
        mine = attempt.current()
        if mine is None or mine.job != self.request.id or mine.closing:
            return
        hard, soft = self._limits()
        passed = self.clock.now() - self.started
        if hard is not None and passed >= timedelta(seconds=hard):
            self._attempt = mine
            attempt.begin(None)  # the worker writes this end, not the process that it kills
            raise _HardLimit
        if soft is not None and passed >= timedelta(seconds=soft) and not self._softly_told:
            self._softly_told = True
            raise SoftTimeLimitExceeded

    def _limits(self) -> tuple[float | None, float | None]:
        hard, soft = self.request.time_limits
        return hard or self.request.task.time_limit, soft or self.request.task.soft_time_limit


def _is_expired(request: Any, clock: Clock) -> bool:
    return bool(request.expires and clock.now() > request.expires)


def _done(*_: Any, **__: Any) -> None:
    """There is no broker to acknowledge a message to."""
