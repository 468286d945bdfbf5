"""The basket: what somebody is about to order, kept in their session, also before they log in."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction

from apps.orders import services
from apps.orders.models import Order
from apps.orders.serializers import MOST_LINES, MOST_PER_LINE
from apps.orders.services import Wanted
from apps.products.models import Product
from apps.users.models import User

KEY = "basket"


class BasketFull(Exception):
    """An order has at most as many lines as the basket has; the message says how many."""


@dataclass(frozen=True)
class Line:
    """So many of a product, and what is in the way of ordering them."""

    product: Product
    quantity: int

    @property
    def price(self) -> Decimal:
        return self.quantity * self.product.price

    @property
    def problem(self) -> str:
        left = self.product.stock if self.product.is_active else 0
        if left == 0:
            return "Sold out. Take it out of the basket to order the rest."
        return f"Only {left} left. Take fewer." if self.quantity > left else ""


class Basket:
    """`Basket(request.session)`: a number of pieces for each product."""

    def __init__(self, session: SessionBase) -> None:
        self.session = session

    @property
    def quantities(self) -> dict[int, int]:
        return {int(product): quantity for product, quantity in self.session.get(KEY, {}).items()}

    @property
    def size(self) -> int:
        """How many pieces there are. Asks no database but for the session."""
        return sum(self.session.get(KEY, {}).values())

    def lines(self) -> list[Line]:
        """In the order in which they were put in; what was deleted from the shop is gone from here too."""
        products = Product.objects.in_bulk(self.quantities)
        return [Line(products[key], quantity) for key, quantity in self.quantities.items() if key in products]

    def add(self, product: Product, quantity: int) -> int:
        """How many pieces of the product there are now."""
        quantities = self.quantities
        if product.pk not in quantities and len(quantities) >= MOST_LINES:
            raise BasketFull(f"A basket holds {MOST_LINES} different products. Order these first.")
        quantities[product.pk] = min(quantities.get(product.pk, 0) + quantity, MOST_PER_LINE)
        self._keep(quantities)
        return quantities[product.pk]

    def change(self, product_id: int, quantity: int) -> None:
        """Have so many of what is in the basket; none takes it out."""
        quantities = self.quantities
        if product_id in quantities:
            quantities[product_id] = min(quantity, MOST_PER_LINE)
            self._keep({key: count for key, count in quantities.items() if count > 0})

    def _keep(self, quantities: dict[int, int]) -> None:
        self.session[KEY] = {str(product): quantity for product, quantity in quantities.items()}

    def order(self, user: User, card: str) -> Order | None:
        """Order all of it, or OutOfStock; None when it is empty, or has just been ordered by another request.

        The order and the empty basket are one transaction, which the customer's row lets happen one at a
        time: somebody who clicks twice orders once.
        """
        with transaction.atomic():
            User.objects.select_for_update().get(pk=user.pk)
            stored = type(self.session)(self.session.session_key)
            self._keep({} if KEY not in stored else Basket(stored).quantities)
            wanted = [Wanted(line.product, line.quantity) for line in self.lines()]
            if not wanted:
                return None
            order = services.place_order(user, wanted, card)
            self._keep({})
            self.session.save()
        return order
