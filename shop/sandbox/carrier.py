"""The carrier: takes a parcel once per key and gives it a tracking number."""

from __future__ import annotations

import hashlib

from aiohttp import web

from sandbox.answers import cleared, is_reference, json_object, newest, now, require
from sandbox.calls import Calls
from sandbox.idempotency import key_of, once
from sandbox.store import Document, Shelf

LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that are mistaken for another


class Carrier:
    """`POST /carrier/shipments` with an `Idempotency-Key` and at least `{"order": 7}`."""

    def __init__(self, shipments: Shelf, calls: Calls) -> None:
        self.shipments = shipments
        self._calls = calls

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/carrier/shipments", self._calls.to("carrier", self.ship)),
            web.get("/carrier/shipments", self.get_all),
            web.delete("/carrier/shipments", self.clear),
        ]

    async def ship(self, request: web.Request) -> web.Response:
        key = key_of(request)
        wanted = await json_object(request)
        require({"order": (is_reference(wanted.get("order")), "an order's number")})
        return once(self.shipments, key, wanted, lambda: label(key, wanted))

    async def get_all(self, request: web.Request) -> web.Response:
        return newest(request, self.shipments, order="order", tracking_number="tracking_number")

    async def clear(self, request: web.Request) -> web.Response:
        return cleared(self.shipments)


def label(key: str, wanted: Document) -> Document:
    """The shipment with its tracking number."""
    return {**wanted, "tracking_number": tracking_number(key), "status": "accepted", "created_at": now()}


def tracking_number(key: str) -> str:
    """Twelve letters that follow from the key, such as `HD-7K2M-Q9XW-4TZB`."""
    digest = hashlib.sha256(key.encode()).digest()
    letters = "".join(LETTERS[byte % len(LETTERS)] for byte in digest[:12])
    return f"HD-{letters[:4]}-{letters[4:8]}-{letters[8:]}"
