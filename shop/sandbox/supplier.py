"""The supplier: a feed of what it has and asks, which moves with time and is the same for the same seed."""

from __future__ import annotations

import random
import time
from decimal import Decimal
from typing import Any

from aiohttp import web

from sandbox.answers import Refused, cleared, json_body, require
from sandbox.calls import Calls
from sandbox.gateway import money
from sandbox.store import Document, Shelf

CATALOGUE = tuple(f"HARDY-{number:03}" for number in range(1, 25))
MOVES_PER_DELIVERY = 12
LARGEST_STOCK = 1_000_000


class Supplier:
    """`GET /supplier/inventory` lists `{"sku", "available", "price"}`; any SKU may be asked for with `?sku=`.

    Stock sells down, move by move, and is filled up every twelve moves. What `PUT` sets stays as it was set,
    until `DELETE` returns everything to the moving feed.
    """

    def __init__(self, inventory: Shelf, calls: Calls, seed: str, period_seconds: float) -> None:
        self.inventory = inventory
        self._calls = calls
        self._seed = seed
        self._period_seconds = period_seconds

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/supplier/inventory", self._calls.to("supplier", self.feed)),
            web.put("/supplier/inventory", self.put),
            web.delete("/supplier/inventory", self.clear),
        ]

    def current_move(self) -> int:
        """The number of the move that the clock has reached; a restart does not set it back."""
        return int(time.time() / self._period_seconds)

    def item_count(self) -> int:
        """How many SKUs the whole feed lists."""
        return len({*CATALOGUE, *(item["sku"] for item in self.inventory.newest())})

    def items(self, move: int, skus: list[str] | None = None) -> list[Document]:
        """The feed at a move: what was set, and what moves."""
        fixed = {item["sku"]: item for item in self.inventory.newest()}
        wanted = skus or sorted({*CATALOGUE, *fixed})
        return [fixed.get(sku) or moving(self._seed, sku, move) for sku in wanted]

    async def feed(self, request: web.Request) -> web.Response:
        move = self._move_asked_for(request)
        return web.json_response(
            self.items(move, request.query.getall("sku", None)), headers={"X-Move": str(move)}
        )

    def _move_asked_for(self, request: web.Request) -> int:
        asked = request.query.get("move", "")
        if asked and not (asked.isascii() and asked.isdigit() and len(asked) <= 12):
            raise Refused(400, "invalid_move", "move is a whole number, 0 or more.")
        return int(asked) if asked else self.current_move()

    async def put(self, request: web.Request) -> web.Response:
        """Set one item or a list of them, all or none."""
        body = await json_body(request)
        items = [checked(item) for item in (body if isinstance(body, list) else [body])]
        for item in items:
            self.inventory.put(item["sku"], item)
        return web.json_response(items)

    async def clear(self, request: web.Request) -> web.Response:
        return cleared(self.inventory)


def moving(seed: str, sku: str, move: int) -> Document:
    """What the supplier has of a SKU at a move, and its price: a function of nothing but the arguments."""
    nature = random.Random(f"{seed}:{sku}")
    full, appetite = nature.randint(20, 80), nature.randint(2, 9)
    price = Decimal(nature.randint(300, 9000)) / 100
    delivery, moves_since = divmod(move + nature.randrange(MOVES_PER_DELIVERY), MOVES_PER_DELIVERY)
    period = random.Random(f"{seed}:{sku}:{delivery}")
    swing = Decimal(period.randint(95, 105)) / 100
    sold = sum(period.randint(0, appetite) for _ in range(moves_since))
    return {
        "sku": sku,
        "available": max(0, full - sold),
        "price": str((price * swing).quantize(Decimal("0.01"))),
    }


def checked(item: Any) -> Document:
    """The item to be set, in canonical form."""
    if not isinstance(item, dict):
        raise Refused(
            400, "invalid_request", "Send an object with sku, available and price, or a list of them."
        )
    sku, available, price = item.get("sku"), item.get("available"), money(item.get("price"))
    is_stock = type(available) is int and 0 <= available <= LARGEST_STOCK
    require(
        {
            "sku": (isinstance(sku, str) and 0 < len(sku.strip()) <= 64, "a name of 1 to 64 characters"),
            "available": (is_stock, f"a whole number from 0 to {LARGEST_STOCK}"),
            "price": (price is not None, "an amount above 0 with two decimals"),
        }
    )
    return {"sku": sku, "available": available, "price": str(price)}
