"""People at the control room's door, and tasks of every kind behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client

from hardy.records import durations, outcomes

#: Everything that the control room asks for.
EVERYTHING = (
    *("view_job", "view_run", "view_deadletter", "view_worker", "view_periodictask", "view_arguments"),
    *(
        "change_job",
        "replay_deadletter",
        "discard_deadletter",
        "pause_queue",
        "purge_queue",
        "control_worker",
    ),
    "view_auditentry",
)

Person = Callable[..., Client]


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    """Each test counts its own history."""
    for remembered in (outcomes, durations):
        remembered.forget()
    yield
    for remembered in (outcomes, durations):
        remembered.forget()


@pytest.fixture
def person(db: None) -> Person:
    """A function that logs somebody in who has these permissions; ``is_staff=False`` makes a customer."""

    def log_in(*permissions: str, **fields: Any) -> Client:
        user = get_user_model().objects.create_user(
            "ada@example.com", password="a long password", **{"is_staff": True, **fields}
        )
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        client = Client()
        client.force_login(user)
        return client

    return log_in


@pytest.fixture
def ada(person: Person) -> Client:
    """Somebody who may do everything here, and is no superuser."""
    return person(*EVERYTHING)
