"""The time that a test tells: for the ledger, for Celery's countdowns and for ``django.utils.timezone.now()``.

It goes on from Python's clock, so whatever moves that one (time-machine, freezegun) moves the ledger too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

from django.utils import timezone

from hardy.db import dialect


class Clock:
    """The present of one test."""

    def __init__(self) -> None:
        self._ahead = timedelta(0)
        self._frozen: datetime | None = None
        #: Called after time has moved: whoever runs a task looks at its limits.
        self.moved: Callable[[], None] = _nobody_minds

    def now(self) -> datetime:
        """Return the present, in UTC."""
        return self._frozen or datetime.now(UTC) + self._ahead

    def freeze(self, at: datetime | None = None) -> datetime:
        """Stop the clock at ``at`` (default: now), and return that moment; ``advance`` still moves it."""
        self._frozen = _aware(at or _in_milliseconds(self.now()))
        self.moved()
        return self._frozen

    def advance(self, by: timedelta) -> datetime:
        """Let ``by`` pass at once, and return the present."""
        if by < timedelta(0):
            raise ValueError(f"Time moves forward: advance() takes a positive duration, not {by}.")
        if self._frozen is None:
            self._ahead += by
        else:
            self._frozen += by
        self.moved()
        return self.now()

    def move_to(self, moment: datetime) -> None:
        """Advance to ``moment``, unless it has passed."""
        self.advance(max(_aware(moment) - self.now(), timedelta(0)))

    def state(self) -> tuple[datetime | None, timedelta]:
        """Return what :meth:`restore` takes."""
        return self._frozen, self._ahead

    def restore(self, frozen: datetime | None, ahead: timedelta) -> None:
        """Go back to a time that was: only for what is undone as a whole."""
        self._frozen, self._ahead = frozen, ahead

    @contextmanager
    def telling(self, app: Any) -> Iterator[None]:
        """Let the ledger, ``app`` and Django ask this clock what time it is."""
        with dialect.present_is(self.now), mock.patch.object(app, "now", self.now), self._told_by_django():
            yield

    @contextmanager
    def _told_by_django(self) -> Iterator[None]:
        """Exchange the function's body, not its name: it is the default of fields, and imported by name elsewhere."""
        function: Any = timezone.now
        before = function.__code__
        with mock.patch.object(timezone, "_told_by_hardy", self._as_django_wants_it, create=True):
            function.__code__ = _ask.__code__
            try:
                yield
            finally:
                function.__code__ = before

    def _as_django_wants_it(self) -> datetime:
        from django.conf import settings

        return self.now() if settings.USE_TZ else timezone.make_naive(self.now())


def _ask() -> datetime:
    """Stand for the body of ``timezone.now``: names are looked up in its module."""
    return _told_by_hardy()  # type: ignore[name-defined,no-any-return]  # noqa: F821


def _in_milliseconds(moment: datetime) -> datetime:
    """SQLite keeps no more: a job that is due at a frozen moment shall be due then, and not a fraction earlier."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _aware(moment: datetime) -> datetime:
    return (timezone.make_aware(moment) if moment.tzinfo is None else moment).astimezone(UTC)


def _nobody_minds() -> None:
    """No task is running."""
