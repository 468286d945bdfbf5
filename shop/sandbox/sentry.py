"""Sentry: takes the SDK's envelopes and shows the errors in them, and the check-ins of schedules."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from sandbox.answers import cleared, newest, now, one
from sandbox.calls import Calls
from sandbox.envelope import check_ins_in, events_in
from sandbox.store import Document, Shelf

KEPT_EVENTS = 1000


class Sentry:
    """Works with `SENTRY_DSN=http://public@127.0.0.1:8025/sentry/1`, any key and any project.

    Keeps the newest 1,000 events: a shop that fails all night must not fill the disk.
    """

    def __init__(self, events: Shelf, calls: Calls) -> None:
        self.events = events
        self._calls = calls
        #: The newest state of each; forgotten when the sandbox ends.
        self.check_ins: dict[str, Document] = {}

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/sentry/api/{project}/envelope/", self._calls.to("sentry", self.take)),
            web.get("/sentry/events", self.get_all),
            web.delete("/sentry/events", self.clear),
            web.get("/sentry/events/{id}", self.get),
            web.get("/sentry/check-ins", self.get_check_ins),
        ]

    async def take(self, request: web.Request) -> web.Response:
        envelope = await request.read()
        events = events_in(envelope)
        for check_in in check_ins_in(envelope):
            self._note(check_in)
        for event in events:
            self.events.put(event["event_id"], report(request.match_info["project"], event))
        self.events.keep_newest(KEPT_EVENTS)
        return web.json_response({"id": events[0]["event_id"]} if events else {})

    async def get_all(self, request: web.Request) -> web.Response:
        return newest(request, self.events, type="type", transaction="transaction", level="level")

    async def get_check_ins(self, request: web.Request) -> web.Response:
        return web.json_response(list(self.check_ins.values())[::-1])

    def _note(self, check_in: Document) -> None:
        """Like Sentry, know one by its id: the second time it is how it ended."""
        id = str(check_in.get("check_in_id"))
        self.check_ins[id] = {**self.check_ins.get(id, {}), **check_in}
        for oldest in list(self.check_ins)[:-KEPT_EVENTS]:
            del self.check_ins[oldest]

    async def get(self, request: web.Request) -> web.Response:
        return web.json_response(one(self.events, request.match_info["id"]))

    async def clear(self, request: web.Request) -> web.Response:
        return cleared(self.events)


def report(project: str, event: Document) -> Document:
    """The event with what people ask for first at the top, and all of it under `event`."""
    exceptions = _values(event.get("exception"))
    raised = exceptions[-1] if exceptions else {}
    return {
        "id": event["event_id"],
        "project": project,
        "type": raised.get("type"),
        "value": raised.get("value"),
        "message": _message(event),
        "level": event.get("level", "error"),
        "transaction": event.get("transaction"),
        "contexts": event.get("contexts") or {},
        "tags": dict(event.get("tags") or {}),
        "environment": event.get("environment"),
        "received_at": now(),
        "event": event,
    }


def _values(interface: Any) -> list[Document]:
    """An interface's values: the SDK writes `{"values": [...]}`, or the list itself."""
    values = interface.get("values") if isinstance(interface, dict) else interface
    return [value for value in values or [] if isinstance(value, dict)]


def _message(event: Document) -> str | None:
    entry = event.get("logentry") or event.get("message")
    return (entry.get("formatted") or entry.get("message")) if isinstance(entry, dict) else entry
