"""What is told at the end: what was asked, what happened, and whether the books balance. For people or machines."""

from __future__ import annotations

from typing import Any

from demo.books import Page
from demo.evidence import Evidence
from demo.performance import Performance
from hardy.management.table import table

ASKED = ("customers", "orders", "orders with a card that is declined", "payments tried again by the customer")


def as_data(performance: Performance, evidence: Evidence, books: list[Page], seed: str) -> dict[str, Any]:
    """Everything, as it goes into JSON."""
    return {
        "balanced": all(page.balances for page in books),
        "seed": seed,
        "asked": asked(performance),
        "troubles": performance.troubles,
        "happened": happened(performance, evidence),
        "books": [
            {"page": page.title, "entries": page.entries, "off": page.off, "note": page.note}
            for page in books
        ],
    }


def asked(performance: Performance) -> dict[str, int]:
    tally = performance.tally
    return {**{what: tally[what] for what in ASKED}, "requests": tally["requests"]}


def happened(performance: Performance, evidence: Evidence) -> dict[str, Any]:
    killed, settled = performance.killed, performance.settled_after_seconds
    back = killed.back_after_seconds if killed else None
    return {
        "orders paid": len(evidence.paid),
        "orders whose payment failed": len(evidence.orders) - len(evidence.paid),
        "orders turned away, sold out": performance.tally["sold out"],
        "money charged": f"{sum(order.total for order in evidence.paid):.2f} EUR",
        "calls that vendors broke": performance.sandbox.struck,
        **{f"attempts {outcome}": count for outcome, count in sorted(evidence.runs.items())},
        "workers killed": int(killed is not None),
        "next worker after": "–" if back is None else f"{back:.1f} s",
        "all done after the doors closed": "not in time" if settled is None else f"{settled:.1f} s",
    }


def readable(data: dict[str, Any]) -> str:
    """The same as tables."""
    parts = [
        f"ASKED (--seed {data['seed']})\n{pairs(data['asked'])}",
        "WENT WRONG\n" + "\n".join(f"  {trouble}" for trouble in data["troubles"]),
        f"HAPPENED\n{pairs(data['happened'])}",
        f"BOOKS\n{ledger(data['books'])}",
    ]
    return "\n\n" + "\n\n".join(parts) + "\n"


def pairs(figures: dict[str, Any]) -> str:
    return "\n".join(f"  {name:<38} {value:>12}" for name, value in figures.items())


def ledger(books: list[dict[str, Any]]) -> str:
    rows = [(page["page"], page["entries"], len(page["off"]), verdict(page)) for page in books]
    lines = [table(("page", "looked at", "off", ""), rows)]
    lines += [f"  note: {page['page']}: {page['note']}" for page in books if page["note"]]
    lines += [f"  OFF: {entry}" for page in books for entry in page["off"]]
    return "\n".join(lines)


def verdict(page: dict[str, Any]) -> str:
    return "does not balance" if page["off"] else "balances"
