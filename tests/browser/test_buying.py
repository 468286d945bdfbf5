"""From a stranger to an order on its way, in a real browser, with real workers and vendors."""

from __future__ import annotations

import json
import urllib.request
from urllib.parse import quote

import pytest
from pypdf import PdfReader

from tests.waiting import until

pytestmark = pytest.mark.browser


def mail_to(shop, address):
    with urllib.request.urlopen(f"{shop.sandbox_url}/mail/messages?to={quote(address)}") as answer:
        return [mail["subject"] for mail in json.load(answer)]


def stays_on_this_page(visitor):
    """Leaves a mark in the page; the answer tells whether it is still there: no page was loaded since."""
    visitor.browser.execute_script("window.sameOldPage = true")
    return lambda: visitor.browser.execute_script("return window.sameOldPage === true")


def test_somebody_registers_orders_watches_it_ship_and_downloads_the_report(visitor, shop, downloads):
    visitor.register("vera@example.com")
    visitor.buy("Brass Lamp")
    is_same_page = stays_on_this_page(visitor)

    visitor.sees("Tracking number HD-", "#progress")
    visitor.sees("Receipt mailed", ".timeline")
    visitor.sees("Customer record updated", ".timeline")

    assert is_same_page()
    until(
        lambda: "Your receipt for order" in " ".join(mail_to(shop, "vera@example.com")),
        otherwise="no receipt",
    )
    assert any(subject.startswith("Welcome") for subject in mail_to(shop, "vera@example.com"))

    visitor.go("/reports/")
    visitor.press("Make the report")
    visitor.sees("Download", ".reports")
    visitor.press("Download")
    (pdf,) = until(lambda: list(downloads.glob("orders-*.pdf")), otherwise="no PDF was downloaded")
    assert "vera@example.com" in PdfReader(pdf).pages[0].extract_text()
    assert visitor.complaints() == []


def test_a_declined_card_is_told_live_and_another_card_pays(visitor):
    visitor.register("dora@example.com")
    visitor.buy("Desk Bell", card_ending_in="0002")
    is_same_page = stays_on_this_page(visitor)

    visitor.sees("It did not work at once", ".timeline")
    visitor.sees("Your card was not charged", "#progress", seconds=60)
    assert is_same_page()
    visitor.press("Pay 14.90")

    visitor.sees("Tracking number HD-", "#progress")
    visitor.sees("Payment tried again", ".timeline")


def test_a_vendor_that_is_away_for_a_moment_only_takes_longer(visitor, shop):
    fault = json.dumps({"carrier": {"status": 503, "times": 1}}).encode()
    urllib.request.urlopen(urllib.request.Request(f"{shop.sandbox_url}/faults", fault, method="PUT")).close()
    visitor.register("carl@example.com")

    visitor.buy("Hemp Rope")

    visitor.sees("Tracking number HD-", "#progress")


def test_without_javascript_everything_works_by_links_and_buttons(visitor):
    with visitor.without_javascript():
        visitor.register("nora@example.com")
        visitor.buy("Paper Knife")

        def look_again_until(words, link):
            if visitor.reads(words, "main"):
                return True
            visitor.press(link)
            return False

        until(lambda: look_again_until("Tracking number HD-", "Look again"), otherwise="it was not shipped")
        visitor.go("/reports/")
        visitor.press("Make the report")
        until(lambda: look_again_until("Download", "Look again"), otherwise="no report")


def test_the_shelves_follow_what_is_typed(visitor):
    visitor.go("/")
    is_same_page = stays_on_this_page(visitor)

    visitor.find("[name=q]").send_keys("lantern")

    visitor.sees("1 product for “lantern”", "#goods")
    assert is_same_page()
    assert "q=lantern" in visitor.path
