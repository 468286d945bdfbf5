"""Faults on request: how a vendor is told to fail, and which kinds of failure there are."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from sandbox.store import Document

VENDORS = ("crm", "gateway", "supplier", "carrier", "smtp", "sentry")
KINDS = ("status", "delay", "reset", "timeout", "decline")
OPTIONS = ("retry_after", "times", "probability", "after")


class BadFault(Exception):
    """A fault that cannot be set; the message names what can."""


@dataclass
class Fault:
    """One way in which a vendor fails, until it has struck `times` times or is deleted.

    `delay` may stand beside another kind and comes first. `after` lets the call take effect before its answer
    breaks, which is what idempotency keys are for.
    """

    vendor: str
    status: int | None = None
    retry_after: float | None = None
    delay: float = 0
    reset: bool = False
    timeout: bool | float = False
    decline: bool = False
    times: int | None = None
    probability: float = 1
    after: bool = False
    struck: int = 0
    chance: random.Random = field(default_factory=random.Random, repr=False)

    def is_spent(self) -> bool:
        return self.times is not None and self.struck >= self.times

    def strikes(self) -> bool:
        """Whether the next call fails; counts it when it does."""
        if self.is_spent() or self.chance.random() >= self.probability:
            return False
        self.struck += 1
        return True

    def words(self) -> str:
        """The fault in a few words, for people."""
        kinds = [
            f"answers {self.status}" if self.status else "",
            f"waits {self.delay:g} s" if self.delay else "",
            "resets the connection" if self.reset else "",
            "never answers" if self.timeout else "",
            "declines" if self.decline else "",
        ]
        return ", ".join(filter(None, kinds)) + (", after taking effect" if self.after else "")

    def document(self) -> Document:
        """The fault as it was set, with how often it struck and how often it still will."""
        names = (*KINDS, *OPTIONS)
        was_set = {name: getattr(self, name) for name in names if getattr(self, name) != getattr(Fault, name)}
        left = None if self.times is None else self.times - self.struck
        return {**was_set, "struck": self.struck, "left": left, "words": self.words()}


def parse_fault(vendor: str, wanted: Any, seed: str) -> Fault:
    """The fault that `{"status": 429, "times": 3}` and the like describe; BadFault when none."""
    _check_names(vendor, wanted)
    for name, value in wanted.items():
        _check_value(name, value)
    fault = Fault(vendor, chance=random.Random(f"{seed}:{vendor}"), **wanted)
    _check_sense(fault)
    return fault


def _check_names(vendor: str, wanted: Any) -> None:
    if vendor not in VENDORS:
        raise BadFault(f"There is no vendor {vendor!r}; known: {', '.join(VENDORS)}.")
    if not isinstance(wanted, dict):
        raise BadFault(f'{vendor}: a fault is an object such as {{"status": 503, "times": 3}}.')
    if unknown := sorted(set(wanted) - {*KINDS, *OPTIONS}):
        raise BadFault(
            f"{vendor}: there is no fault {', '.join(unknown)};"
            f" known: {', '.join(KINDS)}; options: {', '.join(OPTIONS)}."
        )


def _check_value(name: str, value: Any) -> None:
    is_flag = isinstance(value, bool)
    is_number = isinstance(value, int | float) and not is_flag
    is_whole = isinstance(value, int) and not is_flag
    rules = {
        "status": (is_whole and 400 <= value <= 599, "a whole number from 400 to 599"),
        "delay": (is_number and 0 < value <= 3600, "seconds above 0, at most 3600"),
        "retry_after": (is_number and 0 <= value <= 3600, "seconds from 0 to 3600"),
        "timeout": (
            is_flag or (is_number and 0 < value <= 3600),
            "true, or the seconds after which to hang up",
        ),
        "times": (is_whole and value > 0, "a whole number above 0"),
        "probability": (is_number and 0 < value <= 1, "a number above 0, at most 1"),
    }
    holds, rule = rules.get(name, (is_flag, "true or false"))
    if not holds:
        raise BadFault(f"{name} is {rule}, not {value!r}.")


def _check_sense(fault: Fault) -> None:
    breaks = [name for name in ("status", "reset", "timeout", "decline") if getattr(fault, name)]
    if not breaks and not fault.delay:
        raise BadFault(f"{fault.vendor}: name what fails, one of {', '.join(KINDS)}.")
    if len(breaks) > 1:
        raise BadFault(
            f"{fault.vendor}: {' and '.join(breaks)} exclude each other; send them as a list, one by one."
        )
    if fault.decline and fault.vendor != "gateway":
        raise BadFault(f"{fault.vendor}: decline is known by the vendor gateway only.")
    if fault.decline and fault.after:
        raise BadFault("gateway: a declined charge takes no effect, so `after` makes no sense here.")
    if fault.retry_after is not None and not fault.status:
        raise BadFault(f"{fault.vendor}: retry_after goes with a status, such as 429 or 503.")
