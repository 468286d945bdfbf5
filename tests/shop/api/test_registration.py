from __future__ import annotations

import pytest
from django.core import mail

from apps.users.models import User

pytestmark = pytest.mark.django_db

NEW = {"email": "new@example.com", "password": "strongpass123"}


@pytest.mark.parametrize("content_type", ["form", "json"])
def test_a_form_and_json_both_register(client, content_type):
    extra = {"content_type": "application/json"} if content_type == "json" else {}

    response = client.post("/api/users/", NEW, **extra)

    assert response.status_code == 201
    assert response.json()["email"] == "new@example.com"
    assert "password" not in response.json()
    assert User.objects.get().check_password("strongpass123")


def test_one_welcome_mail_goes_to_the_new_address(client):
    client.post("/api/users/", NEW)

    assert [message.to for message in mail.outbox] == [["new@example.com"]]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "nonsense"}, "email"),
        ({"email": ""}, "email"),
        ({"email": "x" * 300 + "@example.com"}, "email"),
        ({"email": "nul\x00l@example.com"}, "email"),
        ({"password": "short"}, "password"),
        ({"password": "new@example.com"}, "password"),
        ({"password": "p" * 200}, "password"),
        ({"full_name": "n" * 200}, "full_name"),
    ],
)
def test_wrong_input_is_named_by_field(client, change, field):
    response = client.post("/api/users/", {**NEW, **change})

    assert response.status_code == 400
    assert list(response.json()) == [field]
    assert not User.objects.exists()
    assert mail.outbox == []


@pytest.mark.parametrize("body", ["[]", "3", "{", '{"email": {}, "password": []}', "null"])
def test_json_of_the_wrong_shape_is_refused(client, body):
    assert client.post("/api/users/", body, content_type="application/json").status_code == 400


def test_an_address_registers_once_in_any_case(client):
    client.post("/api/users/", NEW)

    response = client.post("/api/users/", {**NEW, "email": "New@Example.com"})

    assert response.status_code == 400
    assert "registered already" in response.json()["email"][0]
    assert User.objects.count() == 1
