"""An order's way, as its page shows it: what has happened, and what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from apps.orders.models import Order, OrderEvent

Kind = OrderEvent.Kind

#: What every order goes through, and the words while it is still to come.
WAY = {
    Kind.PLACED: "Order placed",
    Kind.CHARGED: "The card is charged",
    Kind.RECEIPT_SENT: "The receipt is mailed",
    Kind.CRM_SYNCED: "Our customer records learn of it",
    Kind.PACKED: "The parcel is packed",
    Kind.SHIPPED: "The carrier takes it",
}
#: These three start together once an order is paid; none waits for another.
AFTER_PAYMENT = {Kind.RECEIPT_SENT, Kind.CRM_SYNCED, Kind.PACKED}
BAD = {Kind.CHARGE_FAILED}


@dataclass(frozen=True)
class Step:
    """One line of the timeline."""

    kind: str
    title: str
    state: Literal["done", "bad", "now", "later"]
    detail: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class Timeline:
    """The steps of an order, and whether more is to be expected."""

    order: Order
    steps: list[Step]

    @classmethod
    def of(cls, order: Order) -> Timeline:
        """Reads `order.events` and `order.payment`; fetch them with the order."""
        happened = [step_of(event) for event in order.events.all()]
        return cls(order, happened + list(to_come(order, {step.kind for step in happened})))

    @property
    def version(self) -> str:
        """Changes when the page would look different."""
        done = sum(step.at is not None for step in self.steps)
        return f"{self.order.status}-{done}-{attempts(self.order)}"

    @property
    def is_finished(self) -> bool:
        return all(step.at for step in self.steps)

    @property
    def is_failed(self) -> bool:
        return self.order.status == Order.Status.PAYMENT_FAILED


def step_of(event: OrderEvent) -> Step:
    return Step(
        event.kind, event.get_kind_display(), "bad" if event.kind in BAD else "done", event.detail, event.at
    )


def to_come(order: Order, happened: set[str]) -> list[Step]:
    """What is missing on the order's way; what is being worked on right now is marked."""
    missing = [kind for kind in WAY if kind not in happened]
    return [Step(kind, WAY[kind], state_of(kind, order, missing), detail_of(kind, order)) for kind in missing]


def state_of(kind: Kind, order: Order, missing: list[Kind]) -> Literal["now", "later"]:
    if order.status == Order.Status.PAYMENT_FAILED:
        return "later"
    together = kind in AFTER_PAYMENT and Kind.CHARGED not in missing
    return "now" if kind == missing[0] or together else "later"


def detail_of(kind: Kind, order: Order) -> str:
    """A gateway that had to be asked twice has said no, or nothing."""
    if kind == Kind.CHARGED and order.status == Order.Status.PENDING and attempts(order) > 1:
        return f"It did not work at once. Attempt {attempts(order)} of 4"
    return ""


def attempts(order: Order) -> int:
    return order.payment.attempts if hasattr(order, "payment") else 0
