"""Faults as plain values and as sentences, for a terminal, for JSON and for pages alike."""

from __future__ import annotations

from typing import Any

from hardy.conf import settings
from hardy.ledger.presenters import first_line
from hardy.records.faults import Fault, Faults
from hardy.records.outstanding import FEWEST, Contrast, Outstanding

#: Releases that a line names, and characters of each.
NAMED, LONGEST_RELEASE = 3, 13


def fault_as_json(fault: Fault) -> dict[str, Any]:
    """Return what a list says of a fault; no argument."""
    return {
        "fingerprint": fault.fingerprint,
        "task": fault.latest.task,
        "error_type": fault.latest.error_type,
        "error": fault.latest.error,
        "count": fault.count.number,
        "count_is_capped": fault.count.more,
        "first_seen": fault.first.isoformat(),
        "last_seen": fault.last.isoformat(),
        "last_outcome": fault.latest.outcome,
        "last_job": fault.latest.job,
        "releases": list(fault.releases),
    }


def contrast_as_json(contrast: Contrast) -> dict[str, Any]:
    """Return what stands out; it names values of arguments."""
    return {
        "compared": contrast.compared,
        "successes": contrast.successes,
        "outstanding": [
            {
                "name": one.name,
                "value": one.value,
                "share": round(one.share, 3),
                "share_of_successes": round(one.share_of_successes, 3),
            }
            for one in contrast.outstanding
        ],
    }


def error_of(fault: Fault, longest: int = 120) -> str:
    """Return what was raised the last time, in one line."""
    return first_line(fault.latest, longest)


def releases_of(fault: Fault) -> str:
    """Return the releases in one line, the latest first; a dash where none is recorded."""
    more = len(fault.releases) - NAMED
    return ", ".join(map(_short, fault.releases[:NAMED])) + (f" and {more} more" if more > 0 else "") or "–"


def note_on(found: Faults) -> str:
    """Return what a list of faults must say of what it leaves out; "" for nothing."""
    return (
        "Only the newest attempts that ended badly were counted; there are older ones."
        if found.is_partial
        else ""
    )


def sentence_of(one: Outstanding) -> str:
    """Return ``98 % have tenant=7; of the successes 3 %``."""
    return f"{_percent(one.share)} have {one.name}={one.value}; of the successes {_percent(one.share_of_successes)}"


def verdict_on(contrast: Contrast) -> str:
    """Return what the comparison as a whole says, where no value stands out; "" where one does."""
    if contrast.outstanding:
        return ""
    if contrast.compared < FEWEST:
        return f"Too few jobs had this error to say what they have in common: {contrast.compared}."
    if contrast.successes < FEWEST:
        few = "no recent success" if not contrast.successes else f"only {contrast.successes} recent successes"
        return f"The task has {few} to compare with, so nobody can tell what stands out."
    if "arguments" not in settings.RECORD:
        return "No queue, worker or release stands out; arguments are not recorded, as HARDY['RECORD'] says."
    return "No argument, queue, worker or release stands out: these jobs look like those that succeed."


def _short(release: str) -> str:
    """Return a release as a list has room for it: of the name of a commit the begin."""
    return release if len(release) <= LONGEST_RELEASE else f"{release[: LONGEST_RELEASE - 1]}…"


def _percent(share: float) -> str:
    return f"{share:.0%}".replace("%", " %")
