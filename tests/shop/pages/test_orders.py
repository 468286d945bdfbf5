from __future__ import annotations

import re

import pytest
from django.utils import timezone

from apps.orders.models import Order, OrderEvent
from apps.orders.work import record
from apps.payments.models import Card, FailedCharge

pytestmark = pytest.mark.django_db


@pytest.fixture
def declined(pending_order):
    """An order whose card was declined until the shop gave up."""
    Order.objects.update(status=Order.Status.PAYMENT_FAILED)
    record(pending_order.pk, OrderEvent.Kind.CHARGE_FAILED, "The card ending in 0002 was declined.")
    FailedCharge.objects.create(order=pending_order, error="The card ending in 0002 was declined.")
    return pending_order


def seen(page_text):
    return re.search(r'data-version="([^"]*)"', page_text)[1]


def test_who_is_not_logged_in_is_asked_to(client, pending_order):
    for address in ("/orders/", f"/orders/{pending_order.pk}/", "/checkout/"):
        assert client.get(address).url == f"/login/?next={address}"


def test_an_order_is_seen_by_its_owner_and_the_staff_only(
    page, client, pending_order, customer, staff, stranger
):
    address = f"/orders/{pending_order.pk}/"

    assert f"Order {pending_order.pk}" in page(address, customer)
    assert "by ann@example.com" in page(address, staff)
    client.force_login(stranger)
    for part in ("", "progress/"):
        assert client.get(address + part).status_code == 404
    assert client.post(f"{address}pay/", {"card": Card.GOOD}).status_code == 404


def test_a_new_order_shows_what_is_being_done_and_what_is_to_come(page, pending_order, customer):
    shown = page(f"/orders/{pending_order.pk}/", customer)

    assert re.findall(r"step step--(\w+)", shown) == ["done", "now", "later", "later", "later", "later"]
    assert 'hx-trigger="every 1s"' in shown
    assert "Look again" in shown  # without JavaScript


def test_after_payment_three_tasks_are_under_way_together(page, paid_order, customer):
    record(paid_order.pk, OrderEvent.Kind.CHARGED)

    shown = page(f"/orders/{paid_order.pk}/", customer)

    assert re.findall(r"step step--(\w+)", shown) == ["done", "done", "now", "now", "now", "later"]


def test_a_shipped_order_names_its_tracking_number_and_rests(page, place, customer):
    order = place()

    shown = page(f"/orders/{order.pk}/", customer)

    assert order.tracking_number in shown
    assert shown.count("step--done") == 6
    assert "progress/?seen" not in shown


def test_the_moving_part_is_sent_only_when_it_looks_different(client, page, paid_order, customer):
    version = seen(page(f"/orders/{paid_order.pk}/", customer))
    address = f"/orders/{paid_order.pk}/progress/?seen={version}"

    assert client.get(address).status_code == 204
    record(paid_order.pk, OrderEvent.Kind.RECEIPT_SENT)
    moved = client.get(address)

    assert moved.status_code == 200
    assert "Receipt mailed" in moved.content.decode() and "<html" not in moved.content.decode()


def test_who_was_logged_out_while_watching_gets_the_page_anew(client, paid_order):
    answer = client.get(f"/orders/{paid_order.pk}/progress/")

    assert (answer.status_code, answer["HX-Refresh"]) == (204, "true")


def test_a_gateway_that_had_to_be_asked_again_is_told(page, pending_order, customer):
    pending_order.payment.attempts = 2
    pending_order.payment.save()

    assert "Attempt 2 of 4" in page(f"/orders/{pending_order.pk}/", customer)


def test_a_declined_payment_is_told_and_offers_another_card(page, declined, customer):
    shown = page(f"/orders/{declined.pk}/", customer)

    assert "Your card was not charged" in shown
    assert "The card ending in 0002 was declined." in shown
    assert f'action="/orders/{declined.pk}/pay/"' in shown


def test_paying_again_with_a_good_card_ships_the_order(client, sandbox, declined, customer):
    client.force_login(customer)

    answer = client.post(f"/orders/{declined.pk}/pay/", {"card": Card.GOOD})

    assert answer.url == f"/orders/{declined.pk}/"
    declined.refresh_from_db()
    assert declined.status == Order.Status.SHIPPED


def test_paying_with_no_card_is_told_at_the_field(client, declined, customer):
    client.force_login(customer)

    assert 'id="card_error"' in client.post(f"/orders/{declined.pk}/pay/").content.decode()


def test_an_order_that_is_paid_is_not_charged_again(client, paid_order, customer):
    client.force_login(customer)

    answer = client.post(f"/orders/{paid_order.pk}/pay/", {"card": Card.GOOD}, follow=True)

    assert "nothing was charged" in answer.content.decode()


def test_no_orders_yet_says_where_to_go(page, customer):
    assert "No orders yet" in page("/orders/", customer)


def test_one_sees_ones_own_orders_and_the_staff_all_when_asked(
    page, pending_order, customer, staff, stranger
):
    assert f"Order {pending_order.pk}" in page("/orders/", customer)
    assert "No orders yet" in page("/orders/?all=1", stranger)
    assert "No orders yet" in page("/orders/", staff)
    assert "ann@example.com" in page("/orders/?all=1", staff)


def test_the_list_asks_the_database_as_often_for_many_orders_as_for_one(
    client, customer, product, django_assert_num_queries
):
    for _ in range(25):
        order = Order.objects.create(user=customer, total=product.price, placed_at=timezone.now())
        order.lines.create(product=product, quantity=1, unit_price=product.price)
    client.force_login(customer)

    with django_assert_num_queries(
        6
    ):  # session, user, how many, the orders, their lines, the lines' products
        page_of_orders = client.get("/orders/").content.decode()

    assert page_of_orders.count("order__words") == 20
