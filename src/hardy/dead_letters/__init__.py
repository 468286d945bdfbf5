"""Dead letters: jobs that need a person. Finding, replaying, editing, discarding them, and alerts.

How a job becomes one is decided in `hardy.ledger.finish`; the admin's pages are in `hardy.admin`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardy.lazy import names_of

if TYPE_CHECKING:
    from hardy.dead_letters.discarding import discard
    from hardy.dead_letters.queries import Filter
    from hardy.dead_letters.replaying import edit_and_replay, replay

__all__ = ["Filter", "discard", "edit_and_replay", "replay"]

__getattr__ = names_of(
    __name__,
    {"Filter": "queries", "discard": "discarding", "edit_and_replay": "replaying", "replay": "replaying"},
)
