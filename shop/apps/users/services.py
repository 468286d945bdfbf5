"""What people can ask of `users`."""

from __future__ import annotations

from dataclasses import dataclass

from celery import group
from django.db import transaction

from apps.crm.work import contact_of
from apps.notifications.tasks import send_new_password, send_welcome_email
from apps.users import work
from apps.users.models import User
from apps.users.throttle import may_be_mailed
from apps.users.work import RowError, UnreadableFile

__all__ = ["Import", "RowError", "UnreadableFile", "ask_for_new_password", "import_users", "register"]


@dataclass(frozen=True)
class Import:
    """What became of a file of people."""

    imported: list[User]
    errors: list[RowError]


def register(*, email: str, password: str, full_name: str = "") -> User:
    """A new customer, who is sent a welcome mail. Both are kept or neither: the task commits with the row."""
    # Hashed before the transaction: on SQLite everybody else's writes would wait for it.
    user = User.objects.new_user(email, password, full_name=full_name)
    with transaction.atomic():
        user.save()
        contact_of(user.pk)
        send_welcome_email.delay(user.pk)
    return user


def import_users(content: bytes) -> Import:
    """Import and welcome the rows that are right; say of the others what is wrong. Or UnreadableFile."""
    with transaction.atomic():
        people = work.people_in(content)
        errors = list(work.errors_of(people))
        wrong_lines = {error.line for error in errors}
        imported = work.create(user for line, user in people if line not in wrong_lines)
        new_user_ids = [user.pk for user in imported]
        group(send_welcome_email.s(user_id) for user_id in new_user_ids).delay()
    return Import(imported, errors)


def ask_for_new_password(email: str) -> None:
    """A mail with which a password can be set, if somebody has this address."""
    user = User.objects.filter(email=email.lower(), is_active=True).first()
    if user and may_be_mailed(user.email):
        send_new_password.delay(user.pk)
