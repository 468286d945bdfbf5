"""What placing an order leaves for the workers, and how it goes on: the example of docs/testing.md."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.core import mail

from apps.core.vendors import VendorError
from apps.notifications.tasks import send_receipt, send_reminder
from apps.orders import services
from apps.orders.models import Order
from apps.orders.services import Wanted
from apps.orders.tasks import mark_order_shipped, pack_order
from apps.payments.tasks import charge_card


def test_an_order_asks_for_its_charge_and_two_reminders(hardy_jobs, customer, product):
    order = services.place_order(customer, [Wanted(product, 1)])

    hardy_jobs.assert_enqueued(charge_card, args=[order.pk])
    hardy_jobs.assert_enqueued(send_reminder, after=timedelta(seconds=settings.REMINDER_AFTER_SECONDS))
    hardy_jobs.assert_enqueued(send_reminder, after=settings.LAST_REMINDER_AFTER)
    hardy_jobs.refute_enqueued(pack_order)


def test_an_order_is_shipped_by_the_workers(hardy_jobs, sandbox, customer, product):
    order = services.place_order(customer, [Wanted(product, 1)])
    hardy_jobs.drain()

    order.refresh_from_db()
    assert order.status == Order.Status.SHIPPED
    hardy_jobs.assert_enqueued(send_reminder, count=2)


def test_a_carrier_that_is_busy_is_asked_again_later(hardy_jobs, sandbox, paid_order):
    sandbox.break_vendors(carrier={"status": 503, "times": 2})

    pack_order.delay(paid_order.pk)
    runs = hardy_jobs.drain()

    assert runs.count("retried") == 2
    paid_order.refresh_from_db()
    assert paid_order.status == Order.Status.SHIPPED


def test_a_carrier_that_stays_away_leaves_a_dead_letter(hardy_jobs, paid_order):
    pack_order.delay(paid_order.pk)
    with hardy_jobs.failing(pack_order, VendorError("closed for good")):
        [dead] = hardy_jobs.drain(raising=False).dead

    assert (dead.task, dead.dead) == ("orders.pack", "failed")


def test_an_unpaid_order_is_reminded_of_after_an_hour(hardy_jobs, pending_order):
    send_reminder.apply_async([pending_order.user_id], countdown=3600)
    hardy_jobs.drain()
    assert mail.outbox == []

    hardy_jobs.advance(hours=1)
    hardy_jobs.drain()

    assert len(mail.outbox) == 1


def test_shipping_may_be_delivered_twice_and_die_anywhere(hardy_jobs, paid_order):
    hardy_jobs.deliver_twice(mark_order_shipped, [paid_order.pk, "HD-1"])
    hardy_jobs.kill_in(mark_order_shipped, [paid_order.pk, "HD-1"])


@pytest.mark.django_db
def test_a_receipt_goes_out_once_however_often_it_is_delivered(hardy_jobs, paid_order):
    hardy_jobs.deliver_twice(send_receipt, [paid_order.pk])
