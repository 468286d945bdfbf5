"""What a failing vendor is called, and what that asks of the caller."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from apps.core.vendors import (
    RateLimited,
    Vendor,
    VendorRefused,
    VendorTimeout,
    VendorUnavailable,
    retry_after,
)


@pytest.mark.parametrize(
    ("fault", "error", "kind"),
    [
        ({"status": 503}, VendorUnavailable, ConnectionError),
        ({"reset": True}, VendorUnavailable, ConnectionError),
        ({"timeout": True}, VendorTimeout, TimeoutError),
        ({"status": 429, "retry_after": 9}, RateLimited, Exception),
        ({"status": 404}, VendorRefused, Exception),
    ],
)
def test_each_failure_has_a_name(sandbox, settings, fault, error, kind):
    settings.VENDOR_TIMEOUT_SECONDS = 0.3
    sandbox.break_vendors(supplier={**fault, "times": 1})

    with pytest.raises(error, match="supplier") as caught:
        Vendor("supplier").call("GET", "/inventory")

    assert isinstance(caught.value, kind)


def test_a_vendor_that_is_not_there_is_unavailable(nobody):
    with pytest.raises(VendorUnavailable, match="crm can't be reached"):
        Vendor("crm").call("PUT", "/contacts/1", json={})


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("7", 7), ("2.5", 3), ("0", 0), ("", 30), ("soon", 30), ("Thu, 01 Jan 1970 00:00:00 GMT", 0)],
)
def test_retry_after_is_read_in_seconds_or_as_a_date(said, seconds):
    assert retry_after(httpx.Response(429, headers={"Retry-After": said})) == seconds


def test_retry_after_may_be_a_date_to_come():
    said = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)

    assert 60 < retry_after(httpx.Response(429, headers={"Retry-After": said})) <= 90


@pytest.mark.parametrize("error", [RateLimited("slow down", 7), VendorRefused("no", 402)])
def test_errors_survive_the_way_through_celery(error):
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301  our own bytes

    assert (type(copy), str(copy), vars(copy)) == (type(error), str(error), vars(error))
