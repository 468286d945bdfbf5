from __future__ import annotations

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_a_token_is_given_for_address_and_password(api, customer):
    token = (
        api().post("/api/token/", {"email": "ann@example.com", "password": "strongpass123"}).json()["token"]
    )

    me = api().get("/api/users/me/", HTTP_AUTHORIZATION=f"Token {token}")

    assert me.json()["email"] == "ann@example.com"


@pytest.mark.parametrize(
    ("email", "password", "field"),
    [
        ("ann@example.com", "wrong", "non_field_errors"),
        ("eve@example.com", "strongpass123", "non_field_errors"),
        ("", "strongpass123", "email"),
        ("ann@example.com", "nul\x00l", "password"),
    ],
)
def test_no_token_is_given_for_less(api, customer, email, password, field):
    response = api().post("/api/token/", {"email": email, "password": password}, format="json")

    assert response.status_code == 400
    assert list(response.json()) == [field]


def test_a_session_opens_the_api_too(customer):
    browser = Client()
    browser.post("/login/", {"username": "ann@example.com", "password": "strongpass123"})

    assert browser.get("/api/users/me/").json()["email"] == "ann@example.com"


def test_a_session_needs_the_csrf_token_to_write(customer, product):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(customer)

    assert browser.post("/api/orders/", {}, content_type="application/json").status_code == 403


def test_one_sees_oneself_and_the_staff_sees_everybody(api, customer, staff):
    assert [user["email"] for user in api(customer).get("/api/users/").json()["results"]] == [
        "ann@example.com"
    ]
    assert api(staff).get("/api/users/").json()["count"] == 2
    assert api(staff).get("/api/users/?search=ann").json()["count"] == 1
    assert api(customer).get(f"/api/users/{staff.pk}/").status_code == 404
    assert api().get("/api/users/").status_code == 401
