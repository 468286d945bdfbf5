"""Records of what has run: results, the history of tasks without a row, and how long both are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardy.lazy import names_of

if TYPE_CHECKING:
    from hardy.records.erasure import erase
    from hardy.records.queries import RunFilter

__all__ = ["RunFilter", "erase"]

__getattr__ = names_of(__name__, {"RunFilter": "queries", "erase": "erasure"})
