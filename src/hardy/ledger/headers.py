"""What the headers of a task message may hold: checked where a message is sent, and again where one comes in.

What a worker cannot use ends the worker, not the message: Celery reads these headers in its consumer. So they are put
right where their meaning is clear (``time_limit="300"``, an ``expires`` in the year 1), and refused where it is not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from hardy.errors import Unsendable, shown

#: Longest id, task or queue, in characters: what a column of the ledger holds.
LONGEST_NAME = 255
#: Longest time limit, in seconds (100 years): beyond it databases, brokers and clocks overflow.
LONGEST_LIMIT = 100 * 365 * 24 * 3600
#: Times that every database and every time zone can still tell.
EARLIEST, LATEST = datetime(1970, 1, 2, tzinfo=UTC), datetime(9998, 12, 30, tzinfo=UTC)

#: Headers that hold an id, a time, or a number that counts from 0.
IDS = ("root_id", "parent_id", "group")
TIMES = ("eta", "expires")
COUNTS = ("retries", "replaced_task_nesting")


def checked(headers: Mapping[str, Any], queue: str = "") -> dict[str, Any]:
    """Return headers that every worker can use; raises :class:`Unsendable`, which says what is wrong and the remedy."""
    good = dict(headers)
    name = good.get("task") or ""
    task = name[:80] if isinstance(name, str) else shown(name)  # as errors say it; every message passes here
    good["id"] = _name(task, "task_id", good.get("id"))
    good["task"] = _name(task, "the task's name", good.get("task"))
    if not isinstance(queue, str):
        raise Unsendable(f"{task}: queue={shown(queue)} is no name; pass text.")
    _name(task, "queue", queue or "celery")
    good.update({name: _text(task, name, good[name]) for name in IDS if good.get(name) is not None})
    good.update({name: _time(task, name, good[name]) for name in TIMES if good.get(name) is not None})
    good.update({name: _count(task, name, good[name]) for name in COUNTS if good.get(name) is not None})
    _refuse_stamps_that_are_none(task, good)
    if good.get("timelimit") is not None:
        good["timelimit"] = _limits(task, good["timelimit"])
    return good


def _refuse_stamps_that_are_none(task: str, headers: Mapping[str, Any]) -> None:
    names, stamps = headers.get("stamped_headers"), headers.get("stamps")
    if names is not None and not (
        isinstance(names, (list, tuple, set, frozenset)) and all(isinstance(name, str) for name in names)
    ):
        raise Unsendable(f"{task}: stamped_headers={shown(names)} must be a list of names.")
    if stamps is not None and not isinstance(stamps, Mapping):
        raise Unsendable(
            f"{task}: the header stamps is {shown(stamps)}; stamp a signature with .stamp() instead."
        )


def _name(task: str, what: str, value: Any) -> str:
    name = "" if value is None else _text(task, what, value)
    if not name:
        raise Unsendable(f"{task or 'A message'}: {what} is missing.")
    if len(name) > LONGEST_NAME:
        raise Unsendable(f"{task}: {what} has {len(name)} characters; use at most {LONGEST_NAME}.")
    if not is_storable(name):
        raise Unsendable(
            f"{task}: {what} {shown(name)} holds a character that no database stores; use plain text."
        )
    return name


def is_storable(name: Any) -> bool:
    """Return whether every database keeps ``name`` in a column of the ledger as it is."""
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME or "\0" in name:
        return False
    try:
        name.encode()
    except UnicodeEncodeError:  # a lone surrogate
        return False
    return True


def _text(task: str, what: str, value: Any) -> str:
    try:
        return str(value)
    except (ValueError, RecursionError, RuntimeError) as error:  # 5,000 digits, 2,000 lists in one another
        raise Unsendable(f"{task}: {what}={shown(value)} cannot be written as text; pass text.") from error


def _time(task: str, what: str, value: Any) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        value = datetime.fromtimestamp(min(max(value, 86_400), 2.5e11), UTC).isoformat()
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise Unsendable(
            f"{task}: {what}={shown(value)} is no time; pass a datetime, or seconds from now."
        ) from None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if aware.replace(tzinfo=UTC) < EARLIEST:
        return EARLIEST.isoformat()
    if aware.replace(tzinfo=UTC) > LATEST:
        return LATEST.isoformat()
    return str(value)


def _count(task: str, what: str, value: Any) -> int:
    number = _number(value)
    if number is None or number < 0 or number > 2**31 - 1 or number != int(number):
        raise Unsendable(f"{task}: {what}={shown(value)} must be a whole number from 0.")
    return int(number)


def _limits(task: str, value: Any) -> list[float | None]:
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise Unsendable(
            f"{task}: the header timelimit is {shown(value)}; pass time_limit= and soft_time_limit= instead."
        )
    hard, soft = value
    return [_limit(task, "time_limit", hard), _limit(task, "soft_time_limit", soft)]


def _limit(task: str, what: str, value: Any) -> float | None:
    if value is None:
        return None
    number = _number(value)
    if number is None or number < 0:
        raise Unsendable(
            f"{task}: {what}={shown(value)} must be a number of seconds, or None for no limit of its own."
        )
    if number > LONGEST_LIMIT:
        return LONGEST_LIMIT
    return int(number) if number == int(number) else number


def _number(value: Any) -> float | None:
    """Return a finite number, also one that is written as text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return float("1e300") if isinstance(value, int) and value > 0 else None
    return number if math.isfinite(number) else None
