"""Values that nobody expects: as Python expressions, for what is sent, and as JSON, for what is stored."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

#: As Python expressions: a test process writes them, a process of the project evaluates them with `NAMES`.
EXPRESSIONS = [
    "None", "True", "0", "-1", "1", "5", "1000", "2**31", "2**63", "10**30", "-10**30", "10**5000", "1.5",
    "0.0001", "-0.0",
    "nan", "inf", "-inf", "''", "'x'", "'300'", "'60'", "'nan'", "'1e400'", "'2026-01-01'", "'0001-01-01'", "'zzz'",
    "'9999-12-31T23:59:59+14:00'", "'2026-01-01T00:00:00.123456789+25:00'", "b'x'", "b'\\xff'", "'\\ud800'", "'\\0'",
    "'\\n'", "'%s {} %(x)s'", "'é' * 200", "'😀' * 100", "'y' * 300", "'z' * 100_000", "()", "('t',)", "[]",
    "[1]", "[None]",
    "{}", "{'a': 1}", "{'a': {'b': 10**30}}", "{1: 2}", "{'y' * 300: 1}", "{'x': nan}", "{None: None}",
    "deep(50)", "deep(2000)",
    "datetime(1, 1, 1)", "datetime(1, 1, 1, tzinfo=UTC)", "datetime(9999, 12, 31, 23, 59, 59)",
    "datetime(2026, 1, 1)",
    "timedelta(days=-1)", "timedelta.max", "timedelta.min", "Decimal('NaN')", "Decimal(1)", "UUID(int=5)",
    "object()", "print",
    "int", "{1}", "range(3)", "ValueError('x')", "Unprintable()",
]  # fmt: skip

#: As JSON. A lone surrogate travels as an escape.
JSON: list[Any] = [
    None, True, False, 0, -1, 5, 2**31, 2**63, 10**30, -(10**30), 1.5, -0.5, 1e300, "", "x", "300", "zzz",
    "\ud800", "a\0b",
    "2026-01-01T00:00:00", "0001-01-01T00:00:00", "9999-12-31T23:59:59+14:00", "😀" * 100, "y" * 300, "z" * 100_000,
    [], [1], [None, None], [[1]], [5, "x"], ["300", "60"], {}, {"a": 1}, {"id": 5}, {"token": "x", "attempts": None},
    {"token": 0, "attempts": 0, "eta": None}, {"__type__": "uuid", "__value__": 5},
    {"__type__": "datetime", "__value__": []},
]  # fmt: skip

expressions = st.one_of(
    st.sampled_from(EXPRESSIONS),
    st.integers(-(2**70), 2**70).map(repr),
    st.floats().map(lambda number: f"float({str(number)!r})"),
    st.text(max_size=20).map(ascii),
    st.binary(max_size=8).map(repr),
)
json_values = st.one_of(
    st.sampled_from(JSON),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.lists(st.none() | st.integers() | st.text(max_size=5), max_size=3),
)


def deep(levels: int) -> list[Any]:
    """A list in a list in a list."""
    inner: list[Any] = []
    for _ in range(levels):
        inner = [inner]
    return inner


class Unprintable:
    def __repr__(self) -> str:
        raise RuntimeError("it cannot be printed")


#: What the expressions may name.
NAMES: dict[str, Any] = {
    "Decimal": Decimal, "UTC": UTC, "UUID": UUID, "Unprintable": Unprintable, "datetime": datetime, "deep": deep,
    "inf": float("inf"), "nan": float("nan"), "timedelta": timedelta,
}  # fmt: skip
