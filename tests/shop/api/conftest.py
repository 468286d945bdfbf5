from __future__ import annotations

import pytest
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient


@pytest.fixture
def api():
    """The API as somebody sees it: `api(customer).get("/api/orders/")`."""

    def client(user=None):
        caller = APIClient()
        if user:
            caller.credentials(HTTP_AUTHORIZATION=f"Token {Token.objects.get_or_create(user=user)[0]}")
        return caller

    return client
