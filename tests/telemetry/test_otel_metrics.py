"""Metrics as a collector receives them: OTLP over HTTP, from a real worker whose children are killed."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from hardy.telemetry import serving
from hardy.telemetry.tally import Tally
from tests.acceptance.depot import Depot, hardy
from tests.fixtures.depots import Open
from tests.telemetry.receiving import receiving
from tests.waiting import until


class Collector:
    """An OTLP collector that keeps the latest value of each series; ``fell`` are those that went backwards."""

    def __init__(self) -> None:
        self.series: dict[tuple[str, frozenset[tuple[str, str]]], Any] = {}
        self.instances: set[str] = set()
        self.fell: list[Any] = []

    def take(self, body: bytes) -> None:
        for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics:
            about = {one.key: one.value.string_value for one in resource.resource.attributes}
            self.instances.add(about["service.instance.id"])
            for metric in (metric for scope in resource.scope_metrics for metric in scope.metrics):
                self._take(metric)

    def _take(self, metric: Any) -> None:
        kind = metric.WhichOneof("data")
        for point in getattr(metric, kind).data_points:
            labels = frozenset((one.key, one.value.string_value) for one in point.attributes)
            value = point.count if kind == "histogram" else point.as_int or point.as_double
            if kind != "gauge" and value < self.series.get((metric.name, labels), 0):
                self.fell.append((metric.name, labels))
            self.series[metric.name, labels] = value

    def value(self, name: str, **labels: str) -> float:
        wanted = {(key.replace("_", "."), value) for key, value in labels.items()}
        return sum(
            value for (found, has), value in self.series.items() if found == name and wanted <= _plain(has)
        )


def _plain(labels: frozenset[tuple[str, str]]) -> set[tuple[str, str]]:
    return {(key.replace("_", "."), value) for key, value in labels}


@pytest.fixture(scope="module")
def measured(open_depot: Open) -> Iterator[tuple[Depot, Collector]]:
    collector = Collector()
    with receiving(collector.take) as address:
        environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": address, "OTEL_METRIC_EXPORT_INTERVAL": "300"}
        with open_depot("sqlite", DEPOT_HARDY=hardy(OTEL_METRICS=True), **environment) as depot:
            depot.worker("--max-tasks-per-child=2")
            yield depot, collector


def test_attempts_are_counted_and_timed_by_task_and_outcome_through_the_death_of_children(
    measured: Any,
) -> None:
    depot, collector = measured
    good = [depot.send("fail", f"order {number}") for number in range(3)]
    killed = depot.send("kill_child", "once", 1)
    depot.wait_until_over(*good, killed, seconds=120)

    name = "messaging.client.consumed.messages"
    until(lambda: collector.value(name, celery_task_name="depot.fail", hardy_outcome="failed") >= 3)
    until(lambda: collector.value(name, celery_task_name="depot.kill_child", hardy_outcome="lost") >= 1)
    assert collector.value(name, error_type="failed", messaging_system="celery") >= 3
    assert collector.value("messaging.process.duration", celery_task_name="depot.fail") >= 3
    assert collector.value("hardy.wait.duration", celery_task_name="depot.fail") >= 3
    assert collector.fell == []
    assert len(collector.instances) == 1


def test_queues_are_told_with_their_depth(measured: Any) -> None:
    depot, collector = measured
    job = depot.send("fail", "later", countdown=3600)

    until(lambda: collector.value("hardy.queue.depth", hardy_state="later") >= 1)
    assert job


def test_a_tally_tells_who_listens_by_the_label_it_counts_under() -> None:
    heard: list[Any] = []

    class Listener:
        def waited(self, task: str, seconds: float) -> None:
            heard.append((task, seconds))

        def ended(self, task: str, outcome: str, seconds: float | None) -> None:
            heard.append((task, outcome, seconds))

    tally = Tally()
    tally.also_tell(Listener())

    tally.waited("orders.place", 1.0)
    tally.ended("", "failed", None)

    assert heard == [("orders.place", 1.0), ("other", "failed", None)]


def test_a_worker_without_the_package_says_what_is_missing_and_works(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.metrics", None)

    with caplog.at_level(logging.ERROR):
        assert serving._exporting() is None

    assert "pip install 'django-hardy[otel]'" in caplog.text
