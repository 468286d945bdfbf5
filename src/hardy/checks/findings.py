"""What a check can find: an id that is never used again, a sentence, and a hint that names the remedy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.core import checks

LEVELS = {"E": checks.ERROR, "W": checks.WARNING, "I": checks.INFO}


@dataclass(frozen=True, slots=True)
class Finding:
    """Calling it with the details of one case gives the message that Django prints."""

    id: str
    when: str  # for the reference: what is the case
    says: str  # for the terminal, with {details}
    hint: str
    deploy: bool

    def __call__(self, **details: object) -> checks.CheckMessage:
        level = LEVELS[self.id.removeprefix("hardy.")[0]]
        return checks.CheckMessage(level, self.says.format(**details), hint=self.hint, id=self.id)


#: Every finding there is, in the order of the reference.
FINDINGS: dict[str, Finding] = {}

#: A check takes what Django gives it and returns the cases that it found.
Check = Callable[..., list[checks.CheckMessage]]


def declare(id: str, *, when: str, says: str, hint: str, deploy: bool = False) -> Finding:
    """Add a finding to the list; ``deploy`` ones belong to ``manage.py check --deploy``."""
    if id in FINDINGS:
        raise ValueError(f"{id} is already taken: {FINDINGS[id].when} An id is never used for anything else.")
    FINDINGS[id] = Finding(id, when, says, hint, deploy)
    return FINDINGS[id]
