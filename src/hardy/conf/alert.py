"""What may stand in ``HARDY["DEAD_ALERT"]`` and ``HARDY["OBJECTIVE_ALERT"]``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from hardy.conf.base import did_you_mean
from hardy.conf.kinds import type_problem

#: Who is alerted, with the type of each.
CHANNELS: dict[str, Any] = {"mail": list[str], "webhook": str, "slack": str}
#: What else each setting may say.
KEYS: dict[str, dict[str, Any]] = {
    "DEAD_ALERT": {"threshold": int, "window": timedelta, **CHANNELS},
    "OBJECTIVE_ALERT": CHANNELS,
}


def bad_alert(setting: str, alert: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with an alert, one sentence each."""
    keys = KEYS[setting]
    for key, value in alert.items():
        where = f"HARDY[{setting!r}][{key!r}]"
        if key not in keys:
            yield f"{where} is no part of an alert.{did_you_mean(key, keys)}"
        elif problem := type_problem(where, value, keys[key]) or _out_of_range(where, key, value):
            yield problem
    if not any(alert.get(channel) for channel in CHANNELS):
        yield (
            f"HARDY[{setting!r}] alerts nobody: give it 'mail' (a list of addresses), 'webhook' (a URL that takes JSON)"
            " or 'slack' (the URL of an incoming webhook)."
        )


def _out_of_range(where: str, key: str, value: Any) -> str | None:
    if key == "threshold" and value < 1:
        return f"{where} must be at least 1, not {value}: that many letters within the window are worth an alert."
    if key == "window" and value <= timedelta(0):
        return f"{where} must be positive, not {value!r}."
    if key in ("webhook", "slack") and not value.startswith(("http://", "https://")):
        return f"{where} must be an address that starts with https:// or http://, not {value!r}."
    return None
