"""The mails themselves: one template each, sent through Django's mail backend."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from apps.orders.models import Order
from apps.products.models import Product
from apps.users.models import User


class EmailService:
    """Writes and sends the shop's mails, one method per kind."""

    @classmethod
    def send_welcome(cls, user: User) -> None:
        cls._send("welcome", "Welcome to the Hardy Shop", user, key=f"welcome-{user.pk}")

    @classmethod
    def send_new_password(cls, user: User) -> None:
        place = urlsafe_base64_encode(force_bytes(user.pk))
        token = default_token_generator.make_token(user)
        link = settings.SHOP_URL + reverse("password_reset_confirm", args=[place, token])
        cls._send("new_password", "Set your password", user, key=f"password-{token}", link=link)

    @classmethod
    def send_receipt(cls, order: Order) -> None:
        lines = order.lines.select_related("product")
        cls._send(
            "receipt",
            f"Your receipt for order {order.pk}",
            order.user,
            key=f"receipt-{order.reference}",
            order=order,
            lines=lines,
        )

    @classmethod
    def send_reminder(cls, user: User, orders: Sequence[Order]) -> None:
        words = "An order is waiting" if len(orders) == 1 else f"{len(orders)} orders are waiting"
        key = f"reminder-{orders[0].pk}-and-{len(orders) - 1}-of-{timezone.localdate():%Y%m%d}"
        cls._send("reminder", f"{words} for payment", user, key=key, orders=orders)

    @classmethod
    def send_digest(cls, user: User, week: date, orders: Sequence[Order], news: Sequence[Product]) -> None:
        key = f"digest-{user.pk}-{week:%Y%m%d}"
        cls._send("digest", "Your week at the Hardy Shop", user, key=key, week=week, orders=orders, news=news)

    @staticmethod
    def _send(template: str, subject: str, user: User, *, key: str, **context: Any) -> None:
        """`key` names this mail for ever: a task that runs twice sends the same Message-ID twice."""
        context = {"user": user, "subject": subject, "shop_url": settings.SHOP_URL, **context}
        mail = EmailMultiAlternatives(
            subject,
            render_to_string(f"mail/{template}.txt", context),
            to=[user.email],
            headers={"Message-ID": f"<{key}@shop.example.com>"},
        )
        mail.attach_alternative(render_to_string(f"mail/{template}.html", context), "text/html")
        mail.send()
