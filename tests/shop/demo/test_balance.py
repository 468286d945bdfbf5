"""The books balance on each of the three set-ups, though vendors fail and a worker is killed in the middle."""

from __future__ import annotations

from typing import Any

import pytest

from tests.shop.demo.open_shop import OpenShop, open_shop
from tests.shop.demo.servers import postgresql_database, rabbitmq_host, redis_number


def the_books_balance_after_a_killed_worker(shop: OpenShop) -> None:
    account = shop.demo("--seconds", "15", "--seed", "one")

    assert account["balanced"] is True
    assert [page["off"] for page in account["books"]] == [[]] * len(account["books"])
    assert_that_it_happened(account)


def assert_that_it_happened(account: dict[str, Any]) -> None:
    """Books that balance say nothing about a demonstration in which nothing went on."""
    asked, happened = account["asked"], account["happened"]
    assert asked["orders"] + happened["orders turned away, sold out"] == 30
    assert happened["orders paid"] == asked["orders"] - 2
    assert happened["orders whose payment failed"] == 2
    assert happened["workers killed"] == 1
    assert happened["calls that vendors broke"] == 13


def test_the_books_balance_on_sqlite_without_a_broker(tmp_path, free_port):
    with open_shop(tmp_path, free_port) as shop:
        the_books_balance_after_a_killed_worker(shop)


@pytest.mark.services("postgresql", "redis")
def test_the_books_balance_on_postgresql_and_redis(tmp_path, free_port):
    with (
        postgresql_database() as database,
        redis_number() as broker,
        open_shop(tmp_path, free_port, DATABASE_URL=database, CELERY_BROKER_URL=broker) as shop,
    ):
        the_books_balance_after_a_killed_worker(shop)


@pytest.mark.services("postgresql", "rabbitmq")
def test_the_books_balance_on_postgresql_and_rabbitmq(tmp_path, free_port):
    with (
        postgresql_database() as database,
        rabbitmq_host() as broker,
        open_shop(tmp_path, free_port, DATABASE_URL=database, CELERY_BROKER_URL=broker) as shop,
    ):
        the_books_balance_after_a_killed_worker(shop)
