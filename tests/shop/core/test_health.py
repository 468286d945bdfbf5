from __future__ import annotations

import pytest
from django.db import DatabaseError, connection

pytestmark = pytest.mark.django_db


def test_the_shop_serves_without_workers_and_says_so(client):
    response = client.get("/api/health/")

    assert response.status_code == 200
    assert response.json() == {"status": "ok", "database": "ok", "workers": {"alive": False, "count": 0}}


def test_a_database_that_is_away_makes_it_unavailable(client):
    def broken(execute, sql, params, many, context):
        raise DatabaseError('connection to "db.internal" as "shop" failed')

    with connection.execute_wrapper(broken):
        response = client.get("/api/health/")

    assert response.status_code == 503
    assert response.json()["database"] == "unavailable"
    assert "db.internal" not in response.content.decode()
