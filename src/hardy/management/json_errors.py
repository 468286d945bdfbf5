"""Errors for whoever asked with ``--json``: one object on stderr; stdout holds the answer, as far as there is one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NoReturn

from django.core.management.base import CommandParser, SystemCheckError


class JSONError(SystemCheckError):
    """A verb was refused. Errors of this one class of Django's are printed as they are, with no word before them."""

    def __init__(self, said: str) -> None:
        super().__init__(json.dumps({"error": said}))


class VerbParser(CommandParser):
    """Reads a verb's arguments; if they are wrong, it says so as the caller wants to read it."""

    is_json = False

    def parse_known_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> Any:  # type: ignore[override]
        """Remember whether ``--json`` is among the arguments: after an error it is too late to ask."""
        self.is_json = "--json" in (args or ())
        return super().parse_known_args(args, namespace)

    def error(self, message: str) -> NoReturn:
        """End with what is wrong: exit code 2 at a terminal, an exception in code."""
        if not self.is_json:
            super().error(message)
        if not self.called_from_command_line:
            raise JSONError(message)
        self.exit(2, json.dumps({"error": message}) + "\n")
