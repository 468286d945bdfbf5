from __future__ import annotations

import pytest

from apps.core.vendors import RateLimited, VendorError
from apps.orders import tasks
from apps.orders.models import Order, OrderEvent

pytestmark = pytest.mark.django_db


def test_mark_shipped_has_the_name_of_its_contract():
    assert tasks.mark_order_shipped.name == "orders.mark_shipped"


def test_marking_shipped_many_times_takes_effect_once(paid_order, caplog):
    caplog.set_level("INFO")

    tasks.mark_order_shipped(paid_order.pk, "HD-1")
    tasks.mark_order_shipped(paid_order.pk, "HD-2")

    paid_order.refresh_from_db()
    assert (paid_order.status, paid_order.tracking_number) == (Order.Status.SHIPPED, "HD-1")
    assert paid_order.events.filter(kind=OrderEvent.Kind.SHIPPED).count() == 1
    assert "was not updated" in caplog.text


def test_an_unpaid_order_is_not_shipped(pending_order):
    tasks.mark_order_shipped(pending_order.pk, "HD-1")

    pending_order.refresh_from_db()
    assert (pending_order.status, pending_order.tracking_number) == (Order.Status.PENDING, "")


def test_an_order_that_is_gone_is_no_error():
    tasks.mark_order_shipped(99999, "HD-1")


def test_packing_twice_makes_one_parcel(sandbox, paid_order):
    tasks.pack_order(paid_order.pk)
    Order.objects.update(status=Order.Status.PROCESSING)
    tasks.pack_order(paid_order.pk)

    assert len(sandbox.call("GET", "/carrier/shipments").body) == 1
    assert paid_order.events.filter(kind=OrderEvent.Kind.PACKED).count() == 1


def test_an_answer_that_was_lost_does_not_make_a_second_parcel(sandbox, paid_order, patience):
    sandbox.break_vendors(carrier={"reset": True, "after": True, "times": 1})

    tasks.pack_order.apply(args=[paid_order.pk])

    paid_order.refresh_from_db()
    assert paid_order.status == Order.Status.SHIPPED
    assert len(sandbox.call("GET", "/carrier/shipments").body) == 1


def test_an_unpaid_order_is_not_packed(sandbox, pending_order):
    tasks.pack_order(pending_order.pk)

    assert sandbox.call("GET", "/carrier/shipments").body == []


@pytest.mark.parametrize("fault", [{"status": 429, "retry_after": 3}, {"status": 503}])
def test_a_busy_carrier_keeps_the_order_waiting(sandbox, paid_order, fault):
    sandbox.break_vendors(carrier={**fault, "times": 1})

    with pytest.raises(VendorError) as caught:
        tasks.pack_order.apply(args=[paid_order.pk], throw=True)

    paid_order.refresh_from_db()
    assert paid_order.status == Order.Status.PROCESSING
    assert isinstance(caught.value, RateLimited) == (fault["status"] == 429)
