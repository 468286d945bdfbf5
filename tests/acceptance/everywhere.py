"""The databases that a claim is proven on."""

from __future__ import annotations

import pytest

DATABASES = [
    "sqlite",
    pytest.param("postgresql", marks=pytest.mark.services("postgresql")),
    pytest.param("mariadb", marks=pytest.mark.services("mariadb")),
]

#: What depends on the database's own statements and clock.
everywhere = pytest.mark.parametrize("depot", DATABASES, indirect=True)
#: What takes long and rests on statements that the ledger's contract holds on every database.
on_two = pytest.mark.parametrize("depot", DATABASES[:2], indirect=True)
#: What depends on how a connection lives and how news travel.
on_postgresql = pytest.mark.parametrize("depot", DATABASES[1:2], indirect=True)
#: What two transactions at a time can show. On SQLite one that writes keeps every other waiting, the worker's too.
on_servers = pytest.mark.parametrize("depot", DATABASES[1:], indirect=True)
