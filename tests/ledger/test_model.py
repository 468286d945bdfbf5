"""Whatever happens in whatever order: no job is lost, none has two live attempts, each ends once."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

import hardy
from tests.contracts.databases import only
from tests.ledger.model import Ledger

EXAMPLES = {"sqlite": 40, "postgresql": 12}


@only("sqlite", "postgresql")
def test_no_order_of_events_loses_doubles_or_revives_a_job(kind: str, model_app: hardy.Celery) -> None:
    machine: Callable[[], Ledger] = lambda: Ledger(model_app)  # noqa: E731
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES[kind],
            stateful_step_count=50,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
