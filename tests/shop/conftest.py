from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.cache import cache

from apps.core import vendors
from apps.orders import services
from apps.orders.models import Order
from apps.orders.services import Wanted
from apps.orders.work import create
from apps.payments.models import Card, Payment
from apps.products.models import Product, StockMove
from apps.users.models import User
from config import celery_app
from config.vendors import in_sandbox


@pytest.fixture(autouse=True)
def shop_data(settings, tmp_path):
    """Each test has its own folder for PDFs and the warehouse."""
    settings.SHOP_DATA = tmp_path
    return tmp_path


@pytest.fixture(scope="session")
def lines_to_vendors(running_sandbox):
    """The connections that the shop keeps open from call to call."""
    yield
    vendors.hang_up()


@pytest.fixture
def patience():
    """Tasks that want to retry do so, at once, until they succeed or give up."""
    celery_app.conf.task_eager_propagates = False
    yield
    celery_app.conf.task_eager_propagates = True


@pytest.fixture
def sandbox(sandbox, lines_to_vendors, settings):
    """The vendors, with nothing in their books, called over real sockets."""
    settings.VENDORS = in_sandbox(sandbox.http_url)
    return sandbox


@pytest.fixture
def nobody(settings, free_port):
    """Vendors at an address where nobody listens."""
    settings.VENDORS = in_sandbox(f"http://127.0.0.1:{free_port()}")


@pytest.fixture
def customer(db):
    return User.objects.create_user("ann@example.com", "strongpass123", full_name="Ann Example")


@pytest.fixture
def staff(db):
    return User.objects.create_superuser("staff@example.com", "strongpass123", full_name="Sam Staff")


@pytest.fixture
def product(db):
    """A product called Mug, at 12.50, with ten in stock."""
    mug = Product.objects.create(
        sku="HARDY-001", name="Mug", price=Decimal("12.50"), stock=10, refill_below=5, category="Kitchen"
    )
    StockMove.objects.create(product=mug, change=10, reason=StockMove.Reason.OPENING)
    return mug


@pytest.fixture
def pending_order(customer, product):
    """An order of two mugs that nobody has tried to charge."""
    order = create(customer, [Wanted(product, 2)])
    Payment.objects.create(order=order)
    return order


@pytest.fixture
def paid_order(pending_order):
    """The same order, paid and not yet packed."""
    Order.objects.filter(pk=pending_order.pk).update(status=Order.Status.PROCESSING)
    pending_order.refresh_from_db()
    return pending_order


@pytest.fixture
def place(sandbox, customer, product):
    """Place an order as a customer does; tasks run at once, so it has shipped when this returns."""

    def place_order(quantity: int = 2, card: str = Card.GOOD) -> Order:
        order = services.place_order(customer, [Wanted(product, quantity)], card)
        order.refresh_from_db()
        return order

    return place_order


@pytest.fixture(autouse=True)
def nothing_was_tried() -> None:
    """Attempts and mails are counted in the cache, which outlives a test."""
    cache.clear()
