"""The model-based test is worth its time: it finds each of these mistakes, planted one at a time.

By hand: ``pytest tests/ledger/test_model_catches.py -k token``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

import hardy
from hardy.broker import relay
from hardy.ledger import cancellation, claim, reserve
from hardy.ledger.finish import Claim
from hardy.ledger.models import Job
from tests.contracts.databases import only
from tests.ledger.model import Ledger

Plant = Callable[[pytest.MonkeyPatch], None]


def without(condition: str, statement: str) -> str:
    """A statement that no longer looks at one of its conditions; its parameters stay."""
    assert condition in statement
    return statement.replace(condition, f"(1 = 1 OR {condition})")


def a_claim_that_ignores_the_token(plant: pytest.MonkeyPatch) -> None:
    right = claim._claim
    plant.setattr(claim, "_claim", lambda dialect: without("token = %s", right(dialect)))


def an_end_that_ignores_the_token(plant: pytest.MonkeyPatch) -> None:
    right: Any = Claim.condition
    plant.setattr(
        Claim, "condition", property(lambda self: without("token BETWEEN %s AND %s", right.fget(self)))
    )


def a_mark_that_ignores_what_has_happened_since(plant: pytest.MonkeyPatch) -> None:
    """A row is marked as published although a worker was quicker."""

    def mark(rows: Any) -> int:
        ids = [row.id for row in rows]
        return Job.objects.filter(id__in=ids).update(state=Job.State.QUEUED)

    plant.setattr(relay, "mark_published", mark)


def a_recovery_that_queues_nothing_again(plant: pytest.MonkeyPatch) -> None:
    plant.setattr(reserve, "release", lambda worker, ids=None: 0)


def a_relay_that_trusts_the_broker(plant: pytest.MonkeyPatch) -> None:
    plant.setattr(relay, "find_lost", lambda app: 0)


def a_cancelling_that_takes_what_runs(plant: pytest.MonkeyPatch) -> None:
    plant.setattr(cancellation, "NOT_BEGUN", tuple(Job.State))


MISTAKES = [
    a_claim_that_ignores_the_token,
    an_end_that_ignores_the_token,
    a_mark_that_ignores_what_has_happened_since,
    a_recovery_that_queues_nothing_again,
    a_relay_that_trusts_the_broker,
    a_cancelling_that_takes_what_runs,
]


@only("sqlite")
@pytest.mark.parametrize("mistake", MISTAKES, ids=[mistake.__name__ for mistake in MISTAKES])
def test_the_model_finds(mistake: Plant, kind: str, model_app: hardy.Celery, monkeypatch: pytest.MonkeyPatch):
    mistake(monkeypatch)

    with pytest.raises(AssertionError):
        run_state_machine_as_test(
            lambda: Ledger(model_app),
            settings=settings(
                max_examples=400,
                stateful_step_count=50,
                deadline=None,
                derandomize=True,
                database=None,
                phases=[Phase.generate],  # found is enough; nobody reads the shortest way to it
                suppress_health_check=list(HealthCheck),
                print_blob=False,
            ),
        )
