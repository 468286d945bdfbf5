"""Calling vendors over HTTP: one client, one time-out, and errors that say what to do next.

VendorError
├── VendorUnavailable   (a ConnectionError)  nobody answered, or with a 5xx: try again
├── VendorTimeout       (a TimeoutError)     no answer in time, the call may have taken effect: try again
├── RateLimited                              429: try again after `retry_after` seconds
└── VendorRefused                            any other 4xx: the same call will be refused again
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from math import ceil
from typing import Any

import httpx
from django.conf import settings

WHEN_NOT_SAID_SECONDS = 30


class VendorError(Exception):
    """A vendor did not do what it was asked."""

    def __str__(self) -> str:
        return str(self.args[0])


class VendorUnavailable(VendorError, ConnectionError):
    """The vendor could not be reached, or failed."""


class VendorTimeout(VendorError, TimeoutError):
    """The vendor did not answer in time. Whether the call took effect is unknown."""


class RateLimited(VendorError):
    """The vendor asks to be left alone for `retry_after` seconds."""

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message, retry_after)  # all of it: Celery pickles the error that a retry names
        self.retry_after = retry_after


class VendorRefused(VendorError):
    """The vendor understood and said no."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message, status)
        self.status = status


class Vendor:
    """A vendor by its name in settings.VENDORS: `Vendor("crm").call("PUT", "/contacts/7", json={...})`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.address = settings.VENDORS[name].rstrip("/")

    def call(self, method: str, path: str, *, key: str | None = None, json: Any = None) -> Any:
        """The vendor's JSON answer, or a VendorError. What is asked with a `key` is done once."""
        headers = {"Idempotency-Key": key} if key else {}
        try:
            response = client(os.getpid()).request(
                method,
                self.address + path,
                headers=headers,
                json=json,
                timeout=settings.VENDOR_TIMEOUT_SECONDS,
            )
        except httpx.TimeoutException as error:
            raise VendorTimeout(
                f"{self.name} did not answer in {settings.VENDOR_TIMEOUT_SECONDS} s"
            ) from error
        except httpx.TransportError as error:
            raise VendorUnavailable(f"{self.name} can't be reached: {error}") from error
        self._check(response)
        return response.json()

    def _check(self, response: httpx.Response) -> None:
        words = f"{self.name} answered {response.status_code}: {response.text[:200]}"
        if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
            raise RateLimited(words, retry_after(response))
        if response.is_server_error:
            raise VendorUnavailable(words)
        if not response.is_success:
            raise VendorRefused(words, response.status_code)


@lru_cache(maxsize=1)
def client(process_id: int) -> httpx.Client:
    """The connections of this process; a forked child gets its own."""
    return httpx.Client()


def hang_up() -> None:
    """Close the connections of this process."""
    client(os.getpid()).close()
    client.cache_clear()


def retry_after(response: httpx.Response) -> int:
    """Seconds until the vendor may be asked again: it says so in seconds or as a date."""
    said = response.headers.get("Retry-After", "")
    if said.replace(".", "", 1).isdecimal():
        return ceil(float(said))
    try:
        moment = parsedate_to_datetime(said)
    except ValueError:
        return WHEN_NOT_SAID_SECONDS
    return max(0, ceil((moment.astimezone(UTC) - datetime.now(UTC)).total_seconds()))
