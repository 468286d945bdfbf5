"""Importing people: those who are right come in and are welcomed, the others are named."""

from __future__ import annotations

import pytest
from django.core import mail

from apps.users import services, work
from apps.users.models import User

pytestmark = pytest.mark.django_db


def test_new_people_come_in_and_each_is_welcomed():
    outcome = services.import_users(b"email,full_name\nann@example.com,Ann\nBOB@example.com,\n")

    assert [user.email for user in outcome.imported] == ["ann@example.com", "bob@example.com"]
    assert outcome.errors == []
    assert [message.to for message in mail.outbox] == [["ann@example.com"], ["bob@example.com"]]
    assert not User.objects.first().has_usable_password()


def test_each_wrong_row_is_named_and_the_right_ones_come_in(customer):
    outcome = services.import_users(
        b"full_name,email\n"
        b"Wrong,nonsense\n"
        b"Nobody,\n"
        b"Taken,Ann@example.com\n"
        b"Good,good@example.com\n"
        b"Twice,GOOD@example.com\n" + b"n" * 200 + b",long@example.com\n"
    )

    assert [user.email for user in outcome.imported] == ["good@example.com"]
    assert [(error.line, error.email) for error in outcome.errors] == [
        (2, "nonsense"),
        (3, ""),
        (4, "ann@example.com"),
        (6, "good@example.com"),
        (7, "long@example.com"),
    ]
    assert "valid email" in outcome.errors[0].error
    assert "registered" in outcome.errors[2].error
    assert [message.to for message in mail.outbox] == [["good@example.com"]]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "must name the columns"),
        (b"name;mail\n", "must name the columns"),
        (b"email\n\xff\xfe\n", "not text in UTF-8"),
        (b"email\nann\x00@example.com\n", "not a text file"),
        (b'email\n"ann', "not a CSV table"),
        (b"email\n" + b"a@example.com\n" * (work.MOST_ROWS + 1), "import at most 5000"),
    ],
)
def test_a_file_that_is_no_table_is_refused_whole(content, why):
    with pytest.raises(services.UnreadableFile, match=why):
        services.import_users(content)

    assert not User.objects.exists()


def test_a_short_row_and_a_long_one_are_read():
    outcome = services.import_users(b"email,full_name\nann@example.com\nbob@example.com,Bob,and,more\n")

    assert [user.full_name for user in outcome.imported] == ["", "Bob"]


def test_a_file_without_people_imports_nobody():
    assert services.import_users("\ufeffemail\n".encode()).imported == []
