"""Customers: they register, look around, order, and pay again. Some write JSON, some use their browser."""

from __future__ import annotations

import random
import re
from typing import Any

import httpx

from apps.payments.models import Card
from demo.plan import Visit, Wish
from demo.site import Site, Turned

PASSWORD = "a long walk in the rain"  # noqa: S105 - of customers who live for a minute
FIRST_NAMES = ("Ada", "Alan", "Barbara", "Donald", "Edsger", "Frances", "Grace", "Hedy", "Jean", "Katherine")
LAST_NAMES = ("Brook", "Field", "Forge", "Hill", "Lake", "Miller", "Moss", "Stone", "Weaver", "Wood")
ORDER_PAGE = re.compile(r"/orders/(\d+)/$")
SOLD_OUT = 400


class Customer:
    """Somebody who comes once, in their own way; `orders` are those that the shop has confirmed."""

    def __init__(self, visit: Visit, site: Site, domain: str, seed: str) -> None:
        self.visit, self.site = visit, site
        self.email = f"customer-{visit.number}@{domain}"
        self.orders: dict[int, Wish] = {}
        self.chance = random.Random(f"{seed}:{visit.number}")  # noqa: S311 - a plan, not a secret
        self.name = f"{self.chance.choice(FIRST_NAMES)} {self.chance.choice(LAST_NAMES)}"

    def come(self) -> None:
        """The whole visit. What the shop did not answer well is counted, and ends it."""
        try:
            self.register()
            self.site.tally.add("customers")
            for wish in self.visit.wishes:
                self.shop_for(wish)
        except Turned as answer:
            self.site.tally.problem(str(answer))

    def shop_for(self, wish: Wish) -> None:
        lines = self.look_around(wish)
        order = self.order(lines, wish.card) if lines else None
        if order is None:
            self.site.tally.add("sold out")
            return
        self.orders[order] = wish
        self.site.tally.add("orders")
        self.site.tally.add("orders with a card that is declined", int(wish.card == Card.DECLINED))

    def look_around(self, wish: Wish) -> list[dict[str, int]]:
        """What to order: a few products, of which there seems to be enough."""
        products = self.site.get("/api/products/", page_size=100).json()["results"]
        on_shelf = [product for product in products if product["stock"] >= max(wish.pieces)]
        chosen = self.chance.sample(on_shelf, min(len(wish.pieces), len(on_shelf)))
        for product in chosen[:1]:
            self.look_at(product["id"])
        pairs = zip(chosen, wish.pieces, strict=False)
        return [{"product": product["id"], "quantity": quantity} for product, quantity in pairs]

    def register(self) -> None:
        raise NotImplementedError

    def look_at(self, product: int) -> None:
        raise NotImplementedError

    def order(self, lines: list[dict[str, int]], card: str) -> int | None:
        """The number of the order; None when somebody else was faster."""
        raise NotImplementedError

    def pay_again(self, order: int, card: str) -> None:
        raise NotImplementedError


class ApiCustomer(Customer):
    """Writes JSON, with a token."""

    _token = ""

    def register(self) -> None:
        person = {"email": self.email, "password": PASSWORD, "full_name": self.name}
        self._post("/api/users/", person)
        self._token = self._post("/api/token/", {"email": self.email, "password": PASSWORD}).json()["token"]

    def look_at(self, product: int) -> None:
        self.site.get(f"/api/products/{product}/")

    def order(self, lines: list[dict[str, int]], card: str) -> int | None:
        answer = self._post("/api/orders/", {"lines": lines, "card": card}, also=(SOLD_OUT,))
        return None if answer.status_code == SOLD_OUT else int(answer.json()["id"])

    def pay_again(self, order: int, card: str) -> None:
        self._post(f"/api/orders/{order}/pay/", {"card": card}, also=(SOLD_OUT,))

    def _post(self, path: str, body: Any, also: tuple[int, ...] = ()) -> httpx.Response:
        headers = {"Authorization": f"Token {self._token}"} if self._token else {}
        return self.site.ask("POST", path, json=body, headers=headers, also=also)


class PageCustomer(Customer):
    """Fills in forms, with cookies."""

    def register(self) -> None:
        self.site.get("/register/")
        person = {"email": self.email, "password": PASSWORD, "full_name": self.name}
        answer = self.site.send("/register/", person)
        if "/thanks/" not in answer.url.path:
            raise Turned(f"POST /register/: no thanks, but {answer.url.path}")

    def look_at(self, product: int) -> None:
        self.site.get(f"/products/{product}/")

    def order(self, lines: list[dict[str, int]], card: str) -> int | None:
        for line in lines:
            self.site.send(f"/basket/add/{line['product']}/", {"quantity": line["quantity"]})
        answer = self.site.send("/checkout/", {"card": card})
        placed = ORDER_PAGE.search(answer.url.path)
        if placed is None:  # back at the basket: it says what there is too little of
            self._empty_basket(lines)
            return None
        return int(placed[1])

    def pay_again(self, order: int, card: str) -> None:
        self.site.send(f"/orders/{order}/pay/", {"card": card})

    def _empty_basket(self, lines: list[dict[str, int]]) -> None:
        for line in lines:
            self.site.send("/basket/", {"remove": line["product"]})


WAYS = {"api": ApiCustomer, "pages": PageCustomer}
