from __future__ import annotations

import pytest
from django.contrib.auth import authenticate

from apps.users.models import User

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("written", ["ann@example.com", "Ann@Example.com", "ann"])
def test_one_logs_in_by_address_in_any_case_or_by_log_in_name(written):
    ann = User.objects.create_user("Ann@example.com", "strongpass123", login_name="ann")

    assert authenticate(username=written, password="strongpass123") == ann


def test_many_people_have_no_log_in_name():
    User.objects.create_user("ann@example.com", "strongpass123")
    User.objects.create_user("bob@example.com", "strongpass123", login_name="")

    assert authenticate(username="", password="strongpass123") is None
    assert User.objects.filter(login_name=None).count() == 2
