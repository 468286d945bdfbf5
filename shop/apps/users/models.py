"""People log in with their mail address; staff may have a short log-in name as well."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import Q
from django.utils import timezone


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        """The person who logs in with this address (in any case) or with this log-in name."""
        return self.get(Q(email=(username or "").lower()) | Q(login_name=username))

    def new_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Somebody who is not saved yet; hashing the password takes a good part of a second of work."""
        user = self.model(email=email, **fields)
        user.set_password(password)
        return user

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.new_user(email, password, **fields)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A customer or a member of staff."""

    email = models.EmailField(
        "mail address", unique=True, error_messages={"unique": "This address is registered."}
    )
    login_name = models.SlugField("log-in name", max_length=50, unique=True, null=True, blank=True)
    full_name = models.CharField(max_length=150, blank=True)
    wants_digest = models.BooleanField("wants the weekly digest", default=True)
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=timezone.now)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email = self.email.lower()  # one person, one address: Ann@example.com is ann@example.com
        self.login_name = (
            self.login_name or None
        )  # many people have no log-in name; the unique index allows only NULL
        super().save(*args, **kwargs)

    def get_short_name(self) -> str:
        return self.full_name.split(" ")[0] or self.email.split("@")[0]
