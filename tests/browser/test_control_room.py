"""What somebody on call does in the control room of a running shop: pause, select, look, by mouse and by keys."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.support.select import Select

from tests.browser.accessibility import axe, violations
from tests.waiting import until

pytestmark = pytest.mark.browser

PAGES = (
    *("/hardy/", "/hardy/?range=14d", "/hardy/tasks/", "/hardy/tasks/?state=later", "/hardy/queues/"),
    *(
        "/hardy/queue/?name=default",
        "/hardy/workers/",
        "/hardy/errors/",
        "/hardy/schedules/",
        "/hardy/audit/",
    ),
    *("/hardy/doctor/", "/hardy/task/?id=nope"),
)


@pytest.fixture
def staff(visitor):
    visitor.log_in("demo", "demo")
    return visitor


def press_key(visitor, key):
    ActionChains(visitor.browser).send_keys(key).perform()


def test_a_paused_queue_holds_its_jobs_until_it_is_resumed(staff, shop):
    until(lambda: _is_read(staff, "high_priority"), otherwise="no worker reads the queue")
    staff.fill(note="the card vendor is down")
    staff.press("Pause")
    staff.sees("high_priority is paused")
    try:
        staff.go("/hardy/")
        staff.sees("The queue high_priority is paused", "#health")
        until(lambda: "Queue high_priority is paused" in shop.log, otherwise="no worker has noticed")
        staff.buy("Enamel Mug")
        staff.go("/hardy/tasks/?state=waiting&queue=high_priority")
        staff.sees("payments.charge_card", ".list")
        staff.press("payments.charge_card")
        staff.sees("the card vendor is down", "#why")
    finally:
        staff.go("/hardy/queues/")
        staff.press("Resume high_priority")
    staff.sees("high_priority is resumed")
    staff.go("/hardy/tasks/?state=waiting&queue=high_priority")
    until(lambda: _has_none(staff), otherwise="what waited has not begun")
    staff.go("/hardy/audit/")
    staff.sees("paused the queue")
    assert staff.complaints() == []


def _is_read(staff, queue):
    """The shop answers before its worker is ready."""
    staff.go(f"/hardy/queue/?name={queue}")
    return staff.browser.find_elements(By.NAME, "note")


def _has_none(staff):
    staff.browser.refresh()
    return "No task matches." in staff.find("main").text


def test_selected_jobs_are_rescheduled_by_keys_and_a_question(staff):
    staff.buy("Hemp Rope")
    staff.sees("Tracking number HD-", "#progress")
    staff.go("/hardy/tasks/?state=later&task=notifications.send_reminder")
    staff.sees("notifications.send_reminder", ".list")

    press_key(staff, "j")
    press_key(staff, "x")
    assert staff.find("tr.chosen input[type=checkbox]").is_selected()
    assert Select(staff.find("[name=which]")).first_selected_option.get_attribute("value") == "selected"
    staff.press("Reschedule…")

    staff.sees("Reschedule 1 job?")
    staff.fill(delay="3h")
    staff.press("Reschedule 1")
    staff.sees("Rescheduled 1 job, due in 3 h.")
    assert staff.complaints() == []


def test_a_worker_that_is_told_to_shut_down_goes_and_a_new_one_comes(staff):
    staff.go("/hardy/workers/")
    staff.sees("prefork", "#workers")
    before = _process(staff)

    Select(staff.find("main [name=worker]")).select_by_index(1)
    staff.press("Shut it down")

    staff.sees("was told to shut down")
    until(lambda: _process(staff) not in ("", before), otherwise="no new worker has come")
    staff.go("/hardy/audit/?action=shut+down")
    staff.sees("shut down the worker", ".list")


def _process(staff):
    """The number of the worker's process, as the page says it; "" while there is none."""
    staff.go("/hardy/workers/")
    said = staff.find("#workers").text.split("Pool")[-1].splitlines()
    return said[said.index("Process") + 1] if "Process" in said else ""


def test_a_question_mark_shows_the_keys_and_escape_hides_them(staff):
    staff.go("/hardy/tasks/")

    press_key(staff, "?")
    assert staff.find("#keys").is_displayed()
    press_key(staff, "?")
    assert not staff.find("#keys").is_displayed()


def test_a_phone_shows_every_page_whole(staff):
    with staff.on_a_phone():
        for page in PAGES:
            staff.go(page)
            width = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
            assert staff.browser.execute_script(width) <= 0, page


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(staff, theme):
    script = axe()
    media = {"features": [{"name": "prefers-color-scheme", "value": theme}]}
    staff.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    try:
        for page in PAGES:
            staff.go(page)
            assert violations(staff, script) == [], page
    finally:
        staff.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
