"""Traces as a collector receives them: OTLP over HTTP, from a real sender and a real worker."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from tests.acceptance.depot import Depot, hardy
from tests.fixtures.depots import Open
from tests.telemetry.receiving import receiving
from tests.waiting import until

POLICIES = ["hardy.worker.policy.Ledger", "hardy.telemetry.tracing.Tracing"]


@dataclass(frozen=True)
class Span:
    trace: bytes
    id: bytes
    parent: bytes
    name: str
    attributes: dict[str, Any]
    links: list[bytes]
    status: int
    seconds: float


class Collector:
    """An OTLP collector that keeps what it is sent."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.services: set[str] = set()

    def take(self, body: bytes) -> None:
        request = ExportTraceServiceRequest.FromString(body)
        for resource in request.resource_spans:
            self.services |= {
                one.value.string_value for one in resource.resource.attributes if one.key == "service.name"
            }
            for scope in resource.scope_spans:
                self.spans += [span_of(one) for one in scope.spans]

    def named(self, name: str, job: str | None = None) -> list[Span]:
        return [
            span
            for span in self.spans
            if span.name == name and job in (None, span.attributes.get("messaging.message.id"))
        ]

    def wait_for(self, name: str, job: str | None = None, times: int = 1) -> list[Span]:
        until(
            lambda: len(self.named(name, job)) >= times,
            otherwise=lambda: (
                f"no {name!r} of {job} among {[(s.name, s.attributes.get('messaging.message.id')) for s in self.spans]}"
            ),
        )
        return self.named(name, job)


def span_of(one: Any) -> Span:
    attributes = {item.key: getattr(item.value, item.value.WhichOneof("value")) for item in one.attributes}
    took = (one.end_time_unix_nano - one.start_time_unix_nano) / 1e9
    links = [link.span_id for link in one.links]
    return Span(
        one.trace_id, one.span_id, one.parent_span_id, one.name, attributes, links, one.status.code, took
    )


@contextmanager
def collecting() -> Iterator[tuple[Collector, str]]:
    collector = Collector()
    with receiving(collector.take) as address:
        yield collector, address


@contextmanager
def traced(
    open_depot: Open, *options: str, pause: float = 0.2, **environment: str
) -> Iterator[tuple[Depot, Collector]]:
    """A project and a worker of it that exports its spans after so many seconds, if nothing else makes it."""
    with (
        collecting() as (collector, address),
        open_depot(
            "sqlite", DEPOT_HARDY=hardy(POLICIES=POLICIES), DEPOT_PLUGINS="depot.traced",
            OTEL_EXPORTER_OTLP_ENDPOINT=address, OTEL_BSP_SCHEDULE_DELAY=str(round(pause * 1000)), **environment,
        ) as depot,
    ):  # fmt: skip
        depot.worker(*options)
        yield depot, collector


@pytest.fixture(scope="module")
def tracing(open_depot: Open) -> Iterator[tuple[Depot, Collector]]:
    with traced(open_depot) as both:
        yield both


REQUEST = """
from opentelemetry import trace
from hardy.telemetry.tracing import flush
with trace.get_tracer("web").start_as_current_span("POST /orders"):
    job = app.tasks[task].apply_async(args, **options).id
flush()
job
"""


def requested(depot: Depot, task: str, *args: object, **options: object) -> str:
    """Send a task out of a request, whose span is exported at once."""
    return str(depot.run(REQUEST, task=f"depot.{task}", args=args, options=options))


def test_one_trace_leads_from_the_request_to_the_task_to_its_sub_tasks(tracing: Any) -> None:
    depot, collector = tracing
    job = requested(depot, "send_others", "traced")
    depot.wait_until_empty()

    [process] = collector.wait_for("process depot.send_others", job)
    [sent] = collector.named("send depot.send_others", job)
    request = next(span for span in collector.named("POST /orders") if span.id == sent.parent)
    assert (process.parent, process.trace, sent.trace) == (sent.id, request.trace, request.trace)
    first, second = sorted(
        collector.wait_for("process depot.add", times=2), key=lambda span: span.trace != request.trace
    )
    assert {first.trace, second.trace} == {request.trace}
    records = [one for one in collector.wait_for("process depot.record") if one.trace == request.trace]
    [record] = records
    [its_sending] = [one for one in collector.named("send depot.record") if one.id == record.parent]
    assert its_sending.parent == process.id


def test_a_task_for_later_has_its_own_trace_linked_to_its_sender(tracing: Any) -> None:
    depot, collector = tracing
    job = requested(depot, "record", "later", countdown=0.2)
    depot.wait_until_over(job)

    [process] = collector.wait_for("process depot.record", job)
    [sent] = collector.named("send depot.record", job)
    assert process.trace != sent.trace and process.parent == b""
    assert process.links == [sent.id]


