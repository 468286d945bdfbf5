"""What may stand in ``HARDY["DEAD_ALERT"]``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from hardy.conf.base import did_you_mean
from hardy.conf.kinds import type_problem

#: The keys, with the type of each.
KEYS: dict[str, Any] = {"threshold": int, "window": timedelta, "mail": list[str], "webhook": str}


def bad_alert(alert: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with an alert, one sentence each."""
    for key, value in alert.items():
        where = f"HARDY['DEAD_ALERT'][{key!r}]"
        if key not in KEYS:
            yield f"{where} is no part of an alert.{did_you_mean(key, KEYS)}"
        elif problem := type_problem(where, value, KEYS[key]) or _out_of_range(where, key, value):
            yield problem
    if not alert.get("mail") and not alert.get("webhook"):
        yield "HARDY['DEAD_ALERT'] alerts nobody: give it 'mail' (a list of addresses), 'webhook' (a URL) or both."


def _out_of_range(where: str, key: str, value: Any) -> str | None:
    if key == "threshold" and value < 1:
        return f"{where} must be at least 1, not {value}: that many letters within the window are worth an alert."
    if key == "window" and value <= timedelta(0):
        return f"{where} must be positive, not {value!r}."
    if key == "webhook" and not value.startswith(("http://", "https://")):
        return f"{where} must be an address that starts with https:// or http://, not {value!r}."
    return None
