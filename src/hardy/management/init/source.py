"""A file of Python: its tree to look at, and its text to change in places."""

from __future__ import annotations

import ast
import tokenize
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from hardy.errors import HardyError


class CannotInit(HardyError):
    """`hardy init` does not find what it would have to change; the message says what to do by hand."""


class Source:
    """One file, and the edits it will get. Nothing is written here."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.before = read(path)
        self.newline = "\r\n" if "\r\n" in self.before else "\n"
        self._edits: list[tuple[int, int, str]] = []

    @cached_property
    def tree(self) -> ast.Module:
        try:
            return ast.parse(self.before.removeprefix("\ufeff"))
        except (SyntaxError, ValueError) as error:
            raise CannotInit(f"{self.path} is not valid Python ({error}). Mend it first.") from error

    @cached_property
    def _starts(self) -> list[int]:
        """Where each line begins. Python counts lines by their ends alone, unlike ``str.splitlines``."""
        return [0, *(at + 1 for at, sign in enumerate(self.before) if sign == "\n"), len(self.before)]

    @property
    def after(self) -> str:
        text = self.before
        for start, end, new in sorted(self._edits, reverse=True):
            text = text[:start] + new + text[end:]
        return text

    # looking

    def every(self, *kinds: type[ast.AST]) -> Iterator[Any]:
        """Yield the nodes of these kinds, in the order in which they stand."""
        found = [node for node in ast.walk(self.tree) if isinstance(node, kinds)]
        yield from sorted(found, key=lambda node: (node.lineno, node.col_offset))  # type: ignore[attr-defined]

    def assigned(self, name: str) -> list[ast.Assign | ast.AnnAssign]:
        """Return the statements ``name = …``, in order."""
        return [node for node in self.every(ast.Assign, ast.AnnAssign) if name in names_assigned(node)]

    def text_of(self, node: Any) -> str:
        return self.before[self.start_of(node) : self.end_of(node)]

    def start_of(self, node: Any) -> int:
        return self._offset(node.lineno, node.col_offset)

    def end_of(self, node: Any) -> int:
        return self._offset(node.end_lineno, node.end_col_offset)

    def end_of_line(self, line: int) -> int:
        """Return where the line after ``line`` begins."""
        return self._starts[line]

    # changing

    def replace(self, start: int, end: int, new: str) -> None:
        self._edits.append((start, end, new))

    def add_line_after(self, line: int, text: str) -> None:
        """Add lines below ``line``, which ends the file perhaps without an end of its own."""
        at = self.end_of_line(line)
        text = text.replace("\n", self.newline) + self.newline
        is_open = at > 0 and not self.before[:at].endswith("\n")
        self.replace(at, at, f"{self.newline}{text}" if is_open else text)

    def _offset(self, line: int, column: int) -> int:
        """Trees count columns in bytes of UTF-8."""
        start = self._starts[line - 1]
        is_marked = line == 1 and self.before.startswith("\ufeff")
        text = self.before[start + is_marked : self._starts[line]]
        return start + is_marked + len(text.encode()[:column].decode())


def names_assigned(statement: ast.Assign | ast.AnnAssign) -> list[str]:
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def read(path: Path) -> str:
    """Return a file's text as it is, ends of lines and all."""
    try:
        with path.open("rb") as file:
            encoding, _ = tokenize.detect_encoding(file.readline)
        if encoding not in ("utf-8", "utf-8-sig"):
            raise CannotInit(f"{path} is written in {encoding}, not in UTF-8. Convert it first.")
        return path.read_bytes().decode()
    except (OSError, SyntaxError, UnicodeDecodeError) as error:
        raise CannotInit(f"{path} cannot be read: {error}") from error
