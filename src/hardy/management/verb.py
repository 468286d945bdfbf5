"""Verb: one thing that `manage.py hardy` can do."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any, TextIO


class Verb:
    """A verb of `manage.py hardy`. Its docstring's first line is its help; `name` is its word."""

    name: str

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the verb's own arguments; most have none."""

    def run(self, options: dict[str, Any], out: TextIO) -> None:
        """Do it. Raise a `HardyError` to end with its message and exit code 1."""
        raise NotImplementedError

    @classmethod
    def summary(cls) -> str:
        return (cls.__doc__ or "").strip().splitlines()[0]
