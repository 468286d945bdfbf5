"""What the CRM is told, and what if it does not listen. The retry test stands as in the patterns."""

from __future__ import annotations

import os
from unittest.mock import patch

import pytest
from celery.exceptions import Retry

from apps.core import vendors
from apps.core.vendors import VendorUnavailable
from apps.crm.models import Contact
from apps.crm.services import CRMClient
from apps.crm.tasks import sync_contact_to_crm
from apps.crm.work import contact_of
from apps.orders.models import Order, OrderEvent

pytestmark = pytest.mark.django_db


def test_a_connection_error_is_raised_after_one_call_when_eager():
    with patch("apps.crm.services.CRMClient.sync") as mock_sync:
        mock_sync.side_effect = ConnectionError("timeout")

        with pytest.raises(ConnectionError):
            sync_contact_to_crm.apply(args=[1], throw=True)

        assert mock_sync.call_count == 1


def test_the_task_keeps_its_contract():
    task = sync_contact_to_crm

    assert task.name == "integrations.sync_to_crm"
    assert (task.max_retries, task.default_retry_delay) == (5, 60)
    assert task.autoretry_for == (ConnectionError, TimeoutError)
    assert (task.retry_backoff, task.retry_backoff_max, task.retry_jitter) == (True, 600, True)


def test_the_crm_is_told_what_the_customer_has_paid(sandbox, paid_order):
    contact = contact_of(paid_order.user_id)

    record = sync_contact_to_crm.apply(args=[contact.pk]).get()

    [known] = sandbox.call("GET", "/crm/contacts").body
    assert known == record
    assert (known["id"], known["email"]) == (str(contact.pk), "ann@example.com")
    assert (known["orders"], known["spent"]) == (1, "25.00")


def test_telling_the_crm_twice_changes_nothing_there(sandbox, paid_order):
    contact = contact_of(paid_order.user_id)

    sync_contact_to_crm(contact.pk)
    sync_contact_to_crm(contact.pk)

    [known] = sandbox.call("GET", "/crm/contacts").body
    assert known["revision"] == 1
    assert paid_order.events.filter(kind=OrderEvent.Kind.CRM_SYNCED).count() == 1
    assert Contact.objects.get().synced_at is not None


def test_what_changes_while_the_crm_listens_is_said_as_well(sandbox, pending_order):
    """Another sync may have told the CRM of the payment already, and been overwritten by this one."""
    connection = vendors.client(os.getpid())

    def pay(_response):
        Order.objects.filter(pk=pending_order.pk).update(status=Order.Status.PROCESSING)

    connection.event_hooks = {"response": [pay]}
    try:
        sync_contact_to_crm(contact_of(pending_order.user_id).pk)
    finally:
        connection.event_hooks = {}

    [known] = sandbox.call("GET", "/crm/contacts").body
    assert (known["orders"], known["revision"]) == (1, 2)
    assert pending_order.events.filter(kind=OrderEvent.Kind.CRM_SYNCED).count() == 1


def test_an_unpaid_order_is_none_of_the_crms_business(sandbox, pending_order):
    sync_contact_to_crm(contact_of(pending_order.user_id).pk)

    [known] = sandbox.call("GET", "/crm/contacts").body
    assert known["orders"] == 0
    assert not pending_order.events.filter(kind=OrderEvent.Kind.CRM_SYNCED).exists()


def test_the_crm_says_how_long_to_wait(sandbox, customer, monkeypatch):
    contact = contact_of(customer.pk)
    sandbox.break_vendors(crm={"status": 429, "retry_after": 7, "times": 1})
    asked = []
    real = sync_contact_to_crm.retry
    monkeypatch.setattr(
        sync_contact_to_crm, "retry", lambda **how: asked.append(how["countdown"]) or real(**how)
    )

    with pytest.raises((Retry, CRMClient.RateLimitError)):
        sync_contact_to_crm.apply(args=[contact.pk], throw=True)

    assert asked == [7]


def test_a_crm_that_recovers_is_told_in_the_end(sandbox, customer, patience):
    contact = contact_of(customer.pk)
    sandbox.break_vendors(crm={"status": 503, "times": 3})

    result = sync_contact_to_crm.apply(args=[contact.pk])

    assert result.get()["email"] == "ann@example.com"


def test_a_crm_that_stays_away_fails_the_task(nobody, customer, patience):
    result = sync_contact_to_crm.apply(args=[contact_of(customer.pk).pk])

    assert result.state == "FAILURE"
    assert isinstance(result.result, VendorUnavailable)
