"""The stacks that are set beside each other: one row of the table each. A new stack is one more entry of ``STACKS``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

STOCK = "celery:Celery"
HARDY = "hardy:Celery"


@dataclass(frozen=True, slots=True)
class Stack:
    """A Celery app class on a database and a broker."""

    name: str
    title: str
    celery: str
    database: Literal["sqlite", "postgresql"]
    broker: Literal["hardy", "redis", "rabbitmq"]
    #: The pattern's stack that this one is compared with.
    beside: str = "stock-redis"
    #: False: task results are ignored, so nothing is recorded anywhere.
    records: bool = True
    #: Figures that are known and not waited for, each with what the table says instead.
    known: dict[str, str] = field(default_factory=dict)

    @property
    def has_ledger(self) -> bool:
        return self.celery == HARDY

    @property
    def is_ledger_alone(self) -> bool:
        return self.has_ledger and self.broker == "hardy"


#: Redis gives a killed worker's messages back after Celery's default visibility timeout.
AFTER_AN_HOUR = {"recovery": "3600 (visibility timeout, not waited for)"}

STACKS = (
    Stack("hardy-sqlite", "hardy, SQLite, no broker", HARDY, "sqlite", "hardy"),
    Stack("hardy-postgresql", "hardy, PostgreSQL, no broker", HARDY, "postgresql", "hardy"),
    Stack("hardy-redis", "hardy, PostgreSQL and Redis", HARDY, "postgresql", "redis"),
    Stack(
        "hardy-rabbitmq", "hardy, PostgreSQL and RabbitMQ", HARDY, "postgresql", "rabbitmq", beside="stock-rabbitmq"
    ),
    Stack("stock-redis", "stock, Redis, results in PostgreSQL", STOCK, "postgresql", "redis", known=AFTER_AN_HOUR),
    Stack(
        "stock-rabbitmq", "stock, RabbitMQ, results in PostgreSQL", STOCK, "postgresql", "rabbitmq",
        beside="stock-rabbitmq",
    ),
    Stack(
        "stock-redis-ignored", "stock, Redis, results ignored", STOCK, "postgresql", "redis",
        records=False, known=AFTER_AN_HOUR,
    ),
    Stack(
        "stock-rabbitmq-ignored", "stock, RabbitMQ, results ignored", STOCK, "postgresql", "rabbitmq",
        beside="stock-rabbitmq", records=False,
    ),
)  # fmt: skip
