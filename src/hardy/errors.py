"""The errors of hardy::

HardyError
├── BadSetting       a key or value in HARDY is wrong             (also ImproperlyConfigured)
├── BadDuration      a duration cannot be read                    (also ValueError)
├── BadOption        a task option is a near miss of a known one  (also TypeError)
├── BrokerAway       the broker did not take a message in time
├── LedgerMissing    hardy's tables are not in the database       (also ImproperlyConfigured)
├── MissingExtra     an optional package is not installed         (also ImportError)
├── Undecodable      a message, kept or delivered, cannot be read (also ValueError)
├── Unsigned         a message was not signed with HARDY["SIGNING_KEY"]
└── Unsendable       a message cannot be sent as it was asked for (also ValueError)
"""

from __future__ import annotations

import reprlib
from collections.abc import Iterator

from django.core.exceptions import ImproperlyConfigured

_short = reprlib.Repr()
_short.maxstring = _short.maxother = 80


def shown(value: object) -> str:
    """Return ``value`` as an error's message holds it: short, whatever it is, and whatever its own ``repr`` does."""
    try:
        return _short.repr(value)
    except Exception:  # a class that cannot be printed, a number of 5,000 digits
        return f"<{type(value).__qualname__} that cannot be shown>"


class HardyError(Exception):
    """Anything hardy itself refuses; the message names the remedy."""


class BadSetting(HardyError, ImproperlyConfigured):
    """A key of ``HARDY`` is unknown, or its value has the wrong type."""


class BadDuration(HardyError, ValueError):
    """A text is no duration, or a longer one than anybody means."""


class BadOption(HardyError, TypeError):
    """A task option is a near miss of a known one."""


class BrokerAway(HardyError):
    """The broker refused, broke off or did not answer in time; what it should have got stays in the ledger."""


class LedgerMissing(HardyError, ImproperlyConfigured):
    """The database has none of hardy's tables."""


class MissingExtra(HardyError, ImportError):
    """An optional package is not installed; the message says how to install it."""


class Undecodable(HardyError, ValueError):
    """A message that the ledger keeps, or that a broker delivered, cannot be read."""


class Unsigned(Undecodable):
    """``HARDY["SIGNING_KEY"]`` is set, and a message was not signed with it."""


class Unsendable(HardyError, ValueError):
    """A message cannot be sent like this; nothing was written."""


def causes_of(error: BaseException | None) -> Iterator[BaseException]:
    """Yield the error and what it came from, each once: some are raised from themselves, or in a circle."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        yield error
        seen.add(id(error))
        error = error.__cause__ or error.__context__
