from __future__ import annotations

import pytest
from django.template.loader import render_to_string
from django.test import Client

pytestmark = pytest.mark.django_db


def test_an_address_that_leads_nowhere_leads_back_to_the_shop(page):
    lost = page("/no/such/page/", status=404)

    assert "There is nothing at this address" in lost and 'href="/"' in lost


def test_what_a_page_does_not_find_looks_the_same_in_development(page, settings, pending_order, stranger):
    settings.DEBUG = True

    assert "There is nothing at this address" in page(f"/orders/{pending_order.pk}/", stranger, status=404)


def test_a_page_for_others_says_for_whom(page, customer):
    assert "for the staff" in page("/staff/warehouse/", customer, status=403)


def test_a_form_without_its_token_says_that_nothing_was_changed(product):
    answer = Client(enforce_csrf_checks=True).post(f"/basket/add/{product.pk}/")

    assert answer.status_code == 403
    assert "This form has expired" in answer.content.decode()


def test_a_page_that_breaks_says_that_orders_are_safe(client, monkeypatch):
    client.raise_request_exception = False
    monkeypatch.setattr("apps.products.views.ProductList.get_queryset", lambda self: 1 / 0)

    broken = client.get("/")

    assert broken.status_code == 500
    assert "Something broke on our side" in broken.content.decode()


def test_the_page_for_nonsense_is_designed():
    assert "We did not understand that" in render_to_string("400.html")
