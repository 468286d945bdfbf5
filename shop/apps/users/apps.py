from __future__ import annotations

from django.apps import AppConfig


class UsersConfig(AppConfig):
    name = "apps.users"
    verbose_name = "People"

    def ready(self) -> None:
        from apps.users import throttle

        throttle.connect()
