from __future__ import annotations

from django.conf import settings
from django.contrib.auth.mixins import UserPassesTestMixin
from django.http import HttpRequest


class StaffOnly(UserPassesTestMixin):
    """Strangers are asked to log in; customers are told that this is not for them."""

    def test_func(self) -> bool:
        return self.request.user.is_staff


def may_look_behind(request: HttpRequest) -> bool:
    """Who sees the workers at work: the staff, and in the demonstration everybody."""
    user = getattr(request, "user", None)
    return settings.DEMONSTRATION or bool(user and user.is_staff)
