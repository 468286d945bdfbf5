from __future__ import annotations

import pytest

from apps.orders.models import Order
from apps.payments.models import Card, FailedCharge
from apps.products.models import Product

pytestmark = pytest.mark.django_db


def ask(product, quantity=2):
    return {"lines": [{"product": product.pk, "quantity": quantity}]}


def test_an_order_is_placed_and_told_with_its_timeline(api, sandbox, customer, product):
    response = api(customer).post("/api/orders/", ask(product), format="json")

    order = response.json()
    assert response.status_code == 201
    assert (order["status"], order["total"], order["currency"]) == ("shipped", "25.00", "EUR")
    assert (order["payment"]["status"], order["payment"]["card"]) == ("charged", "4242")
    assert order["tracking_number"].startswith("HD-")
    assert [event["kind"] for event in order["timeline"]][0::5] == ["placed", "shipped"]
    assert order["lines"] == [
        {"product": product.pk, "name": "Mug", "quantity": 2, "unit_price": "12.50", "price": "25.00"}
    ]
    assert api(customer).get(f"/api/orders/{order['id']}/").json() == order


def test_a_failed_payment_says_why_and_can_be_paid_with_another_card(
    api, sandbox, customer, product, patience
):
    asked = {**ask(product), "card": Card.DECLINED}
    order = api(customer).post("/api/orders/", asked, format="json").json()
    assert order["status"] == "payment_failed"
    assert order["payment"]["error"] == "The card ending in 0002 was declined."

    response = api(customer).post(f"/api/orders/{order['id']}/pay/", {"card": Card.GOOD}, format="json")

    assert response.status_code == 202
    assert response.json()["status"] == "shipped"
    assert response.json()["payment"]["error"] == ""


def test_a_paid_order_is_not_paid_again(api, customer, paid_order):
    response = api(customer).post(f"/api/orders/{paid_order.pk}/pay/", {}, format="json")

    assert response.status_code == 400
    assert response.json() == {"detail": "This order is paid, being packed."}


@pytest.mark.parametrize(
    ("lines", "errors"),
    [
        (None, ["This field may not be null."]),
        ([], {"non_field_errors": ["Ensure this field has at least 1 elements."]}),
        ("mugs", {"non_field_errors": ['Expected a list of items but got type "str".']}),
        ([7], {"0": {"non_field_errors": ["Invalid data. Expected a dictionary, but got int."]}}),
        ([{}], {"0": {"product": ["This field is required."], "quantity": ["This field is required."]}}),
        ([{"product": 99999, "quantity": 1}], {"0": {"product": ["There is no such product on sale."]}}),
    ],
)
def test_wrong_lines_are_named(api, customer, product, lines, errors):
    response = api(customer).post("/api/orders/", {"lines": lines}, format="json")

    assert response.status_code == 400
    assert response.json() == {"lines": errors}


@pytest.mark.parametrize("quantity", [0, -1, 100, 10**30, "2", 2.5, True, None, [], {}])
def test_a_quantity_that_is_none_is_refused(api, customer, product, quantity):
    response = api(customer).post("/api/orders/", ask(product, quantity), format="json")

    assert response.status_code == 400
    assert list(response.json()["lines"]["0"]) == ["quantity"]


def test_a_product_that_stands_twice_is_refused(api, customer, product):
    response = api(customer).post("/api/orders/", {"lines": ask(product)["lines"] * 2}, format="json")

    assert response.status_code == 400
    assert response.json() == {"lines": {"1": {"product": ["This product stands in another line already."]}}}


def test_too_little_stock_is_said_at_its_line(api, customer, product):
    bell = Product.objects.create(sku="BELL", name="Bell", price=5, stock=5, category="Desk")
    lines = [{"product": product.pk, "quantity": 1}, {"product": bell.pk, "quantity": 6}]

    response = api(customer).post("/api/orders/", {"lines": lines}, format="json")

    assert response.status_code == 400
    assert response.json() == {"lines": {"1": {"quantity": ["Only 5 left of Bell; 6 were asked for."]}}}
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    "body", ["", "{", "nonsense", '"\\ud800"', '{"card": "\\ud800", "lines": []}', "[" * 50000]
)
def test_a_body_that_is_no_order_is_refused(api, customer, body):
    response = api(customer).post("/api/orders/", body, content_type="application/json")

    assert response.status_code == 400


def test_an_order_is_seen_by_its_owner_and_the_staff_only(
    api, pending_order, customer, staff, django_user_model
):
    stranger = django_user_model.objects.create_user("eve@example.com")
    address = f"/api/orders/{pending_order.pk}/"

    seen = {
        name: api(user).get(address).status_code
        for name, user in {"owner": customer, "staff": staff, "stranger": stranger, "nobody": None}.items()
    }

    assert seen == {"owner": 200, "staff": 200, "stranger": 404, "nobody": 401}
    assert api(stranger).post(f"{address}pay/", {}, format="json").status_code == 404
    assert api(stranger).get("/api/orders/").json()["results"] == []
    assert api(staff).get("/api/orders/").json()["count"] == 1


def test_the_list_takes_few_queries_however_long(
    api, sandbox, customer, product, django_assert_max_num_queries
):
    for _ in range(5):
        order = Order.objects.create(user=customer, total=1, status=Order.Status.PAYMENT_FAILED)
        order.lines.create(product=product, quantity=1, unit_price=1)
        FailedCharge.objects.create(order=order, error="declined")
    from apps.payments.models import Payment

    Payment.objects.bulk_create(Payment(order=order) for order in Order.objects.all())
    caller = api(customer)

    with django_assert_max_num_queries(8):
        results = caller.get("/api/orders/").json()["results"]

    assert [order["payment"]["error"] for order in results] == ["declined"] * 5
