"""What was given up waits for the staff."""

from __future__ import annotations

import pytest

from apps.orders.models import Order, OrderEvent
from apps.payments import services
from apps.payments.models import Card, FailedCharge, Payment
from apps.payments.tasks import charge_card

pytestmark = pytest.mark.django_db


@pytest.fixture
def failed(sandbox, pending_order, patience):
    """A charge that was given up because the gateway was away."""
    sandbox.break_vendors(gateway={"status": 503, "times": 4})
    charge_card.apply(args=[pending_order.pk], task_id="first")
    return FailedCharge.objects.get()


def choose(client, action, *failures):
    return client.post(
        "/admin/payments/failedcharge/",
        {"action": action, "_selected_action": [failure.pk for failure in failures]},
        follow=True,
    )


def test_staff_charge_again_from_the_admin(client, staff, failed):
    client.force_login(staff)

    page = choose(client, "charge_again", failed).content.decode()

    failed.refresh_from_db()
    assert "Being charged again: 1." in page
    assert failed.retried_by == staff
    assert Order.objects.get().status == Order.Status.SHIPPED
    assert failed.order.events.filter(kind=OrderEvent.Kind.CHARGE_RETRIED).get().detail == "by Sam"


def test_the_admin_shows_the_action_to_those_who_may(client, staff, failed):
    client.force_login(staff)

    assert "Charge again" in client.get("/admin/payments/failedcharge/").content.decode()

    staff.is_superuser = False
    staff.save()
    assert client.get("/admin/payments/failedcharge/").status_code == 403


def test_charging_again_twice_charges_once(client, sandbox, staff, failed):
    client.force_login(staff)
    choose(client, "charge_again", failed)

    page = choose(client, "charge_again", failed).content.decode()

    assert "Left alone, for they are paid or being charged: 1." in page
    assert len(sandbox.call("GET", "/gateway/charges").body) == 1


def test_a_charge_whose_outcome_was_unknown_is_asked_for_with_the_old_key(
    sandbox, pending_order, staff, patience
):
    sandbox.break_vendors(gateway={"reset": True, "after": True, "times": 4})
    charge_card.apply(args=[pending_order.pk], task_id="first")

    services.charge_again(pending_order, staff, card=Card.DECLINED)

    [charge] = sandbox.call("GET", "/gateway/charges").body
    assert charge["idempotency_key"] == "first"
    assert Payment.objects.get().card == Card.GOOD


def test_a_declined_card_can_be_changed(sandbox, pending_order, customer, patience):
    Payment.objects.update(card=Card.DECLINED)
    charge_card.apply(args=[pending_order.pk], task_id="first")

    assert services.charge_again(pending_order, customer, card=Card.GOOD)

    [charge] = sandbox.call("GET", "/gateway/charges").body
    assert (charge["card_last4"], charge["idempotency_key"] == "first") == ("4242", False)
    assert Order.objects.get().status == Order.Status.SHIPPED
