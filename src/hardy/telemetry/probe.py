#!python
"""`hardy-probe FILE`: is the worker that writes this file alive, ready, started? Exit code 0 if it is, else 1.

Kubernetes starts a probe every few seconds, so this file needs the standard library alone: it is installed as a script
of its own, which imports neither hardy nor Django nor the project. `HARDY["HEALTH_FILE"]` names the file.
"""

from __future__ import annotations

import json
import os
import sys
import time

QUESTIONS = ("live", "ready", "startup")

USAGE = (
    "usage: hardy-probe [--live | --ready | --startup] FILE     (FILE is HARDY['HEALTH_FILE'] of the worker)"
)


def problems(question: str, said: dict[str, object], now: float) -> list[str]:
    """Return why the answer to ``question`` is no; nothing if it is yes. Times are of ``time.monotonic()``."""
    if question == "startup":
        return [] if said["started"] else ["It has not been ready yet."]
    found = _stuck(said, now)
    return found if question == "live" else found + _idle(said, now)


def _stuck(said: dict[str, object], now: float) -> list[str]:
    """Only what a restart mends. A database or a broker that is away is no reason to kill workers."""
    patience = _number(said["patience"])
    told = (
        ("written", "The process has said nothing for {} s."),
        ("tried", "The thread of the heartbeat has not turned for {} s."),
        ("turned", "The event loop has not turned for {} s."),
    )
    ages = [(_age(said.get(name), now), sentence) for name, sentence in told]
    return [sentence.format(_written(age)) for age, sentence in ages if age is not None and age > patience]


def _idle(said: dict[str, object], now: float) -> list[str]:
    found = []
    if not said["started"]:
        found.append("It has not been ready yet.")
    if said["stopping"]:
        found.append("It has been told to stop.")
    elif said["started"] and not said["connected"]:
        found.append("It is not connected to the broker.")
    age = _age(said["beat"], now)
    if age is None:
        found.append("No heartbeat has reached the ledger yet.")
    elif age > _number(said["timeout"]):
        found.append(f"No heartbeat has reached the ledger for {_written(age)} s.")
    return found


def _age(moment: object, now: float) -> float | None:
    """Before the machine started there was no such moment: a file from then is as old as can be."""
    if moment is None:
        return None
    age = now - _number(moment)
    return age if age >= 0 else float("inf")


def _written(age: float) -> str:
    return f"{age:.0f}" if age < float("inf") else "too many"


def _number(value: object) -> float:
    return float(value)  # type: ignore[arg-type]


def answer(question: str, path: str) -> list[str]:
    """Return why the answer to ``question`` is no, as far as the file at ``path`` tells."""
    try:
        with open(path, encoding="utf-8") as file:
            said = json.load(file)
        pid = int(said["pid"])
        found = problems(question, said, time.monotonic())
    except FileNotFoundError:
        return [f"There is no {path}: no worker has started, or HARDY['HEALTH_FILE'] names another file."]
    except (OSError, ValueError, KeyError, TypeError, OverflowError) as error:
        return [f"{path} cannot be read: {error!r}"]
    return found if _runs(pid) else [f"Process {pid}, which wrote {path}, is gone."]


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def main(words: list[str] | None = None) -> int:
    """Run the command line, and return its exit code."""
    words = sys.argv[1:] if words is None else words
    asked = [word[2:] for word in words if word.startswith("--")]
    paths = [word for word in words if not word.startswith("--")]
    if len(paths) != 1 or len(asked) > 1 or not set(asked) <= set(QUESTIONS):
        sys.stderr.write(f"{USAGE}\n")
        return 2
    found = answer(asked[0] if asked else "live", paths[0])
    sys.stdout.write("".join(f"{problem}\n" for problem in found) or "ok\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
