from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.select import Select

from tests.sandbox.process import Sandbox
from tests.waiting import until

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
PAGES = ("/", "/mail/", "/crm/", "/gateway/", "/supplier/", "/carrier/", "/sentry/")


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    options.binary_location = "/usr/bin/chromium"
    with webdriver.Chrome(options, webdriver.ChromeService("/usr/bin/chromedriver")) as chrome:
        yield chrome


@pytest.fixture
def index(browser: webdriver.Chrome, sandbox: Sandbox) -> webdriver.Chrome:
    browser.get(sandbox.http_url)
    return browser


@pytest.fixture
def phone(browser: webdriver.Chrome) -> Iterator[webdriver.Chrome]:
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)
    yield browser
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def find(browser: webdriver.Chrome, css: str) -> WebElement:
    return browser.find_element(By.CSS_SELECTOR, css)


def shows(browser: webdriver.Chrome, css: str, words: str) -> None:
    until(lambda: words in find(browser, css).text, otherwise=lambda: find(browser, css).text)


def test_the_index_follows_what_arrives(index, sandbox):
    sandbox.call("PUT", "/crm/contacts/7", {"name": "Ada"})

    shows(index, "[data-counter=contacts]", "1")
    shows(index, "#latest li", "PUT /crm/contacts/7")


def test_a_vendor_is_broken_and_healed_from_the_index(index, sandbox):
    Select(find(index, "[name=vendor]")).select_by_visible_text("Gateway")
    Select(find(index, "[name=kind]")).select_by_visible_text("declines the card")
    Select(find(index, "[name=times]")).select_by_visible_text("3 times")
    find(index, "#break [type=submit]").click()

    shows(index, "[data-fault=gateway]", "declines (3 left)")
    shows(index, "#break-status", "Gateway declines the card, 3 times.")
    assert sandbox.call("GET", "/faults").body["gateway"][0]["decline"] is True

    find(index, "#lift").click()

    shows(index, "#break-status", "All vendors are well.")
    until(
        lambda: not find(index, "[data-fault=gateway]").is_displayed(), otherwise="the fault is still shown"
    )


def test_only_the_gateway_is_offered_to_decline(index):
    decline = find(index, "[data-only=gateway]")

    assert not decline.is_enabled()
    Select(find(index, "[name=vendor]")).select_by_visible_text("Gateway")
    assert decline.is_enabled()


def test_an_open_list_fills_itself(browser, sandbox):
    browser.get(f"{sandbox.http_url}/crm/")
    shows(browser, "main", "No contact yet")

    sandbox.call("PUT", "/crm/contacts/7", {"name": "Ada"})

    shows(browser, "main", "Ada")


@pytest.mark.parametrize("address", PAGES)
def test_a_page_breaks_no_policy_and_is_no_wider_than_a_phone(phone, sandbox, address):
    sandbox.call("POST", "/carrier/shipments", {"order": "x" * 60}, Idempotency_Key="k" * 80)
    sandbox.call("PUT", f"/crm/contacts/{'7' * 80}", {"name": "Ada"})
    phone.get_log("browser")

    phone.get(sandbox.http_url + address)

    width, room = phone.execute_script("return [document.documentElement.scrollWidth, screen.width]")
    assert width <= room == PHONE["width"]
    assert phone.get_log("browser") == []
