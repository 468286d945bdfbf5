"""The payment gateway: charges cards, each key once."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import uuid4

from aiohttp import web

from sandbox.answers import Refused, cleared, is_reference, json_object, newest, now, require
from sandbox.calls import Calls
from sandbox.idempotency import key_of, once
from sandbox.store import Document, Shelf

DECLINED_CARD = "4000000000000002"
LARGEST_AMOUNT = Decimal("999999.99")


class Gateway:
    """`POST /gateway/charges` with an `Idempotency-Key`.

    A decline moves no money and therefore does not use the key up: the same key may be charged later.
    Declines stand in a list of their own, so that `GET /gateway/charges` is the money that moved.
    """

    def __init__(self, charges: Shelf, declines: Shelf, calls: Calls) -> None:
        self.charges = charges
        self.declines = declines
        self._calls = calls

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/gateway/charges", self._calls.to("gateway", self.charge, declining=self.decline)),
            web.get("/gateway/charges", self.list_charges),
            web.delete("/gateway/charges", self.clear),
            web.get("/gateway/declines", self.list_declines),
        ]

    async def charge(self, request: web.Request) -> web.Response:
        return await self._answer(request, declines=False)

    async def decline(self, request: web.Request) -> web.Response:
        return await self._answer(request, declines=True)

    async def _answer(self, request: web.Request, *, declines: bool) -> web.Response:
        key = key_of(request)
        wanted = checked(await json_object(request))
        is_new = self.charges.get(key) is None
        if is_new and (declines or wanted["card"] == DECLINED_CARD):
            self.declines.put(uuid4().hex, {**receipt(wanted, "declined"), "idempotency_key": key})
            raise Refused(402, "card_declined", f"The card ending in {wanted['card'][-4:]} was declined.")
        return once(self.charges, key, wanted, lambda: receipt(wanted, "succeeded"))

    async def list_charges(self, request: web.Request) -> web.Response:
        return newest(request, self.charges, order="order", key="idempotency_key")

    async def list_declines(self, request: web.Request) -> web.Response:
        return newest(request, self.declines, order="order", key="idempotency_key")

    async def clear(self, request: web.Request) -> web.Response:
        self.declines.clear()
        return cleared(self.charges)

    def total(self) -> str:
        """The money charged, all currencies added up: a figure to watch, not to book."""
        return self.charges.total("amount")


def receipt(wanted: Document, status: str) -> Document:
    """What the gateway remembers of a charge: never the whole card."""
    return {
        "id": f"ch_{uuid4().hex[:16]}",
        "status": status,
        "order": wanted["order"],
        "amount": wanted["amount"],
        "currency": wanted["currency"],
        "card_last4": wanted["card"][-4:],
        "created_at": now(),
    }


def checked(body: Document) -> Document:
    """The charge in canonical form: `12.5` and `"12.50"` are the same amount."""
    amount, card = money(body.get("amount")), str(body.get("card")).replace(" ", "")
    currency = str(body.get("currency")).upper()
    require(
        {
            "order": (is_reference(body.get("order")), "an order's number"),
            "amount": (amount is not None, f"above 0, at most {LARGEST_AMOUNT}, with two decimals"),
            "currency": (bool(re.fullmatch("[A-Z]{3}", currency)), "three letters, such as EUR"),
            "card": (bool(re.fullmatch("[0-9]{12,19}", card)), "12 to 19 digits"),
        }
    )
    return {"order": body["order"], "amount": str(amount), "currency": currency, "card": card}


def money(value: Any) -> Decimal | None:
    """The amount with two decimals, or None where it is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        amount = Decimal(str(value))
        exact = amount.quantize(Decimal("0.01"))
    except InvalidOperation:
        return None
    return exact if exact == amount and 0 < exact <= LARGEST_AMOUNT else None
