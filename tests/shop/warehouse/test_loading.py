"""The warehouse: a chain for each source, a chord over all orders."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from decimal import Decimal

import duckdb
import pytest
from django.utils import timezone

from apps.orders.models import Order, OrderLine
from apps.products.models import Product
from apps.warehouse import services, tasks, work
from apps.warehouse.duck import folder, warehouse
from apps.warehouse.models import Source

pytestmark = pytest.mark.django_db


@pytest.fixture
def many_orders(customer, product):
    """Five paid orders of two mugs, three of yesterday."""
    bell = Product.objects.create(sku="BELL", name="Bell", price=5, stock=50, category="Desk")
    for number in range(5):
        order = Order.objects.create(user=customer, total=30, status=Order.Status.SHIPPED)
        OrderLine.objects.create(order=order, product=product, quantity=2, unit_price="12.50")
        OrderLine.objects.create(order=order, product=bell, quantity=1, unit_price="5.00")
        if number < 3:
            Order.objects.filter(pk=order.pk).update(placed_at=timezone.now() - timedelta(days=1))


def test_everything_is_loaded_and_added_up(sandbox, many_orders, monkeypatch):
    monkeypatch.setattr(services, "ORDERS_PER_CHUNK", 2)
    sandbox.call("PUT", "/supplier/inventory", {"sku": "HARDY-001", "available": 77, "price": "4.20"})

    assert services.refresh() == 3

    figures = services.aggregates()
    assert [(day.orders, day.items, day.turnover) for day in figures.days] == [
        (3, 9, Decimal("90.00")),
        (2, 6, Decimal("60.00")),
    ]
    assert figures.turnover == Decimal("150.00")
    assert [tuple(category) for category in figures.categories] == [
        ("Kitchen", 10, Decimal("125.00")),
        ("Desk", 5, Decimal("25.00")),
    ]
    assert [tuple(best) for best in figures.best_sellers] == [
        ("HARDY-001", 10, Decimal("125.00"), 77),
        ("BELL", 5, Decimal("25.00"), None),
    ]


def test_loading_again_replaces_what_was_there(sandbox, many_orders):
    services.refresh()
    Order.objects.filter(pk=Order.objects.last().pk).update(status=Order.Status.PENDING)

    services.refresh()

    assert services.aggregates().turnover == Decimal("120.00")
    assert Source.objects.get(kind=Source.Kind.ORDERS).rows == 8


def test_each_step_may_run_twice(sandbox, many_orders):
    source = Source.objects.create(kind=Source.Kind.ORDERS)

    fetched = tasks.fetch_data(source.pk)
    transformed = [tasks.transform_data(fetched) for _ in range(2)][-1]
    rows = [tasks.load_to_warehouse(transformed) for _ in range(2)]

    assert rows == [10, 10]
    with warehouse() as database:
        assert database.execute("SELECT count(*) FROM sales").fetchone() == (10,)


def test_rows_of_the_supplier_that_make_no_sense_are_left_out():
    source = Source.objects.create(kind=Source.Kind.SUPPLIER)
    good = {"sku": "A", "available": 3, "price": "1.50"}
    fetched = work.staged("supplier-fetched", {"source": source.pk}, [good, {"sku": "B"}, "nonsense"])

    assert work.load(work.transform(fetched)) == 1


def test_a_warehouse_that_was_never_loaded_is_empty():
    assert services.aggregates() == services.Aggregates([], [], [])


def test_without_orders_there_is_nothing_to_count(sandbox):
    assert services.refresh() == 2


def test_a_load_that_fails_leaves_the_old_rows(sandbox, many_orders):
    services.refresh()

    with pytest.raises(duckdb.ConversionException):
        work.replace_rows("daily_turnover", [("not a day", 1, 1, 1)])

    assert services.aggregates().turnover == Decimal("150.00")


def test_old_files_are_forgotten_and_fresh_ones_kept(sandbox):
    source = Source.objects.create(kind=Source.Kind.ORDERS)
    old, fresh = folder() / "old.jsonl", folder() / "fresh.jsonl"
    for file in (old, fresh):
        file.touch()
    os.utime(old, (time.time() - 2 * work.KEPT_SECONDS,) * 2)

    tasks.fetch_data(source.pk)

    assert (old.exists(), fresh.exists()) == (False, True)


def test_the_steps_have_the_names_of_their_contract():
    steps = [
        tasks.fetch_data,
        tasks.transform_data,
        tasks.load_to_warehouse,
        tasks.process_chunk,
        tasks.aggregate_results,
    ]

    assert [step.name.removeprefix("warehouse.") for step in steps] == [step.__name__ for step in steps]
