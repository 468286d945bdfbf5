from __future__ import annotations

import pytest
from django.core import mail

from apps.users.models import User

pytestmark = pytest.mark.django_db

NEW = {"email": "new@example.com", "password": "strongpass123", "full_name": "New Person"}


def test_the_page_says_that_the_mail_is_on_its_way_and_where_to_read_it(client, settings):
    response = client.post("/register/", NEW, follow=True)

    page = response.content.decode()
    assert response.redirect_chain == [("/register/thanks/", 302)]
    assert "new@example.com" in page and "on its way" in page
    assert settings.MAILBOX_URL in page
    assert [message.to for message in mail.outbox] == [["new@example.com"]]


def test_who_registers_is_logged_in(client):
    client.post("/register/", NEW)

    assert client.session["_auth_user_id"] == str(User.objects.get().pk)


def test_errors_stand_at_their_fields(client):
    response = client.post("/register/", {"email": "nonsense", "password": "12345678"})

    page = response.content.decode()
    assert response.status_code == 200
    assert 'id="id_email_error"' in page
    assert 'id="id_password_error"' in page
    assert 'aria-invalid="true"' in page
    assert not User.objects.exists()


def test_a_registered_address_is_refused(client):
    User.objects.create_user("new@example.com", "strongpass123")

    response = client.post("/register/", {**NEW, "email": "NEW@example.com"})

    assert "registered already" in response.content.decode()


def test_who_has_not_registered_is_asked_to(client):
    assert client.get("/register/thanks/").url == "/register/"
