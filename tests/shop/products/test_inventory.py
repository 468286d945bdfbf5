"""The supplier's feed fills up what runs low."""

from __future__ import annotations

import pytest
from django.db.models import Sum

from apps.products import work
from apps.products.models import Product, StockMove
from apps.products.tasks import sync_inventory

pytestmark = pytest.mark.django_db


def offer(sandbox, available, sku="HARDY-001"):
    sandbox.call("PUT", "/supplier/inventory", {"sku": sku, "available": available, "price": "4.20"})


def stock():
    product = Product.objects.get()
    assert product.stock == StockMove.objects.aggregate(sum=Sum("change"))["sum"], (
        "stock is the sum of its moves"
    )
    return product.stock


@pytest.fixture
def low(product):
    """The product, with three left where five should be."""
    work.take(product, 7, "order 1")
    return product


def test_a_product_that_runs_low_is_filled_up(sandbox, low):
    offer(sandbox, available=100)

    assert sync_inventory() == 1

    low.refresh_from_db()
    assert stock() == low.refill_to == 40
    assert (low.supplier_stock, str(low.supplier_price)) == (63, "4.20")


def test_it_gets_no_more_than_the_supplier_has(sandbox, low):
    offer(sandbox, available=4)

    sync_inventory()

    assert stock() == 7


def test_running_twice_fills_up_once(sandbox, low):
    offer(sandbox, available=100)

    assert (sync_inventory(), sync_inventory()) == (1, 0)
    assert stock() == 40


def test_a_full_shelf_is_left_alone(sandbox, product):
    offer(sandbox, available=100)

    assert sync_inventory() == 0
    assert stock() == 10


def test_stock_that_moved_meanwhile_is_left_for_the_next_round(low):
    Product.objects.update(stock=2)

    assert work.apply_offer(low, work.Offer("HARDY-001", 100, low.price)) is False
    assert Product.objects.get().stock == 2


def test_rows_that_make_no_sense_are_passed_over(low):
    good = {"sku": "HARDY-001", "available": 9, "price": "1.00"}

    assert (
        work.apply_feed(
            [None, {}, {"sku": "HARDY-001"}, {**good, "price": "dear"}, {**good, "sku": "?"}, good]
        )
        == 1
    )
    assert stock() == 12


@pytest.mark.parametrize("fault", [{"status": 503}, {"reset": True}, {"status": 429, "retry_after": 5}])
def test_a_supplier_that_is_away_changes_nothing(sandbox, low, fault, caplog):
    sandbox.break_vendors(supplier={**fault, "times": 1})

    assert sync_inventory() == 0
    assert stock() == 3
    assert "stock stays as it is" in caplog.text
