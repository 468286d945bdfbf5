"""What the tables of the vendors' pages show."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Listing:
    """A table: its headings with the fields they show, and the words around it."""

    vendor: str
    title: str
    counter: str
    intro: str
    address: str
    columns: tuple[tuple[str, str], ...]
    empty: str


CRM = Listing(
    vendor="crm",
    title="CRM",
    counter="contacts",
    intro="A contact is put under the shop's own number, so saying the same thing twice changes nothing.",
    address="/crm/contacts",
    columns=(
        ("Contact", "id"),
        ("Name", "name"),
        ("Mail", "email"),
        ("Revision", "revision"),
        ("Updated", "updated_at"),
    ),
    empty="No contact yet. The shop syncs one when a customer registers or orders.",
)
GATEWAY = Listing(
    vendor="gateway",
    title="Payment gateway",
    counter="charges",
    intro="The same idempotency key is never charged twice. The card 4000 0000 0000 0002 is always declined.",
    address="/gateway/charges",
    columns=(
        ("Order", "order"),
        ("Amount", "amount"),
        ("", "currency"),
        ("Card", "card_last4"),
        ("Idempotency key", "idempotency_key"),
        ("Charged", "created_at"),
    ),
    empty="No card charged yet. Place an order in the shop and watch it arrive here.",
)
DECLINES = Listing(
    vendor="gateway",
    title="Declined",
    counter="declines",
    intro="A decline moves no money and does not use its key up.",
    address="/gateway/declines",
    columns=(
        ("Order", "order"),
        ("Amount", "amount"),
        ("", "currency"),
        ("Card", "card_last4"),
        ("When", "created_at"),
    ),
    empty="Nothing declined.",
)
SUPPLIER = Listing(
    vendor="supplier",
    title="Supplier",
    counter="items",
    intro="Stock sells down and is filled up again, the same way for the same seed.",
    address="/supplier/inventory",
    columns=(("SKU", "sku"), ("Available", "available"), ("Price", "price")),
    empty="The supplier has nothing.",
)
CARRIER = Listing(
    vendor="carrier",
    title="Carrier",
    counter="shipments",
    intro="Takes a parcel once per idempotency key and gives it a tracking number.",
    address="/carrier/shipments",
    columns=(
        ("Order", "order"),
        ("Tracking number", "tracking_number"),
        ("Status", "status"),
        ("Idempotency key", "idempotency_key"),
        ("Accepted", "created_at"),
    ),
    empty="No parcel yet. The shop ships an order once it is paid and packed.",
)
