"""How often one may try, on the page and at the API."""

from __future__ import annotations

import pytest
from django.core import mail

from apps.users.throttle import ATTEMPTS, MAILS

pytestmark = pytest.mark.django_db

PAGE, API = "/login/", "/api/token/"


def log_in(client, address, email, password):
    name = "username" if address == PAGE else "email"
    return client.post(address, {name: email, "password": password})


@pytest.mark.parametrize("address", [PAGE, API])
def test_after_many_wrong_passwords_not_even_the_right_one_is_looked_at(client, customer, address):
    customer.set_password("strongpass123")
    customer.save()
    for number in range(ATTEMPTS):
        answer = log_in(client, address, customer.email, f"guess {number}")
        assert "Too many" not in answer.content.decode()

    refused = log_in(client, address, customer.email.upper(), "strongpass123")
    another = log_in(client, address, "bob@example.com", "strongpass123")

    assert "Too many wrong passwords" in refused.content.decode()
    assert "Too many" not in another.content.decode()
    assert "_auth_user_id" not in client.session


def test_the_right_password_starts_the_count_anew(client, customer):
    customer.set_password("strongpass123")
    customer.save()
    for _ in range(3):
        for number in range(ATTEMPTS - 1):
            log_in(client, PAGE, customer.email, f"guess {number}")
        assert log_in(client, PAGE, customer.email, "strongpass123").status_code == 302


def test_it_does_so_too_for_who_logs_in_by_name(client, customer):
    customer.login_name = "ann"
    customer.set_password("strongpass123")
    customer.save()
    for _ in range(2):
        for number in range(ATTEMPTS - 1):
            log_in(client, PAGE, "ann", f"guess {number}")
        assert log_in(client, PAGE, "ann", "strongpass123").status_code == 302


def test_one_address_gets_few_mails_and_nobody_is_told(client, customer):
    pages = {client.post("/password/", {"email": customer.email}, follow=True).content for _ in range(10)}

    assert len(mail.outbox) == MAILS
    assert all(b"on its way" in page for page in pages)
