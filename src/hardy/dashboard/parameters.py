"""What an address or a form asks for. Nothing of it is believed: a wrong value is left out, and the page says so."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from urllib.parse import urlencode

from django.http import QueryDict

#: No name or id in the ledger is longer.
LONGEST = 255
#: Digits of the largest number that every database takes.
DIGITS = 18
#: Characters of a wrong value that are repeated.
QUOTED = 40


class Parameters:
    """One request's parameters, and in ``notes`` what was wrong with them."""

    def __init__(self, asked: QueryDict) -> None:
        self._asked = asked
        self.notes: list[str] = []

    def text(self, name: str, longest: int = LONGEST) -> str:
        """Return a text that every database can look for, or ""."""
        said = str(self._asked.get(name, "")).strip()
        if "\x00" in said or not _is_unicode(said):
            return self.leave_out(name, "it holds characters that no database knows")
        if len(said) > longest:
            return self.leave_out(name, f"it is longer than {longest} characters")
        return said

    def choice(self, name: str, choices: Collection[str], default: str = "") -> str:
        """Return one of ``choices``, or the default."""
        said = self.text(name)
        if said and said not in choices:
            self.leave_out(name, f"“{said[:QUOTED]}” is none of: {', '.join(choices)}")
            return default
        return said or default

    def number(self, name: str) -> int | None:
        """Return a whole number from 0 up, such as a row has, or None."""
        said = self.text(name)
        if not said:
            return None
        if said.isascii() and said.isdecimal() and len(said) <= DIGITS:
            return int(said)
        self.leave_out(name, f"“{said[:QUOTED]}” is no number of a row")
        return None

    def numbers(self, name: str, most: int) -> list[int]:
        """Return the whole numbers among the values given for a name, the first ``most`` of them."""
        said = self._asked.getlist(name)[:most]
        return [int(one) for one in said if one.isascii() and one.isdecimal() and len(one) <= DIGITS]

    def texts(self, name: str, most: int) -> list[str]:
        """Return the texts given for a name that an id can be, each once, the first ``most`` of them."""
        said = dict.fromkeys(self._asked.getlist(name)[:most])
        return [one for one in said if one and len(one) <= LONGEST and "\x00" not in one and _is_unicode(one)]

    def moment(self, name: str) -> datetime | None:
        """Return a moment with its zone, as a page of ours wrote it, or None."""
        try:
            said = datetime.fromisoformat(self.text(name))
        except ValueError:
            return None
        return said if said.tzinfo else None

    def leave_out(self, name: str, why: str) -> str:
        """Say that a parameter was left out, and why; the answer is ""."""
        self.notes.append(f"“{name}” was left out: {why}.")
        return ""


def query(**values: object) -> str:
    """Return these parameters as the end of an address; those that are empty are left out."""
    given = {name: value for name, value in values.items() if value not in ("", None)}
    return f"?{urlencode(given)}" if given else ""


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
