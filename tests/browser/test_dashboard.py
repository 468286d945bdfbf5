"""The control room of a running shop, as somebody on call meets it."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from tests.browser.test_buying import stays_on_this_page

pytestmark = pytest.mark.browser


@pytest.fixture
def staff(visitor):
    visitor.log_in("demo", "demo")
    return visitor


def test_health_and_what_ended_stand_on_the_first_page(staff):
    staff.buy("Enamel Mug")
    staff.sees("Tracking number HD-", "#progress")

    staff.go("/hardy/")

    staff.sees("All clear.", "#health")
    assert staff.find(".bar-box--succeeded").is_displayed()
    staff.go("/hardy/workers/")
    staff.sees("prefork", "#workers")
    assert staff.complaints() == []


def test_new_tasks_are_counted_without_moving_those_one_reads(staff):
    staff.go("/hardy/tasks/?state=succeeded&task=payments.charge_card")
    is_same_page = stays_on_this_page(staff)
    in_another_tab(staff, lambda: staff.buy("Hemp Rope"))

    staff.sees("new: show", "[data-fresh]")
    assert is_same_page()
    staff.press("new: show")

    staff.sees("payments.charge_card", ".list")
    assert not is_same_page()


def test_the_keyboard_goes_to_the_search_and_from_row_to_row(staff):
    staff.buy("Tool Roll")
    staff.sees("Tracking number HD-", "#progress")
    staff.go("/hardy/tasks/?state=succeeded")

    ActionChains(staff.browser).send_keys("j").perform()
    assert staff.browser.switch_to.active_element.tag_name == "a"
    ActionChains(staff.browser).send_keys(Keys.ENTER).perform()
    staff.sees("Attempt 1", ".attempts")
    staff.browser.back()
    ActionChains(staff.browser).send_keys("/").perform()
    assert staff.browser.switch_to.active_element.get_attribute("name") == "q"


def in_another_tab(visitor, act):
    here = visitor.browser.current_window_handle
    visitor.browser.switch_to.new_window("tab")
    try:
        act()
    finally:
        visitor.browser.close()
        visitor.browser.switch_to.window(here)
