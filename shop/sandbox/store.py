"""What the sandbox was sent: JSON documents on named shelves, in one SQLite file or in memory."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

Document = dict[str, Any]

SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    shelf TEXT NOT NULL,
    key TEXT NOT NULL,
    document TEXT NOT NULL,
    UNIQUE (shelf, key)
)
"""


class Store:
    """One SQLite connection, used by one event loop; without a folder nothing outlives the process."""

    def __init__(self, folder: Path | None = None) -> None:
        self._connection = sqlite3.connect(self._place(folder), isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        # A killed process loses nothing with NORMAL, only a machine without power does.
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.execute(SCHEMA)

    @staticmethod
    def _place(folder: Path | None) -> str:
        if folder is None:
            return ":memory:"
        folder.mkdir(parents=True, exist_ok=True)
        return str(folder / "sandbox.sqlite3")

    def shelf(self, name: str) -> Shelf:
        """The documents of one kind."""
        return Shelf(self._connection, name)

    def close(self) -> None:
        self._connection.close()


class Shelf:
    """Documents of one kind under unique keys, newest first; a document put again keeps its place."""

    def __init__(self, connection: sqlite3.Connection, name: str) -> None:
        self._connection = connection
        self._name = name

    def put(self, key: str, document: Document) -> None:
        """Keep the document under the key, replacing the one that was there."""
        self._connection.execute(
            "INSERT INTO documents (shelf, key, document) VALUES (?, ?, ?)"
            " ON CONFLICT (shelf, key) DO UPDATE SET document = excluded.document",
            (self._name, key, json.dumps(document)),
        )

    def get(self, key: str) -> Document | None:
        """The document under the key, or None."""
        row = self._connection.execute(
            "SELECT document FROM documents WHERE shelf = ? AND key = ?", (self._name, key)
        ).fetchone()
        return json.loads(row[0]) if row else None

    def newest(self, *, limit: int | None = None, **equal: str) -> list[Document]:
        """Documents, newest first, whose fields equal the values given, whatever their case.

        A field that holds a list matches when one of its members does.
        """
        match = " AND EXISTS (SELECT 1 FROM json_each(document, ?) WHERE lower(value) = lower(?))"
        query = f"""
            SELECT document FROM documents WHERE shelf = ? {match * len(equal)}
            ORDER BY position DESC LIMIT ?
        """  # noqa: S608 - names and values are parameters
        terms = [term for name, value in equal.items() for term in (f"$.{name}", value)]
        rows = self._connection.execute(query, [self._name, *terms, limit or -1])
        return [json.loads(document) for (document,) in rows]

    def count(self) -> int:
        """How many documents the shelf holds."""
        (count,) = self._connection.execute(
            "SELECT count(*) FROM documents WHERE shelf = ?", (self._name,)
        ).fetchone()
        return int(count)

    def total(self, amount: str) -> str:
        """The sum of a field that holds money, with two decimals."""
        (cents,) = self._connection.execute(
            "SELECT sum(CAST(round(json_extract(document, ?) * 100) AS INTEGER))"
            " FROM documents WHERE shelf = ?",
            (f"$.{amount}", self._name),
        ).fetchone()
        return f"{(cents or 0) / 100:.2f}"

    def keep_newest(self, limit: int) -> None:
        """Forget all but the newest documents."""
        self._connection.execute(
            "DELETE FROM documents WHERE shelf = ? AND position <= ("
            "SELECT position FROM documents WHERE shelf = ? ORDER BY position DESC LIMIT 1 OFFSET ?)",
            (self._name, self._name, limit),
        )

    def clear(self) -> int:
        """Forget every document and return how many there were."""
        return self._connection.execute("DELETE FROM documents WHERE shelf = ?", (self._name,)).rowcount
