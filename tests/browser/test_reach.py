"""The pages on a small screen, in the dark, and by keyboard alone."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

ADDRESSES = (
    *(
        "/",
        "/products/1/",
        "/basket/",
        "/checkout/",
        "/orders/?all=1",
        "/orders/1/",
        "/reports/",
        "/backstage/",
    ),
    *("/staff/import/", "/staff/warehouse/", "/orders/999999/"),
    *("/hardy/", "/hardy/tasks/", "/hardy/errors/", "/hardy/schedules/", "/hardy/task/?id=nope"),
)

#: The lowest contrast of text on its background, over all that is written on a page.
LOWEST_CONTRAST = """
const parse = colour => colour.match(/[\\d.]+/g).map(Number);
const luminance = ([r, g, b]) => [r, g, b].map(v => v / 255).map(
  v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4
).reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
const background = element => {
  for (; element; element = element.parentElement) {
    const colour = parse(getComputedStyle(element).backgroundColor);
    if (colour.length === 3 || colour[3] > 0) return colour;
  }
  return [255, 255, 255];
};
let lowest = [21, "nothing"];
for (const element of document.querySelectorAll("body *")) {
  const words = [...element.childNodes].filter(node => node.nodeType === 3).map(node => node.data.trim()).join("");
  if (!words || !element.checkVisibility() || element.closest(".unseen, noscript, svg, .skip")) continue;
  const [a, b] = [luminance(parse(getComputedStyle(element).color)), luminance(background(element))];
  const contrast = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
  if (contrast < lowest[0]) lowest = [contrast, words];
}
return lowest;
"""


@pytest.fixture(scope="module")
def declined_order(browser, shop):
    """The address of an order that waits for another card: the fullest page there is."""
    browser.delete_all_cookies()
    visitor = Visitor(browser, shop.url)
    visitor.log_in("demo", "demo")
    visitor.buy("Ledger Book", card_ending_in="0002")
    address = visitor.path
    visitor.sees("Your card was not charged", "#progress", seconds=60)
    return address


@pytest.fixture
def staff(visitor):
    visitor.log_in("demo", "demo")
    visitor.go("/")
    visitor.press("into the basket")
    return visitor


def test_no_page_is_wider_than_a_small_phone(staff, declined_order):
    with staff.on_a_phone(360):
        for address in (*ADDRESSES, declined_order):
            staff.go(address)
            width = staff.browser.execute_script("return document.documentElement.scrollWidth")
            assert width <= 360, address


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_that_is_written_can_be_read(staff, declined_order, scheme):
    chosen = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    staff.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", chosen)
    try:
        for address in (*ADDRESSES, declined_order, "/login/"):
            staff.go(address)
            contrast, words = staff.browser.execute_script(LOWEST_CONTRAST)
            assert contrast >= 4.5, f"{words!r} at {address}: {contrast:.2f}"
        assert [
            said for said in staff.complaints() if "404" not in said
        ] == []  # one address is to be missing
    finally:
        staff.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_the_keyboard_reaches_the_content_past_the_navigation(visitor):
    visitor.go("/")

    type_keys(visitor, Keys.TAB)
    assert focused(visitor).text == "Skip to the content"
    type_keys(visitor, Keys.ENTER)

    assert focused(visitor).get_attribute("id") == "content"


def test_a_product_is_bought_by_keyboard_alone(visitor):
    visitor.go("/products/2/")

    tab_to(visitor, "Into the basket")
    outline = visitor.browser.execute_script("return getComputedStyle(document.activeElement).outlineStyle")
    type_keys(visitor, Keys.ENTER)

    assert outline == "solid"
    visitor.sees("is in your basket", ".messages")


def focused(visitor):
    return visitor.browser.switch_to.active_element


def type_keys(visitor, *keys):
    ActionChains(visitor.browser).send_keys(*keys).perform()


def tab_to(visitor, words):
    for _ in range(40):
        type_keys(visitor, Keys.TAB)
        if words in focused(visitor).text:
            return
    raise AssertionError(f"no way by keyboard to {words!r}")
