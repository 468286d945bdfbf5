"""The sandbox for people: an index with live counters, and a page per vendor."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sandbox.answers import one
from sandbox.calls import Calls
from sandbox.carrier import Carrier
from sandbox.crm import Crm
from sandbox.faults import VENDORS
from sandbox.gateway import Gateway
from sandbox.listings import CARRIER, CRM, DECLINES, GATEWAY, SUPPLIER, Listing
from sandbox.mail import Mail
from sandbox.sentry import Sentry
from sandbox.store import Document
from sandbox.supplier import Supplier

HERE = Path(__file__).parent
SHOWN = 200
LETTER_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline';"
    " img-src data:; frame-ancestors 'self'"
)


@dataclass(frozen=True)
class Pages:
    """Everything that answers with HTML, and the counters it polls."""

    calls: Calls
    mail: Mail
    crm: Crm
    gateway: Gateway
    supplier: Supplier
    carrier: Carrier
    sentry: Sentry

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.get("/", self.index),
            web.get("/health", self.health),
            web.get("/counters", self.counters),
            web.get("/mail/", self.mailbox),
            web.get("/mail/{id:[0-9a-f]{12}}/", self.letter),
            web.get("/mail/{id:[0-9a-f]{12}}/body", self.letter_body),
            web.get("/crm/", self.contacts),
            web.get("/gateway/", self.charges),
            web.get("/supplier/", self.inventory),
            web.get("/carrier/", self.shipments),
            web.get("/sentry/", self.events),
            web.static("/static", HERE / "static"),
        ]

    async def health(self, request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def counters(self, request: web.Request) -> web.Response:
        """What the open pages poll."""
        return web.json_response(self._figures())

    def _figures(self) -> Document:
        return {
            "mail": self.mail.messages.count(),
            "contacts": self.crm.contacts.count(),
            "charges": self.gateway.charges.count(),
            "charged": self.gateway.total(),
            "declines": self.gateway.declines.count(),
            "items": self.supplier.item_count(),
            "move": self.supplier.current_move(),
            "shipments": self.carrier.shipments.count(),
            "events": self.sentry.events.count(),
            "calls": {vendor: self.calls.counts[vendor] for vendor in VENDORS},
            "faults": [
                {"vendor": fault.vendor, **fault.document()} for fault in self.calls.faults.in_force()
            ],
            "latest": list(self.calls.latest)[:12],
        }

    async def index(self, request: web.Request) -> web.Response:
        return page("index.html", figures=self._figures(), host=request.host)

    async def mailbox(self, request: web.Request) -> web.Response:
        to = request.query.get("to", "").strip()
        messages = self.mail.messages.newest(limit=SHOWN, **({"recipients": to} if to else {}))
        return page("mailbox.html", messages=messages, to=to, count=self.mail.messages.count())

    async def letter(self, request: web.Request) -> web.Response:
        return page("letter.html", message=one(self.mail.messages, request.match_info["id"]))

    async def letter_body(self, request: web.Request) -> web.Response:
        """A mail's HTML, for a frame without scripts, whose links open beside it."""
        body = one(self.mail.messages, request.match_info["id"])["html"]
        frame = f'<!doctype html><base target="_blank">{body}'
        return html(frame, **{"Content-Security-Policy": LETTER_POLICY})

    async def contacts(self, request: web.Request) -> web.Response:
        return listed(CRM, self.crm.contacts.newest(limit=SHOWN), self.crm.contacts.count())

    async def charges(self, request: web.Request) -> web.Response:
        declines = (DECLINES, self.gateway.declines.newest(limit=SHOWN), self.gateway.declines.count())
        return listed(
            GATEWAY, self.gateway.charges.newest(limit=SHOWN), self.gateway.charges.count(), below=declines
        )

    async def inventory(self, request: web.Request) -> web.Response:
        items = self.supplier.items(self.supplier.current_move())
        return listed(SUPPLIER, items, len(items))

    async def shipments(self, request: web.Request) -> web.Response:
        return listed(CARRIER, self.carrier.shipments.newest(limit=SHOWN), self.carrier.shipments.count())

    async def events(self, request: web.Request) -> web.Response:
        return page("events.html", events=self.sentry.events.newest(limit=SHOWN), host=request.host)


TEMPLATES = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(template: str, **values: Any) -> web.Response:
    """The template as an answer."""
    return html(TEMPLATES.get_template(template).render(values))


def html(text: str, **headers: str) -> web.Response:
    """The text as an answer; half a surrogate pair, which JSON may smuggle in, becomes a question mark."""
    return web.Response(
        body=text.encode(errors="replace"), content_type="text/html", charset="utf-8", headers=headers
    )


def listed(
    listing: Listing,
    rows: list[Document],
    count: int,
    below: tuple[Listing, list[Document], int] | None = None,
) -> web.Response:
    """The page of a vendor whose documents make a table; `below` is a second table on it."""
    tables = [(listing, rows, count)] + ([below] if below else [])
    return page("listing.html", listing=listing, tables=tables)
