"""Hashing a password takes a good part of a second, and on SQLite whoever writes waits for every open transaction."""

from __future__ import annotations

from typing import ClassVar

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection

from apps.users import services

pytestmark = pytest.mark.django_db(transaction=True)


class ObservantHasher(MD5PasswordHasher):
    """Notes whether a transaction is open while it works."""

    in_transaction: ClassVar[list[bool]] = []

    def encode(self, password, salt):
        self.in_transaction.append(connection.in_atomic_block)
        return super().encode(password, salt)


@pytest.fixture
def in_transaction(settings):
    settings.PASSWORD_HASHERS = [f"{__name__}.ObservantHasher"]
    ObservantHasher.in_transaction.clear()
    return ObservantHasher.in_transaction


def register(client, path):
    person = {"email": "new@example.com", "password": "strongpass123", "full_name": "New Person"}
    response = client.post(path, person)
    assert response.status_code in (201, 302)


@pytest.mark.parametrize("path", ["/register/", "/api/users/"])
def test_nobody_waits_for_a_transaction_in_which_a_password_is_hashed(client, in_transaction, path):
    register(client, path)

    assert in_transaction and not any(in_transaction)


def test_a_registered_person_can_log_in(in_transaction):
    person = services.register(email="new@example.com", password="strongpass123")

    person.refresh_from_db()
    assert person.check_password("strongpass123")