def test_each_attempt_is_a_span_and_a_retry_is_linked_to_the_one_before(tracing: Any) -> None:
    depot, collector = tracing
    job = requested(depot, "retry", "traced again", 2)
    depot.wait_until_over(job)

    attempts = sorted(
        collector.wait_for("process depot.retry", job, times=3),
        key=lambda one: one.attributes["hardy.attempt"],
    )
    assert [one.attributes["hardy.attempt"] for one in attempts] == [1, 2, 3]
    assert [one.attributes.get("hardy.outcome") for one in attempts] == ["retry", "retry", None]
    assert [one.links for one in attempts] == [[], [attempts[0].id], [attempts[1].id]]
    assert len({(one.trace, one.parent) for one in attempts}) == 1
    assert len(collector.named("send depot.retry", job)) == 1


def test_a_span_says_what_the_conventions_for_messaging_ask_for(tracing: Any) -> None:
    depot, collector = tracing
    job = requested(depot, "record", "attributes")
    depot.wait_until_over(job)

    [process] = collector.wait_for("process depot.record", job)
    assert process.attributes == {
        "messaging.system": "celery",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": "celery",
        "messaging.message.id": job,
        "messaging.message.conversation_id": job,
        "messaging.client.id": "one@depot",
        "celery.task_name": "depot.record",
        "hardy.attempt": 1,
    }
    assert collector.services == {"depot"}


def test_a_failure_is_an_error_and_a_rejection_is_none(tracing: Any) -> None:
    depot, collector = tracing
    failed, rejected = requested(depot, "fail", "odd"), requested(depot, "reject", "no", False)
    depot.wait_until_over(failed, rejected)

    [bad] = collector.wait_for("process depot.fail", failed)
    [refused] = collector.wait_for("process depot.reject", rejected)
    assert (bad.status, bad.attributes["error.type"]) == (Status.STATUS_CODE_ERROR, "Odd")
    assert refused.status == Status.STATUS_CODE_UNSET


def test_nothing_is_lost_of_a_process_that_runs_one_task(open_depot: Open) -> None:
    with traced(open_depot, "--max-tasks-per-child=1", pause=3600) as (depot, collector):
        job = requested(depot, "record", "only")

        [span] = collector.wait_for("process depot.record", job)
        assert span.parent == collector.named("send depot.record", job)[0].id


def test_the_trace_of_an_attempt_that_was_killed_is_closed(open_depot: Open) -> None:
    with traced(open_depot, pause=3600) as (depot, collector):
        job = requested(depot, "kill_child", "killed")
        depot.wait_until_over(job)
        depot.processes[0].signal(signal.SIGTERM)  # the worker itself has told of it, and ends

        spans = collector.wait_for("process depot.kill_child", job, times=2)
        [sent] = collector.named("send depot.kill_child", job)
        assert {one.attributes.get("hardy.outcome") for one in spans} == {"lost", None}
        assert {one.parent for one in spans} == {sent.id}


def test_beside_the_instrumentation_of_others_no_span_is_doubled(open_depot: Open) -> None:
    with traced(open_depot, DEPOT_CONTRIB="1") as (depot, collector):
        job = requested(depot, "record", "contrib")
        depot.wait_until_over(job)

        until(lambda: [span for span in collector.spans if span.name == "run/depot.record"])
        names = [span.name for span in collector.spans]
        assert sorted(names) == ["POST /orders", "apply_async/depot.record", "run/depot.record"]
        [run] = [span for span in collector.spans if span.name == "run/depot.record"]
        assert run.attributes["hardy.attempt"] == 1
        assert {span.trace for span in collector.spans} == {run.trace}


def test_a_collector_that_is_away_stops_no_task(open_depot: Open) -> None:
    with open_depot(
        "sqlite", DEPOT_HARDY=hardy(POLICIES=POLICIES), DEPOT_PLUGINS="depot.traced",
        OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1",
    ) as depot:  # fmt: skip
        depot.worker()
        jobs = [depot.send("record", f"away-{number}") for number in range(2)]

        depot.wait_until_over(*jobs)

        assert [depot.outcomes(job) for job in jobs] == [["succeeded"]] * 2


def test_without_the_policy_nothing_of_it_is_imported(open_depot: Open) -> None:
    with open_depot("sqlite") as depot:
        assert (
            json.dumps(
                depot.run("import sys; [name for name in sys.modules if name.startswith('opentelemetry')]")
            )
            == "[]"
        )
