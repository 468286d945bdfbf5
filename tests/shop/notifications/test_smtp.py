"""Mail over a real socket, into the sandbox's mailbox."""

from __future__ import annotations

import pytest

from apps.notifications.tasks import send_welcome_email

pytestmark = pytest.mark.django_db


@pytest.fixture
def smtp(sandbox, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = sandbox.smtp_port
    return sandbox


def test_the_welcome_mail_arrives(smtp, customer):
    send_welcome_email(customer.pk)

    [message] = smtp.mail_to("ann@example.com")
    assert message["subject"] == "Welcome to the Hardy Shop"
    assert "Welcome, Ann!" in message["text"]


def test_a_mail_server_that_refuses_is_asked_again(smtp, customer, patience):
    smtp.break_vendors(smtp={"status": 451, "times": 2})

    result = send_welcome_email.apply(args=[customer.pk])

    assert result.state == "SUCCESS"
    assert len(smtp.mail_to("ann@example.com")) == 1
