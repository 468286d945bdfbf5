"""What is tried side by side: stock Celery set up as the web advises against loss, and hardy."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Stack:
    """A class of Celery app, and the server that is its broker; None: the ledger alone."""

    name: str
    celery: str
    server: str | None

    @property
    def is_hardy(self) -> bool:
        return self.celery.startswith("hardy")


STOCK, HARDY = "celery:Celery", "hardy:Celery"
STACKS = [
    Stack("stock, Redis", STOCK, "redis"),
    Stack("stock, RabbitMQ", STOCK, "rabbitmq"),
    Stack("hardy, Redis", HARDY, "redis"),
    Stack("hardy, RabbitMQ", HARDY, "rabbitmq"),
    Stack("hardy, PostgreSQL alone", HARDY, None),
]
