"""What a project may ask of Celery inside a transaction, by name; each opens the process's first broker connection."""

from __future__ import annotations

import os
from collections.abc import Callable

from celery import shared_task
from depot import celery_app
from depot.models import Effect
from depot.tasks import leave, record
from django.db import transaction


def send(name: str) -> None:
    record.delay(f"{name}, sent")


def revoke(name: str) -> None:
    celery_app.control.revoke("nobody")


def command(name: str) -> None:
    celery_app.control.rate_limit("depot.nap", "1000/s")


def inspect(name: str) -> None:
    celery_app.control.inspect(timeout=0.2).ping()


def event(name: str) -> None:
    with celery_app.events.default_dispatcher() as dispatcher:
        dispatcher.send("task-custom", uuid=name)


def connect(name: str) -> None:
    with celery_app.connection_for_write() as connection:
        connection.ensure_connection()
        connection.default_channel  # noqa: B018 - opens the channel


ACTS: dict[str, Callable[[str], None]] = {
    act.__name__: act for act in (send, revoke, command, inspect, event, connect)
}


def forget_connections() -> None:
    """Have no broker connection any more, as a process that has just been started or forked."""
    celery_app._after_fork()


def inside(act: str, name: str) -> None:
    """Act in a transaction that has written, and write on."""
    forget_connections()
    with transaction.atomic():
        Effect.objects.create(name=name, job="before", pid=os.getpid())
        with transaction.atomic():
            ACTS[act](name)
        Effect.objects.create(name=name, job="behind", pid=os.getpid())


def inside_by_hand(act: str, name: str) -> None:
    """The same where the project steers its transactions without ``atomic``."""
    forget_connections()
    transaction.set_autocommit(False)
    try:
        Effect.objects.create(name=name, job="before", pid=os.getpid())
        ACTS[act](name)
        Effect.objects.create(name=name, job="behind", pid=os.getpid())
        transaction.commit()
    finally:
        transaction.set_autocommit(True)


def rolled_back(act: str, name: str) -> None:
    """Act in a transaction that comes to nothing."""
    forget_connections()
    with transaction.atomic():
        Effect.objects.create(name=name, job="never", pid=os.getpid())
        ACTS[act](name)
        transaction.set_rollback(True)


@shared_task(bind=True, name="plant.do_inside")
def do_inside(self, act: str, name: str) -> None:
    inside(act, name)


@shared_task(bind=True, name="plant.do_inside_wholly", atomic=True)
def do_inside_wholly(self, act: str, name: str) -> None:
    """The transaction is the attempt's own."""
    forget_connections()
    leave(self, name)
    ACTS[act](name)
    leave(self, name)
