"""Traces with OpenTelemetry: one from the request to the task to its sub-tasks, across the ledger.

Named in ``HARDY["POLICIES"]`` after the ledger::

    HARDY = {"POLICIES": ["hardy.worker.policy.Ledger", "hardy.telemetry.tracing.Tracing"]}

The context of the sender travels in the message, so it is there on every attempt, after a crash and after a replay.
Where OpenTelemetry's own instrumentation of Celery is switched on, its spans stand, and none are doubled.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from celery import signals
from celery.exceptions import Ignore, Reject, Retry

from hardy import attempt
from hardy.policy import Execution, Message, Policy
from hardy.telemetry.extras import require
from hardy.telemetry.last_words import DURING_THE_LAST_TASK, say_last_words
from hardy.telemetry.lost_attempts import tell_of_lost_attempts

#: Headers of a message: W3C's, and the span that the next one is linked to.
PARENT, STATE, LINK = "traceparent", "tracestate", "hardy_link"

#: What is no failure of a task.
CONTROL_FLOW = (Ignore, Reject, Retry)


@dataclass(slots=True)
class Open:
    """An attempt's span, and how its context is left."""

    job: str
    span: Any
    token: Any


class Tracing(Policy):
    """A ``send`` span for each task that is sent, and a ``process`` span for each attempt, its child.

    A retry is no child of the attempt before it but linked to it. A task that was sent for later (``countdown``,
    ``eta``) begins a trace of its own, linked to its sender, whose trace would else stay open for days.
    """

    def __init__(self) -> None:
        self._api = require("opentelemetry.trace", "otel")
        self._context = require("opentelemetry.context", "otel")
        self._carrier = require(
            "opentelemetry.trace.propagation.tracecontext", "otel"
        ).TraceContextTextMapPropagator()
        self._running = threading.local()
        signals.task_postrun.connect(self._ended, weak=False, dispatch_uid="hardy.tracing.end")
        signals.task_internal_error.connect(self._ended, weak=False, dispatch_uid="hardy.tracing.broken")
        say_last_words(flush, "tracing")
        tell_of_lost_attempts(self._lost)

    @property
    def _tracer(self) -> Any:
        # Asked each time: a project may set its provider after this policy was made, and in each child anew.
        return self._api.get_tracer("hardy")

    def around_send(self, call_next: Callable[[], Any], message: Message) -> Any:
        if is_instrumented():
            return call_next()
        task = message.app.current_worker_task
        again = message.options.get("task_id")
        if again is not None and task is not None and again == task.request.id:
            _add(message, self._of_a_retry(task.request))
            return call_next()
        kind = self._api.SpanKind.PRODUCER
        with self._tracer.start_as_current_span(f"send {message.name}", kind=kind) as span:
            headers: dict[str, str] = {}
            self._carrier.inject(headers)
            _add(message, {LINK: headers.get(PARENT, "")} if _is_for_later(message) else headers)
            sent = call_next()
            if span.is_recording():
                span.set_attributes(attributes("send", message.name, sent.id, message.options.get("queue")))
            return sent

    def around_run(self, call_next: Callable[[], Any], execution: Execution) -> Any:
        request = execution.request
        if request.is_eager:
            return call_next()
        span = self._begin(execution)
        try:
            return call_next()
        except CONTROL_FLOW as asked:
            span.set_attribute("hardy.outcome", type(asked).__name__.lower())
            if isinstance(asked, Retry) and isinstance(asked.exc, BaseException):
                span.record_exception(asked.exc)
            raise
        except BaseException as error:
            self._fail(span, error)
            raise

    def _begin(self, execution: Execution) -> Any:
        """Begin the attempt's span, which is current until Celery's trace is over: what follows belongs to it too."""
        request, task = execution.request, execution.task
        if is_instrumented():
            span = self._api.get_current_span()
            span.set_attributes(_of_attempt(request))
            return span
        parent = self._carrier.extract(_text(request, PARENT, STATE))
        link = self._api.get_current_span(
            self._carrier.extract({PARENT: request.get(LINK) or ""})
        ).get_span_context()
        span = self._tracer.start_span(
            f"process {task.name}",
            context=parent,
            kind=self._api.SpanKind.CONSUMER,
            links=[self._api.Link(link)] if link.is_valid else None,
            attributes={
                **attributes("process", task.name, request.id, _queue(request)),
                **_of_attempt(request),
            },
        )
        token = self._context.attach(self._api.set_span_in_context(span))
        self._running.open = Open(request.id, span, token)
        return span

    def _ended(self, task_id: str, **_: Any) -> None:
        """Receive the end of Celery's trace, whatever it was."""
        running: Open | None = getattr(self._running, "open", None)
        if running is not None and running.job == task_id:
            self._running.open = None
            self._context.detach(running.token)
            running.span.end()

    def _fail(self, span: Any, error: BaseException) -> None:
        span.record_exception(error)
        span.set_attributes({"error.type": type(error).__qualname__, "hardy.outcome": "failed"})
        span.set_status(self._api.StatusCode.ERROR, _said(error))

    def _of_a_retry(self, request: Any) -> dict[str, str]:
        """Headers of the next attempt: the parent of this one, and this one as what it is linked to."""
        mine: dict[str, str] = {}
        self._carrier.inject(mine)
        parent = _text(request, PARENT, STATE) or mine
        return {**parent, LINK: mine.get(PARENT, "")}

    def _lost(self, task: str, job: str, headers: dict[str, Any], began: int | None, worker: str) -> None:
        """Close the trace of an attempt whose process was killed, and its span with it."""
        if is_instrumented():
            return
        span = self._tracer.start_span(
            f"process {task}",
            context=self._carrier.extract(
                {key: str(headers[key]) for key in (PARENT, STATE) if headers.get(key)}
            ),
            kind=self._api.SpanKind.CONSUMER,
            start_time=began,
            attributes={
                **attributes("process", task, job, None),
                "hardy.outcome": "lost",
                "error.type": "lost",
            },
        )
        span.set_attribute("messaging.client.id", worker)
        span.set_status(self._api.StatusCode.ERROR, "The process that ran it was killed.")
        span.end()


