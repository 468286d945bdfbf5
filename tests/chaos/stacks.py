"""What is tried side by side: stock Celery set up as the web advises against loss, and hardy."""

from __future__ import annotations

from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Stack:
    name: str
    celery: str
    broker: str

    @property
    def is_hardy(self) -> bool:
        return self.celery.startswith("hardy")


STOCK, HARDY = "celery:Celery", "hardy:Celery"
STACKS = [
    Stack("stock, Redis", STOCK, "redis"),
    Stack("stock, RabbitMQ", STOCK, "rabbitmq"),
    Stack("hardy, Redis", HARDY, "redis"),
    Stack("hardy, RabbitMQ", HARDY, "rabbitmq"),
    Stack("hardy, PostgreSQL alone", HARDY, "hardy"),
]


def services(stack: Stack) -> tuple[str, ...]:
    return ("postgresql",) if stack.broker == "hardy" else ("postgresql", stack.broker)


on_each_stack = pytest.mark.parametrize(
    "stack",
    [pytest.param(stack, id=stack.name, marks=pytest.mark.services(*services(stack))) for stack in STACKS],
)
