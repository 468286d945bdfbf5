"""Telling people: by mail, by a webhook that takes JSON, by one that takes what Slack takes."""

from __future__ import annotations

import json
import logging
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPException
from typing import Any

from django.conf import settings as django_settings
from django.core.mail import EmailMessage, get_connection

logger = logging.getLogger(__name__)

#: Seconds that a webhook, or a mail server, has to answer.
TIMEOUT = 10.0


@dataclass(frozen=True, slots=True)
class Notice:
    """What people are told: in a line, in full, and as values for programs."""

    subject: str
    text: str
    data: Mapping[str, Any] = field(default_factory=dict)


#: Sends a notice by one channel; it may raise.
Send = Callable[[Notice], None]


def channels(given: Mapping[str, Any]) -> dict[str, Send]:
    """Return the channels that an alert in the settings names."""
    found: dict[str, Send] = {}
    if given.get("mail"):
        found["mail"] = partial(_mail, list(given["mail"]))
    if given.get("webhook"):
        found["webhook"] = partial(_post_data, given["webhook"])
    if given.get("slack"):
        found["slack"] = partial(_post_to_slack, given["slack"])
    return found


def gets_out(send: Send, notice: Notice, channel: str) -> bool:
    """Send a notice; if that fails, the log says so and the answer is False."""
    try:
        send(notice)
    except (OSError, HTTPException):  # what sockets, smtplib and urllib raise
        logger.exception("“%s” did not get out by %s; it is tried again", notice.subject, channel)
        return False
    return True


def _mail(addresses: list[str], notice: Notice) -> None:
    connection = get_connection(timeout=django_settings.EMAIL_TIMEOUT or TIMEOUT)
    sender = django_settings.DEFAULT_FROM_EMAIL
    EmailMessage(notice.subject, notice.text, sender, addresses, connection=connection).send()


def _post_data(url: str, notice: Notice) -> None:
    _post(url, dict(notice.data))


def _post_to_slack(url: str, notice: Notice) -> None:
    _post(url, {"text": f"*{_escaped(notice.subject)}*\n{_escaped(notice.text.strip())}"})


def _escaped(text: str) -> str:
    """Return text in which Slack finds no link and no mention (docs.slack.dev: formatting message text)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _post(url: str, said: Any) -> None:
    request = urllib.request.Request(  # noqa: S310 - the settings take http and https only
        url, data=json.dumps(said).encode(), headers={"Content-Type": "application/json"}
    )
    try:
        urllib.request.urlopen(request, timeout=TIMEOUT).close()  # noqa: S310
    except urllib.error.HTTPError as refusal:
        refusal.close()
        raise
