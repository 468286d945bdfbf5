"""The shop as its customers reach it: over HTTP."""

from __future__ import annotations

import re
from typing import Any

import httpx

from demo.tally import Tally

TIMEOUT_SECONDS = 30
TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL | re.IGNORECASE)


class Turned(Exception):
    """The shop did not do what it was asked; the message says what it answered."""


class Site:
    """One visitor's connection, with the cookies of their browser."""

    def __init__(self, address: str, tally: Tally) -> None:
        self.tally = tally
        # Each request has a connection of its own: the development server keeps a thread, and that a database
        # connection, for every one that is left open.
        self._client = httpx.Client(
            base_url=address, timeout=TIMEOUT_SECONDS, limits=httpx.Limits(max_keepalive_connections=0)
        )

    def get(self, path: str, **query: Any) -> httpx.Response:
        return self.ask("GET", path, params=query)

    def send(self, path: str, fields: dict[str, Any]) -> httpx.Response:
        """Send a form, as a browser does, and follow to the page that comes next."""
        headers = {"X-CSRFToken": self._client.cookies.get("csrftoken", "")}
        return self.ask("POST", path, data=fields, headers=headers, follow_redirects=True)

    def ask(self, method: str, path: str, *, also: tuple[int, ...] = (), **request: Any) -> httpx.Response:
        """The answer, if it is a good one or one of `also`."""
        try:
            response = self._client.request(method, path, **request)
        except httpx.TransportError as error:
            raise Turned(f"{method} {path}: {error or type(error).__name__}") from error
        self.tally.add("requests")
        if not response.is_success and response.status_code not in also:
            raise Turned(f"{method} {path}: {response.status_code} {in_short(response.text)}")
        return response

    def close(self) -> None:
        self._client.close()


def in_short(text: str) -> str:
    """One line of an answer: the title of a page, or how it begins."""
    title = TITLE.search(text)
    return " ".join((title[1] if title else text).split())[:200]
