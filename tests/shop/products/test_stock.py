from __future__ import annotations

import pytest
from django.db import DatabaseError, transaction

from apps.products import work
from apps.products.models import Product, StockMove

pytestmark = pytest.mark.django_db


def test_the_last_ones_are_sold_once_to_customers_who_all_saw_ten(product):
    """Ten customers looked at the same time, and each wants three."""
    as_seen = [Product.objects.get() for _ in range(10)]

    outcomes = []
    for seen in as_seen:
        try:
            work.take(seen, 3, "order")
            outcomes.append("taken")
        except work.OutOfStock:
            outcomes.append("refused")

    assert outcomes == ["taken"] * 3 + ["refused"] * 7
    assert Product.objects.get().stock == 1
    assert StockMove.objects.filter(reason=StockMove.Reason.SALE).count() == 3


def test_stock_below_nothing_is_refused_by_the_database(product):
    with pytest.raises(DatabaseError), transaction.atomic():
        Product.objects.update(stock=-1)
