"""What will happen: who comes when, what they want, and with which card they pay. The same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from apps.payments.models import Card

#: Of so many orders one is paid with a card that is declined.
DECLINED_ONE_IN = 8
#: Customers come in this first part of the time; the last of them have a moment to finish.
DOORS_CLOSE = 0.95


@dataclass(frozen=True)
class Wish:
    """One order that somebody will place."""

    pieces: tuple[int, ...]  # how many of each product
    card: str = Card.GOOD
    pays_again: bool = False  # with a good card, once the first was declined


@dataclass(frozen=True)
class Visit:
    """One new customer, who orders once or a few times."""

    number: int
    at: float  # seconds after the doors have opened
    way: Literal["api", "pages"]
    wishes: tuple[Wish, ...]


def visits(seconds: float, rate: float, seed: str) -> list[Visit]:
    """`rate` orders per second, by customers who order once to three times."""
    chance = random.Random(seed)  # noqa: S311 - a plan, not a secret
    orders = wishes(max(1, round(seconds * rate)), chance)
    baskets = list(in_handfuls(orders, chance))
    times = sorted(chance.uniform(0, seconds * DOORS_CLOSE) for _ in baskets)
    return [
        Visit(number, at, "pages" if number % 2 else "api", basket)
        for number, (at, basket) in enumerate(zip(times, baskets, strict=True))
    ]


def wishes(count: int, chance: random.Random) -> list[Wish]:
    """So many orders. Of the declined cards, which are among them from four orders on, every second is replaced."""
    declined = max(2, round(count / DECLINED_ONE_IN)) if count >= 4 else 0
    cards = [Card.DECLINED] * declined + [Card.GOOD] * (count - declined)
    planned = [Wish(pieces(chance), str(card), n % 2 == 0) for n, card in enumerate(cards)]
    chance.shuffle(planned)
    return planned


def pieces(chance: random.Random) -> tuple[int, ...]:
    return tuple(chance.choice((1, 1, 1, 2)) for _ in range(chance.choice((1, 1, 2, 3))))


def in_handfuls(orders: list[Wish], chance: random.Random) -> Iterator[tuple[Wish, ...]]:
    while orders:
        size = chance.choice((1, 1, 2, 3))
        yield tuple(orders[:size])
        orders = orders[size:]
