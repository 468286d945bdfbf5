from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from apps.users.tasks import cleanup_expired_sessions

pytestmark = pytest.mark.django_db


def test_sessions_that_have_ended_are_deleted_and_others_stay():
    now = timezone.now()
    Session.objects.create(session_key="ended", expire_date=now - timedelta(seconds=1))
    Session.objects.create(session_key="open", expire_date=now + timedelta(hours=1))

    assert cleanup_expired_sessions() == 1

    assert Session.objects.get().session_key == "open"
    assert cleanup_expired_sessions.name == "users.cleanup_expired_sessions"
