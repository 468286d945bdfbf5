from __future__ import annotations

from decimal import Decimal

import pytest

from apps.orders.models import Order
from apps.orders.serializers import MOST_LINES
from apps.payments.models import Card
from apps.products.models import Product

pytestmark = pytest.mark.django_db


@pytest.fixture
def add(client):
    return lambda product, quantity=1, **data: client.post(
        f"/basket/add/{product.pk}/", {"quantity": quantity, **data}, follow=True
    )


def test_an_empty_basket_says_where_to_go(page):
    assert "Nothing in it yet" in page("/basket/")


def test_what_is_added_is_counted_at_the_top_of_every_page(add, page, product):
    answer = add(product, 2)

    assert answer.redirect_chain == [(f"/products/{product.pk}/", 302)]
    assert "Mug is in your basket" in answer.content.decode()
    assert '<span class="count">2<' in page("/")
    assert "25.00 €" in page("/basket/")


def test_adding_from_a_list_leads_back_to_the_list(add, product):
    assert add(product, back="/?q=mug").redirect_chain == [("/?q=mug", 302)]


@pytest.mark.parametrize("elsewhere", ["https://example.com/", "//example.com/", "javascript:alert(1)"])
def test_no_form_can_send_the_browser_elsewhere(add, product, elsewhere):
    assert add(product, back=elsewhere).redirect_chain == [(f"/products/{product.pk}/", 302)]


@pytest.mark.parametrize(
    ("quantity", "said"), [("0", "At least one."), ("100", "At most 99 at once."), ("x", "A whole number.")]
)
def test_a_wrong_quantity_is_told_at_its_field(add, product, quantity, said):
    answer = add(product, quantity)

    assert answer.status_code == 400
    assert said in answer.content.decode() and 'aria-invalid="true"' in answer.content.decode()


def test_what_is_not_on_sale_can_not_be_added(add, product):
    Product.objects.update(is_active=False)

    assert add(product).status_code == 404


def test_a_basket_holds_as_many_products_as_an_order_may_have_lines(client, add, product):
    session = client.session
    session["basket"] = {str(10_000 + number): 1 for number in range(MOST_LINES)}
    session.save()

    assert f"holds {MOST_LINES} different products" in add(product).content.decode()


def test_quantities_are_changed_and_lines_removed(client, add, page, product):
    add(product)

    client.post("/basket/", {f"quantity-{product.pk}": "3"})
    assert "37.50 €" in page("/basket/")

    client.post("/basket/", {f"quantity-{product.pk}": "3", "remove": product.pk})
    assert "Nothing in it yet" in page("/basket/")


def test_a_wrong_quantity_in_the_basket_is_told_at_its_line_and_changes_nothing(client, add, page, product):
    add(product, 2)

    answer = client.post("/basket/", {f"quantity-{product.pk}": "-1"})

    assert answer.status_code == 400
    assert f'id="problem-{product.pk}"' in answer.content.decode()
    assert "25.00 €" in page("/basket/")


@pytest.mark.parametrize(
    "post", [{"remove": "9" * 5000}, {"quantity-x": "1"}, {"quantity-7": "1"}, {"remove": ""}]
)
def test_nonsense_changes_nothing(client, add, page, product, post):
    add(product)

    assert client.post("/basket/", post).status_code == 302
    assert "12.50 €" in page("/basket/")


def test_more_than_there_is_is_told_at_its_line(add, page, product):
    add(product, 11)

    assert "Only 10 left. Take fewer." in page("/basket/")


def test_a_basket_that_can_not_be_ordered_leads_back_from_the_checkout(client, add, customer, product):
    add(product, 11)
    client.force_login(customer)

    assert client.get("/checkout/").url == "/basket/"


def test_the_basket_is_kept_while_one_logs_in_to_order_it(client, add, customer, product):
    add(product, 2)

    asked_to_log_in = client.post("/basket/", {f"quantity-{product.pk}": "2", "checkout": "1"}, follow=True)
    assert asked_to_log_in.redirect_chain[-1] == ("/login/?next=/checkout/", 302)
    assert "Your basket is kept" in asked_to_log_in.content.decode()

    checkout = client.post(
        "/login/?next=/checkout/", {"username": customer.email, "password": "strongpass123"}, follow=True
    )
    assert "Place the order for 25.00 €" in checkout.content.decode()


def test_placing_the_order_empties_the_basket_and_leads_to_the_order(
    client, add, sandbox, customer, product, page
):
    client.force_login(customer)
    add(product, 2)

    answer = client.post("/checkout/", {"card": Card.GOOD})

    order = Order.objects.get()
    assert answer.url == f"/orders/{order.pk}/"
    assert (order.user, order.total) == (customer, Decimal("25.00"))
    assert "Nothing in it yet" in page("/basket/")
    product.refresh_from_db()
    assert product.stock == 8


def test_a_second_click_orders_once_and_leads_to_the_same_order(client, add, sandbox, customer, product):
    client.force_login(customer)
    add(product)

    first = client.post("/checkout/", {"card": Card.GOOD})
    second = client.post("/checkout/", {"card": Card.GOOD})

    assert first.url == second.url
    assert Order.objects.count() == 1


def test_an_order_of_nothing_leads_to_the_basket(client, customer):
    client.force_login(customer)

    assert client.post("/checkout/", {"card": Card.GOOD}).url == "/basket/"


def test_a_card_that_is_none_is_told_at_its_field(client, add, customer, product):
    client.force_login(customer)
    add(product)

    answer = client.post("/checkout/", {"card": "1234"})

    assert 'id="card_error"' in answer.content.decode()
    assert not Order.objects.exists()


def test_whoever_was_faster_is_told_and_nothing_is_ordered(client, add, customer, product):
    client.force_login(customer)
    add(product, 5)
    Product.objects.update(stock=4)

    answer = client.post("/checkout/", {"card": Card.GOOD}, follow=True).content.decode()

    assert "Somebody was faster" in answer and "Only 4 left. Take fewer." in answer
    assert not Order.objects.exists()
    product.refresh_from_db()
    assert product.stock == 4