def attributes(operation: str, task: str, job: str, queue: str | None) -> dict[str, str]:
    """Return what the conventions for messaging ask of a span. The task is named too: one queue carries many."""
    said = {
        "messaging.system": "celery",
        "messaging.operation.name": operation,
        "messaging.operation.type": operation,
        "messaging.message.id": job,
        "messaging.destination.name": queue or "",
        "celery.task_name": task,
    }
    return {name: value for name, value in said.items() if value}


def is_instrumented() -> bool:
    """Return whether OpenTelemetry's own instrumentation of Celery is switched on in this process."""
    module: Any = sys.modules.get("opentelemetry.instrumentation.celery")
    return module is not None and bool(module.CeleryInstrumentor().is_instrumented_by_opentelemetry)


def flush(within: float = DURING_THE_LAST_TASK) -> None:
    """Hand over what waits to be exported, within so many seconds: a pool child that ends has no other chance."""
    provider = require("opentelemetry.trace", "otel").get_tracer_provider()
    hand_over = getattr(provider, "force_flush", None)
    if hand_over is not None:
        hand_over(int(within * 1000))


def start(service: str) -> None:
    """Export traces by OTLP over HTTP, to where OpenTelemetry's own variables say (``OTEL_EXPORTER_OTLP_ENDPOINT``).

    For a project that has not set OpenTelemetry up itself; where it has, nothing is changed.
    """
    api, sdk = require("opentelemetry.trace", "otel"), require("opentelemetry.sdk.trace", "otel")
    if isinstance(api.get_tracer_provider(), sdk.TracerProvider):
        return
    exporter = require("opentelemetry.exporter.otlp.proto.http.trace_exporter", "otel").OTLPSpanExporter()
    batches = require("opentelemetry.sdk.trace.export", "otel").BatchSpanProcessor(exporter)
    resource = require("opentelemetry.sdk.resources", "otel").Resource.create({"service.name": service})
    provider = sdk.TracerProvider(resource=resource)
    provider.add_span_processor(batches)
    api.set_tracer_provider(provider)


def _add(message: Message, headers: dict[str, str]) -> None:
    own = {
        name: value
        for name, value in (message.options.get("headers") or {}).items()
        if name not in (PARENT, STATE, LINK)
    }
    message.options["headers"] = {**own, **{name: value for name, value in headers.items() if value}}


def _is_for_later(message: Message) -> bool:
    return bool(message.options.get("countdown") or message.options.get("eta"))


def _of_attempt(request: Any) -> dict[str, Any]:
    mine = attempt.current()
    number = mine.number if mine is not None and mine.job == request.id else (request.retries or 0) + 1
    root = request.root_id or request.id
    return {
        "hardy.attempt": number,
        "messaging.message.conversation_id": root,
        "messaging.client.id": request.hostname or "",
    }


def _queue(request: Any) -> str:
    return (request.delivery_info or {}).get("routing_key") or ""


def _text(request: Any, *names: str) -> dict[str, str]:
    """Return headers as text; one that somebody else has filled with anything else is left out."""
    return {name: value for name in names if isinstance(value := request.get(name), str) and value}


def _said(error: BaseException) -> str:
    try:
        return f"{type(error).__name__}: {error}"[:500]
    except Exception:  # its own code fails to say it
        return type(error).__name__
