from __future__ import annotations

import re

import pytest
from django.core import mail

from apps.users import services
from apps.users.models import User

pytestmark = pytest.mark.django_db


def link_in(message):
    return re.search(r"http://[^/]+(/password/\S+)", message.body)[1]


def test_an_imported_person_is_told_to_set_a_password_and_can(client):
    services.import_users(b"email\nann@example.com\n")
    assert "Set one: http" in mail.outbox[0].body

    asked = client.post("/password/", {"email": "Ann@example.com"}, follow=True)
    form = client.get(link_in(mail.outbox[1]), follow=True)
    chosen = {"new_password1": "strongpass123", "new_password2": "strongpass123"}
    done = client.post(form.redirect_chain[-1][0], chosen, follow=True)

    assert "on its way" in asked.content.decode()
    assert "you are logged in" in done.content.decode()
    assert User.objects.get().check_password("strongpass123")


def test_a_link_works_once(client, customer):
    services.ask_for_new_password(customer.email)
    customer.set_password("anotherpass123")
    customer.save()

    assert "This link has been used" in client.get(link_in(mail.outbox[0]), follow=True).content.decode()


def test_an_unknown_address_is_answered_the_same_and_gets_no_mail(client):
    page = client.post("/password/", {"email": "eve@example.com"}, follow=True).content.decode()

    assert "If we know the address" in page
    assert mail.outbox == []


def test_who_registers_is_not_told_to_set_a_password():
    services.register(email="ann@example.com", password="strongpass123")

    assert "no password yet" not in mail.outbox[0].body
