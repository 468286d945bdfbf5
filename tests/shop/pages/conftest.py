from __future__ import annotations

from decimal import Decimal

import pytest

from apps.products.models import Product
from apps.users.models import User


@pytest.fixture
def stranger(db):
    """Another customer."""
    return User.objects.create_user("bob@example.com", "strongpass123", full_name="Bob Example")


@pytest.fixture
def shelves(db):
    """Thirty products in two categories."""
    Product.objects.bulk_create(
        Product(
            sku=f"SKU-{number:02}",
            name=f"Thing {number:02}",
            description="Useful.",
            category="Desk" if number % 2 else "Kitchen",
            price=Decimal(number + 1),
            stock=number,
        )
        for number in range(30)
    )


@pytest.fixture
def page(client):
    """The text of a page that is there: `page("/basket/")`, as somebody: `page("/orders/", customer)`."""

    def read(address, user=None, status=200):
        if user:
            client.force_login(user)
        response = client.get(address)
        assert response.status_code == status, response
        return response.content.decode()

    return read
