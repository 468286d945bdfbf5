from __future__ import annotations

from itertools import chain

import pytest

from apps.payments.models import Card
from demo.plan import Visit, Wish, visits


def orders(plan: list[Visit]) -> list[Wish]:
    return list(chain.from_iterable(visit.wishes for visit in plan))


def test_the_same_seed_makes_the_same_plan_and_another_seed_another():
    assert visits(20, 2, "one") == visits(20, 2, "one")
    assert visits(20, 2, "one") != visits(20, 2, "two")


@pytest.mark.parametrize(("seconds", "rate", "count"), [(60, 2, 120), (15, 0.5, 8), (1, 0.1, 1)])
def test_there_are_as_many_orders_as_the_rate_says(seconds, rate, count):
    assert len(orders(visits(seconds, rate, "one"))) == count


def test_of_the_cards_that_are_declined_some_are_replaced_and_some_are_not():
    declined = [wish for wish in orders(visits(60, 2, "one")) if wish.card == Card.DECLINED]

    assert len(declined) == 15
    assert {wish.pays_again for wish in declined} == {True, False}


def test_customers_come_in_order_before_the_doors_close_by_both_ways():
    plan = visits(30, 2, "one")

    assert [visit.at for visit in plan] == sorted(visit.at for visit in plan)
    assert plan[0].at >= 0 and plan[-1].at < 30
    assert {visit.way for visit in plan} == {"api", "pages"}
