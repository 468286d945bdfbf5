"""What goes wrong, and when: vendors that fail in their own ways, and a worker that is killed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Trouble:
    """Something that goes wrong, `at` a part of the time, in words for the table."""

    at: float
    words: str
    faults: dict[str, Any] | None = None
    also: Literal["", "kill a worker", "ask the supplier"] = ""


#: A fault with `after` takes effect before the answer breaks: money moves, a parcel leaves, and nobody is told.
TROUBLES = (
    Trouble(
        0.10,
        "the CRM answers 429 and asks for 2 s of patience",
        {"crm": {"status": 429, "retry_after": 2, "times": 4}},
    ),
    Trouble(
        0.20,
        "the gateway breaks after charging, is down, and takes money without an answer",
        {
            "gateway": [
                {"reset": True, "after": True, "times": 2},
                {"status": 503, "times": 1},
                {"timeout": True, "after": True, "times": 1},
            ]
        },
    ),
    Trouble(
        0.30,
        "the supplier times out",
        {"supplier": {"timeout": True, "times": 1}},
        also="ask the supplier",
    ),
    Trouble(0.40, "the mail server refuses for now", {"smtp": {"status": 451, "times": 2}}),
    Trouble(0.50, "a worker is killed with kill -9", also="kill a worker"),
    Trouble(
        0.70,
        "the carrier takes a parcel and does not say so",
        {"carrier": {"reset": True, "after": True, "times": 2}},
    ),
)
