"""What a paid order sets off, as rows of the ledger: not run, only asked for."""

from __future__ import annotations

import pytest

from apps.payments.tasks import charge_card
from config import celery_app
from hardy.ledger.models import Job


@pytest.fixture
def ledger(db):
    """Tasks are asked for as in production."""
    celery_app.conf.task_always_eager = False
    yield Job.objects
    celery_app.conf.task_always_eager = True


def test_a_paid_order_asks_for_receipt_crm_and_packing_each_in_its_queue(ledger, sandbox, pending_order):
    charge_card(pending_order.pk)

    assert dict(ledger.values_list("task", "queue")) == {
        "notifications.send_receipt": "default",
        "integrations.sync_to_crm": "high_priority",
        "orders.pack": "default",
    }


def test_charging_again_asks_for_nothing_more(ledger, sandbox, pending_order):
    charge_card(pending_order.pk)
    charge_card(pending_order.pk)

    assert ledger.count() == 3
