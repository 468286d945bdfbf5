"""Receipts, reminders and the weekly digest: each goes out once."""

from __future__ import annotations

import smtplib
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from apps.notifications import tasks
from apps.notifications.models import WeeklyDigest
from apps.orders.models import Order, OrderEvent
from apps.users.models import User

pytestmark = pytest.mark.django_db


def age(order, **by):
    Order.objects.filter(pk=order.pk).update(placed_at=timezone.now() - timedelta(**by))


def test_a_receipt_lists_what_was_paid(paid_order):
    tasks.send_receipt(paid_order.pk)

    [message] = mail.outbox
    assert message.subject == f"Your receipt for order {paid_order.pk}"
    assert "2 x Mug: 25.00 EUR" in message.body
    assert f"/orders/{paid_order.pk}/" in message.body


def test_a_receipt_is_sent_once(paid_order):
    tasks.send_receipt(paid_order.pk)
    tasks.send_receipt(paid_order.pk)

    assert len(mail.outbox) == 1
    assert paid_order.events.filter(kind=OrderEvent.Kind.RECEIPT_SENT).count() == 1


def test_an_unpaid_order_is_reminded_of(pending_order):
    age(pending_order, hours=1)

    tasks.send_reminder(pending_order.user_id)

    [message] = mail.outbox
    assert message.subject == "An order is waiting for payment"
    assert f"Order {pending_order.pk}, 25.00 EUR" in message.body
    assert pending_order.events.last().kind == OrderEvent.Kind.REMINDED


def test_a_reminder_that_runs_twice_reminds_once(pending_order):
    age(pending_order, hours=1)

    tasks.send_reminder(pending_order.user_id)
    tasks.send_reminder(pending_order.user_id)

    assert len(mail.outbox) == 1


def test_a_paid_order_is_not_reminded_of(paid_order):
    age(paid_order, hours=1)

    tasks.send_reminder(paid_order.user_id)
    tasks.send_reminder(99999)

    assert mail.outbox == []


def test_reminders_are_asked_for_by_countdown_and_by_eta(sandbox, customer, product, monkeypatch):
    from apps.orders import services

    asked = []
    monkeypatch.setattr(services.send_reminder, "apply_async", lambda **how: asked.append(how))

    services.place_order(customer, [services.Wanted(product, 1)])

    soon, later = asked
    assert soon == {"args": [customer.pk], "countdown": 3600}
    assert later["args"] == [customer.pk]
    assert timedelta(hours=23) < later["eta"] - timezone.now() <= timedelta(days=1)


def test_the_digest_goes_to_everyone_who_wants_it_once_a_week(customer, product):
    User.objects.create_user("bob@example.com", wants_digest=False)
    User.objects.create_user("gone@example.com", is_active=False)

    assert (tasks.send_weekly_digest(), tasks.send_weekly_digest()) == (1, 0)

    assert [message.to for message in mail.outbox] == [["ann@example.com"]]
    assert WeeklyDigest.objects.get().week.weekday() == 0


def test_the_digest_tells_of_last_weeks_orders_and_of_what_is_almost_gone(paid_order, product):
    age(paid_order, days=7)
    product.refresh_from_db()
    product.stock = 1
    product.save()

    tasks.send_weekly_digest()

    [message] = mail.outbox
    assert f"Order {paid_order.pk}" in message.body
    assert "Mug: 1 left" in message.body


def test_a_digest_task_that_runs_twice_mails_once(customer):
    tasks.send_digest(customer.pk, "2026-01-05")
    tasks.send_digest(customer.pk, "2026-01-05")

    assert len(mail.outbox) == 1


@pytest.mark.parametrize(
    "error", [ConnectionRefusedError("nobody there"), smtplib.SMTPServerDisconnected("bye")]
)
def test_a_mail_server_that_comes_back_gets_the_mail(customer, monkeypatch, patience, error):
    failures = [error, error]
    real = mail.EmailMultiAlternatives.send

    def send(self, *args, **kwargs):
        if failures:
            raise failures.pop()
        return real(self, *args, **kwargs)

    monkeypatch.setattr(mail.EmailMultiAlternatives, "send", send)

    result = tasks.send_welcome_email.apply(args=[customer.pk])

    assert result.state == "SUCCESS"
    assert len(mail.outbox) == 1
