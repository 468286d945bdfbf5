"""The books name what is off. Orders run through the whole shop here, and then somebody cooks the books."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from apps.notifications.services import EmailService
from apps.orders.models import Order
from apps.payments.models import Card, FailedCharge
from apps.products.models import Product, StockMove
from demo.books import pages
from demo.evidence import collect
from demo.sandbox import Sandbox
from hardy.ledger.models import DeadLetter, Job, Run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("patience", "smtp")]


@pytest.fixture
def smtp(sandbox, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_PORT = sandbox.smtp_port
    settings.PAYMENT_RETRY_SECONDS = 0


@pytest.fixture
def off(sandbox, customer):
    """What is off now, by page, beside the welcome that `customer` was never sent."""
    EmailService.send_welcome(customer)
    began = timezone.now() - timedelta(minutes=5)

    def look(confirmed=()) -> dict[str, list[str]]:
        vendors = Sandbox(sandbox.http_url)
        books = pages(collect("example.com", began, confirmed, vendors))
        vendors.close()
        return {page.title: page.off for page in books if page.off}

    return look


def moment():
    now = timezone.now()
    return {"enqueued_at": now, "due_at": now}


def test_a_shipped_and_a_declined_order_balance(place, off):
    paid, declined = place(), place(card=Card.DECLINED)

    assert off([paid.pk, declined.pk]) == {}


def test_an_order_that_was_confirmed_and_is_gone_is_named(place, off):
    place()

    assert off([4711]) == {
        "every order that was confirmed is there": ["order 4711 was confirmed and is not in the database"]
    }


def test_an_order_that_never_came_to_its_end_is_named(pending_order, off):
    assert (
        f"order {pending_order.pk} is still waiting for payment" in off()["every order has come to its end"]
    )


def test_a_second_charge_is_named(place, off, sandbox):
    order = place()
    charge = {"order": order.pk, "amount": str(order.total), "currency": "EUR", "card": Card.GOOD}
    sandbox.call("POST", "/gateway/charges", charge, Idempotency_Key="another")

    assert off() == {"each paid order is charged once": [f"order {order.pk} was charged 2 times"]}


def test_a_charge_that_the_gateway_does_not_know_is_named(place, off, sandbox):
    order = place()
    sandbox.call("DELETE", "/gateway/charges")

    assert off() == {"each paid order is charged once": [f"order {order.pk} was charged 0 times"]}


def test_money_taken_for_an_order_that_is_not_paid_is_named(place, off, sandbox):
    order = place(card=Card.DECLINED)
    charge = {"order": order.pk, "amount": "1.00", "currency": "EUR", "card": Card.GOOD}
    sandbox.call("POST", "/gateway/charges", charge, Idempotency_Key="another")

    assert off() == {
        "no unpaid order is charged": [f"order {order.pk} is payment failed and was charged 1 times"]
    }


def test_a_declined_card_that_nobody_is_told_of_is_named(place, off):
    order = place(card=Card.DECLINED)
    FailedCharge.objects.all().delete()

    [words] = off()["each card that fails for good is on the staff's table"]
    assert words == f"order {order.pk} is not paid and stands 0 times on the staff's table"


def test_a_missing_receipt_is_named(place, off, sandbox):
    order = place()
    sandbox.call("DELETE", "/mail/messages")

    found = off()

    assert found["each paid order is mailed its receipt once"] == [f"order {order.pk} was mailed 0 receipts"]
    assert found["each customer is welcomed once"] == ["ann@example.com was welcomed 0 times"]


def test_a_receipt_that_came_twice_is_off_unless_a_kill_explains_it(place, off):
    order = place()
    EmailService.send_receipt(order)

    assert list(off()) == ["each paid order is mailed its receipt once"]

    Run.objects.create(
        job="x",
        task="notifications.send_receipt",
        outcome="lost",
        attempt=1,
        finished_at=timezone.now(),
        **moment(),
    )
    assert off() == {}


def test_what_the_crm_was_not_told_is_named_with_its_orders(place, off, sandbox):
    order = place()
    sandbox.call("DELETE", "/crm/contacts")

    [words] = off()["each paying customer is in the CRM"]
    assert words.startswith(f"ann@example.com (order {order.pk}): the CRM says")


def test_a_tracking_number_that_is_not_the_carriers_is_named(place, off):
    order = place()
    Order.objects.filter(pk=order.pk).update(tracking_number="HD-LOST")

    [words] = off()["each paid order is shipped once, as the carrier says"]
    assert words.startswith(f"order {order.pk} has HD-LOST, and the carrier HD-")


def test_stock_that_does_not_add_up_is_named(place, off, product):
    order = place()
    Product.objects.update(stock=F("stock") + 5)
    StockMove.objects.filter(reference=f"order {order.pk}").update(change=-1)

    found = off()

    assert found["every product's stock is the sum of its moves"] == [
        "Mug has 13 in stock, and its moves say 9"
    ]
    assert found["stock is taken once for each order"] == [
        f"order {order.pk} wants {{{product.pk}: 2}} and took {{{product.pk}: 1}} from stock"
    ]


def test_what_is_left_in_the_ledger_is_named_but_for_reminders(off):
    for name in ("orders.pack", "notifications.send_reminder"):
        Job.objects.create(id=name, task=name, queue="default", state="held", message="{}", **moment())

    assert off() == {"nothing is left in the ledger": ["orders.pack[orders.pack] is held"]}


def test_a_dead_letter_is_named(off):
    DeadLetter.objects.create(
        job="7", task="orders.pack", queue="default", reason="failed", error="no carrier",
        attempts=1, enqueued_at=timezone.now(), died_at=timezone.now(), message="{}",
    )  # fmt: skip

    assert off() == {"no task is a dead letter": ["orders.pack[7]: no carrier"]}
