from __future__ import annotations

import pytest

from apps.products.models import Product

pytestmark = pytest.mark.django_db


@pytest.fixture
def shelf(product):
    for number in range(25):
        Product.objects.create(
            sku=f"SKU-{number:02}",
            name=f"Thing {number:02}",
            price=number,
            category="Desk",
            description="Of brass.",
        )


def names(response):
    return [row["name"] for row in response.json()["results"]]


def test_products_come_in_pages(api, shelf):
    first = api().get("/api/products/").json()

    assert (first["count"], len(first["results"]), first["previous"]) == (26, 20, None)
    assert len(api().get("/api/products/?page=2&page_size=20").json()["results"]) == 6
    assert len(api().get("/api/products/?page_size=100").json()["results"]) == 26


def test_products_are_found_by_name_description_and_sku(api, shelf):
    assert names(api().get("/api/products/?search=mug")) == ["Mug"]
    assert names(api().get("/api/products/?search=brass+07")) == ["Thing 07"]
    assert names(api().get("/api/products/?search=nothing")) == []


def test_products_are_chosen_and_ordered(api, shelf):
    assert names(api().get("/api/products/?category=Kitchen")) == ["Mug"]
    assert names(api().get("/api/products/?ordering=-price"))[:2] == ["Thing 24", "Thing 23"]


def test_what_is_not_on_sale_is_not_shown(api, product):
    Product.objects.update(is_active=False)

    assert names(api().get("/api/products/")) == []
    assert api().get(f"/api/products/{product.pk}/").status_code == 404


@pytest.mark.parametrize(
    "query",
    ["search=%00", "category=%00", "page_size=0", "page_size=101", "page_size=x", "page_size=", "ordering=x"],
)
def test_a_query_that_makes_no_sense_is_refused(api, product, query):
    assert api().get(f"/api/products/?{query}").status_code == 400


def test_an_address_that_leads_nowhere_says_so_in_json(api):
    response = api().post("/api/nothing/here/", {})

    assert (response.status_code, response.json()) == (404, {"detail": "Not found."})


@pytest.mark.parametrize("address", ["?page=0", "?page=x", f"?page={10**30}", f"{10**30}/", "0/"])
def test_what_is_not_there_is_not_found(api, product, address):
    assert api().get(f"/api/products/{address}").status_code == 404
