"""What is compared: stock Celery behind a broker, and hardy in its place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Stack:
    """One class of app on one broker, with the servers that it needs."""

    name: str
    celery: str
    broker: str
    services: tuple[str, ...]

    @property
    def is_hardy(self) -> bool:
        return self.celery.startswith("hardy")


STOCK, HARDY = "celery:Celery", "hardy:Celery"

STOCK_REDIS = Stack("stock-redis", STOCK, "redis", ("postgresql", "redis"))
STOCK_RABBITMQ = Stack("stock-rabbitmq", STOCK, "rabbitmq", ("postgresql", "rabbitmq"))
LEDGER = Stack("hardy-alone", HARDY, "hardy", ("postgresql", "redis"))
REDIS = Stack("hardy-redis", HARDY, "redis", ("postgresql", "redis"))
RABBITMQ = Stack("hardy-rabbitmq", HARDY, "rabbitmq", ("postgresql", "rabbitmq"))

#: Which stock stack each of hardy's is held against.
AGAINST = {LEDGER: STOCK_REDIS, REDIS: STOCK_REDIS, RABBITMQ: STOCK_RABBITMQ}
