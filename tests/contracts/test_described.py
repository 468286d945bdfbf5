"""What reads a database's tables through Django (`inspectdb`, tools that compare schemas) can read the ledger's."""

from __future__ import annotations

from typing import Any

from django.apps import apps


def test_every_table_can_be_described_with_its_columns(ledger: Any) -> None:
    for model in apps.get_app_config("hardy").get_models():
        with ledger.cursor() as cursor:
            found = ledger.introspection.get_table_description(cursor, model._meta.db_table)
            constraints = ledger.introspection.get_constraints(cursor, model._meta.db_table)

        assert {column.name for column in found} == {field.column for field in model._meta.concrete_fields}
        primary = [one["columns"] for one in constraints.values() if one["primary_key"]]
        assert primary == [[model._meta.pk.column]]
