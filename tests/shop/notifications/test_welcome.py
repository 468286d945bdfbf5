"""The welcome mail, with the tests of the patterns as they stand there."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from django.core import mail

from apps.notifications.services import EmailService
from apps.notifications.tasks import send_welcome_email
from apps.users.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def user():
    return User.objects.create_user("ann@example.com", "strongpass123", full_name="Ann Example")


def test_send_welcome_email_calls_the_service(user):
    with patch("apps.notifications.services.EmailService") as mock_email:
        send_welcome_email(user.pk)

        mock_email.send_welcome.assert_called_once_with(user)


def test_send_welcome_email_survives_a_missing_user():
    send_welcome_email(99999)


def test_registering_sends_the_welcome_mail_once(client):
    with patch("apps.notifications.services.EmailService") as mock_email:
        response = client.post("/api/users/", {"email": "new@example.com", "password": "strongpass123"})

        assert response.status_code == 201
        mock_email.send_welcome.assert_called_once()


def test_a_missing_user_is_logged_as_a_warning(caplog):
    send_welcome_email(99999)

    assert [(r.levelname, r.getMessage()) for r in caplog.records] == [
        ("WARNING", "user 99999 is gone: no welcome mail")
    ]


def test_the_mail_greets_by_name_in_text_and_html(user):
    EmailService.send_welcome(user)

    [message] = mail.outbox
    html, kind = message.alternatives[0]
    assert message.to == ["ann@example.com"]
    assert "Welcome, Ann!" in message.body
    assert kind == "text/html" and "Welcome, Ann" in html


def test_a_task_that_runs_twice_sends_the_same_message_id(user):
    send_welcome_email(user.pk)
    send_welcome_email(user.pk)

    assert len({message.extra_headers["Message-ID"] for message in mail.outbox}) == 1


def test_the_task_has_the_name_of_its_contract():
    assert send_welcome_email.name == "notifications.send_welcome_email"
