"""The two dozen products of the demonstration shop, and what is said about them."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple


class Sample(NamedTuple):
    category: str
    name: str
    price: Decimal
    description: str

    @property
    def picture(self) -> str:
        return self.name.lower().replace(" ", "-")


def sample(category: str, name: str, price: str, description: str) -> Sample:
    return Sample(category, name, Decimal(price), description)


SAMPLES = [
    sample("Kitchen", "Enamel Mug", "12.50", "Falls down often, breaks never."),
    sample("Kitchen", "Cast Iron Pan", "49.00", "Older than you one day, and better."),
    sample("Kitchen", "Bread Knife", "34.90", "Serrated, forged, and honest about crumbs."),
    sample("Kitchen", "Stone Mortar", "38.00", "Four kilograms of granite for one clove of garlic."),
    sample("Kitchen", "Coffee Mill", "59.00", "Thirty turns for one cup. Worth each."),
    sample("Kitchen", "Oak Board", "27.50", "From one piece of wood, oiled by hand."),
    sample("Outdoors", "Storm Lantern", "42.00", "Burns in the wind that blows the others out."),
    sample("Outdoors", "Wool Blanket", "79.00", "Warm when it is dry, and warm when it is not."),
    sample("Outdoors", "Tin Canteen", "19.90", "A litre of water and no plastic."),
    sample("Outdoors", "Field Compass", "36.00", "Points north. That is all, and it is enough."),
    sample("Outdoors", "Canvas Tent", "189.00", "Two people, one night, any weather."),
    sample("Outdoors", "Hemp Rope", "16.80", "Ten metres that hold what you tie to them."),
    sample("Workshop", "Claw Hammer", "24.00", "Hickory and steel. No batteries."),
    sample("Workshop", "Hand Plane", "68.00", "Shavings you can read through."),
    sample("Workshop", "Folding Rule", "9.80", "Two metres of beech in your pocket."),
    sample("Workshop", "Brass Level", "31.50", "Tells the truth about your shelves."),
    sample("Workshop", "Tool Roll", "45.00", "Waxed canvas for eleven tools and one that you forget."),
    sample("Workshop", "Marking Gauge", "22.40", "One line, always the same distance from the edge."),
    sample("Desk", "Fountain Pen", "54.00", "Writes first time, every time."),
    sample("Desk", "Ledger Book", "18.50", "Two hundred ruled pages. Nothing written here is lost."),
    sample("Desk", "Desk Bell", "14.90", "Rings once per ring."),
    sample("Desk", "Wind Up Clock", "63.00", "Never drifts further than you can forgive."),
    sample("Desk", "Paper Knife", "17.20", "Opens what was sent to you."),
    sample("Desk", "Brass Lamp", "88.00", "Light where the work is."),
]

OPENING_STOCK = 40


def sku(number: int) -> str:
    """The supplier's name for the nth product, counted from 1."""
    return f"HARDY-{number:03}"
