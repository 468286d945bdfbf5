from __future__ import annotations

from xml.etree import ElementTree

import pytest
from django.template.loader import get_template

from apps.products import catalogue, pictures
from apps.products.models import Product

pytestmark = pytest.mark.django_db


def test_the_front_shows_a_page_of_what_is_on_sale(page, shelves):
    Product.objects.filter(name="Thing 00").update(is_active=False)

    front = page("/")

    assert front.count("good__name") == 12
    assert "Thing 00" not in front and "Thing 01" in front
    assert 'href="?page=2' in front


def test_the_second_page_goes_on_where_the_first_ended_and_keeps_the_search(page, shelves):
    second = page("/?page=2&q=thing&category=Desk")

    assert second.count("good__name") == 3
    assert "Thing 29" in second
    assert "page=1&amp;q=thing&amp;category=Desk" in second


def test_a_page_that_is_not_there_is_not_found(page, shelves):
    page("/?page=99", status=404)


@pytest.mark.parametrize(
    ("asked", "found"), [("q=thing+07", 1), ("q=USEFUL", 30), ("q=SKU-1", 10), ("category=Desk", 15)]
)
def test_products_are_found_by_words_article_and_category(page, shelves, asked, found):
    assert f"{found} product" in page(f"/?{asked}")


def test_the_cheapest_come_first_when_asked(page, shelves):
    dearest_first = page("/?ordering=-price")

    assert dearest_first.index("Thing 29") < dearest_first.index("Thing 28")


def test_nonsense_in_the_address_is_left_out(page, shelves):
    assert "30 products" in page(f"/?ordering=nonsense&q={'x' * 81}")


def test_a_search_without_a_find_says_what_to_do(page, shelves):
    assert "Nothing like that here" in page("/?q=elephant")


def test_empty_shelves_name_the_command_that_fills_them(page):
    assert "manage.py demo_data" in page("/")


def test_the_list_asks_the_database_as_often_for_many_products_as_for_one(
    client, shelves, django_assert_num_queries
):
    with django_assert_num_queries(3):  # how many there are, the page's products, the categories
        client.get("/?q=thing")


def test_a_product_page_sells_it(page, product):
    shown = page(f"/products/{product.pk}/")

    assert "Mug" in shown and "12.50 €" in shown and "Into the basket" in shown


def test_a_product_that_is_sold_out_can_not_be_bought(page, product):
    Product.objects.update(stock=0)

    assert "Sold out for now" in page(f"/products/{product.pk}/")
    assert "Into the basket" not in page(f"/products/{product.pk}/")


def test_little_stock_is_told(page, product):
    Product.objects.update(stock=3)

    assert "Only 3 left" in page("/")


def test_a_product_that_is_not_on_sale_is_not_found(page, product):
    Product.objects.update(is_active=False)

    page(f"/products/{product.pk}/", status=404)


@pytest.mark.parametrize("name", [sample.picture for sample in catalogue.SAMPLES])
def test_each_product_of_the_demonstration_has_a_drawing_of_its_own(name):
    assert get_template(f"products/drawings/{name}.svg")
    assert ElementTree.fromstring(pictures.draw(name)).tag.endswith("svg")  # noqa: S314  our own


def test_what_nobody_has_drawn_is_a_parcel_that_always_looks_the_same(client):
    picture = client.get("/pictures/no-such-thing.svg")

    assert picture["Content-Type"] == "image/svg+xml"
    assert "max-age=86400" in picture["Cache-Control"] and "Cookie" not in picture.get("Vary", "")
    assert picture.content == client.get("/pictures/no-such-thing.svg").content
