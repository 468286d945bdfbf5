from __future__ import annotations

from typing import Any

from hardy.checks.ledger import server_is_new_enough
from tests.contracts.databases import ALIAS


def test_the_server_is_asked_for_its_version_where_checks_may_connect_and_is_new_enough(ledger: Any):
    assert server_is_new_enough(None, databases=[ALIAS]) == []


def test_no_connection_is_made_where_checks_may_not_connect(ledger: Any):
    ledger.close()

    assert server_is_new_enough(None, databases=None) == []

    assert ledger.connection is None
