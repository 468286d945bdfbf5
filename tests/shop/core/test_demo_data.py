from __future__ import annotations

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command

from apps.users.models import User

pytestmark = pytest.mark.django_db


def test_the_admin_logs_in_as_demo_demo(client):
    call_command("demo_data", verbosity=0)

    admin = authenticate(username="demo", password="demo")
    assert admin.is_superuser
    assert client.post("/admin/login/", {"username": "demo", "password": "demo"}).status_code == 302


def test_loading_twice_changes_nothing():
    call_command("demo_data")
    before = User.objects.values_list("pk", flat=True)[::1]

    call_command("demo_data")

    assert User.objects.values_list("pk", flat=True)[::1] == before


def test_demonstration_data_is_refused_outside_development(settings):
    settings.DEMONSTRATION = False

    with pytest.raises(CommandError, match="development settings only"):
        call_command("demo_data")

    assert not User.objects.exists()
