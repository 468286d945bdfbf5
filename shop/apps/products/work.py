"""Stock: taken by orders, filled up by the supplier. A change is one guarded statement and one StockMove."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.core.vendors import Vendor
from apps.products.models import Product, StockMove


class OutOfStock(Exception):
    """There is less of the product than was asked for; nothing was taken."""

    def __init__(self, product: Product, wanted: int) -> None:
        super().__init__(product, wanted)
        self.product, self.wanted = product, wanted

    def __str__(self) -> str:
        left = self.product.stock if self.product.is_active else 0
        return f"Only {left} left of {self.product.name}; {self.wanted} were asked for."


@dataclass(frozen=True)
class Offer:
    """What the supplier has of one product."""

    sku: str
    available: int
    price: Decimal

    @classmethod
    def parse(cls, row: Any) -> Offer | None:
        """The offer in a row of the feed; None for a row that makes no sense, for the feed is not ours."""
        try:
            return cls(str(row["sku"]), max(0, int(row["available"])), Decimal(str(row["price"])))
        except (KeyError, TypeError, ValueError, InvalidOperation):
            return None


def take(product: Product, quantity: int, reference: str) -> None:
    """Take from stock, or raise OutOfStock. The update holds the condition: two orders can't both win."""
    taken = Product.objects.filter(pk=product.pk, is_active=True, stock__gte=quantity).update(
        stock=F("stock") - quantity
    )
    if not taken:
        product.refresh_from_db()
        raise OutOfStock(product, quantity)
    StockMove.objects.create(
        product=product, change=-quantity, reason=StockMove.Reason.SALE, reference=reference
    )


def supplier_feed() -> list[Any]:
    """What the supplier says it has, as it says it."""
    return list(Vendor("supplier").call("GET", "/inventory"))


def apply_feed(rows: list[Any]) -> int:
    """Remember what the supplier has, and fill up what runs low. Returns how many products were filled up."""
    products = {product.sku: product for product in Product.objects.all()}
    return sum(apply_offer(products[offer.sku], offer) for offer in offers(rows) if offer.sku in products)


def offers(rows: list[Any]) -> Iterator[Offer]:
    return (offer for offer in map(Offer.parse, rows) if offer)


def apply_offer(product: Product, offer: Offer) -> bool:
    """Whether the product was filled up. A stock that changed meanwhile is left for the next round."""
    wanted = product.refill_to - product.stock if product.stock < product.refill_below else 0
    delivered = min(wanted, offer.available)
    with transaction.atomic():
        applied = Product.objects.filter(pk=product.pk, stock=product.stock).update(
            stock=F("stock") + delivered,
            supplier_stock=offer.available - delivered,
            supplier_price=offer.price,
            synced_at=timezone.now(),
        )
        if applied and delivered:
            StockMove.objects.create(
                product=product,
                change=delivered,
                reason=StockMove.Reason.DELIVERY,
                reference="supplier",
            )
    return bool(applied and delivered)
