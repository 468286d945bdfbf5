from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.core.demonstration import load


class Command(BaseCommand):
    help = "Fill an empty shop with demonstration data. Running it again changes nothing. Development only."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMONSTRATION:
            raise CommandError(
                "demo_data makes an admin whose password everybody knows, so it runs with "
                "development settings only: "
                "DJANGO_SETTINGS_MODULE=config.settings.development"
            )
        for line in load():
            self.stdout.write(line)
