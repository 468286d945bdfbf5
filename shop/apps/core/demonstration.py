"""The demonstration data of `manage.py demo_data`: loading it twice changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator

from django.db import transaction
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from apps.products import catalogue
from apps.products.models import Product, StockMove
from apps.users.models import User
from apps.warehouse.models import Source


def load() -> Iterator[str]:
    """Everything a first look at the shop needs; each line says what there is now."""
    with transaction.atomic():
        yield admin()
        yield products()
        yield sources()
        yield schedule()


def admin() -> str:
    if not User.objects.filter(login_name="demo").exists():
        User.objects.create_superuser("demo@example.com", "demo", login_name="demo", full_name="Demo Admin")
    return "admin: demo / demo"


def products() -> str:
    for number, sample in enumerate(catalogue.SAMPLES, start=1):
        fields = {**sample._asdict(), "picture": sample.picture, "stock": catalogue.OPENING_STOCK}
        product, is_new = Product.objects.get_or_create(sku=catalogue.sku(number), defaults=fields)
        if is_new:
            StockMove.objects.create(product=product, change=product.stock, reason=StockMove.Reason.OPENING)
    return f"{Product.objects.count()} products"


def sources() -> str:
    for kind in Source.Kind.values:
        Source.objects.get_or_create(kind=kind)
    return f"{Source.objects.count()} sources for the warehouse"


def schedule() -> str:
    """A periodic task that lives in the database, beside those of config/periodic.py."""
    every_six_hours, _ = CrontabSchedule.objects.get_or_create(hour="*/6", minute="0", timezone="UTC")
    task, _ = PeriodicTask.objects.update_or_create(
        name="Sync inventory every 6 hours",
        defaults={
            "crontab": every_six_hours,
            "task": "products.sync_inventory",
            "args": json.dumps([]),
            "enabled": True,
        },
    )
    return f"periodic task: {task.name}"
