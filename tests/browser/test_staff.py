from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture
def staff(visitor):
    visitor.log_in("demo", "demo")
    return visitor


def test_the_warehouse_is_loaded_while_one_watches(staff):
    staff.buy("Enamel Mug")
    staff.sees("Tracking number HD-", "#progress")
    staff.go("/staff/warehouse/")

    staff.press("Load now")

    staff.sees("Kitchen", ".shares")
    staff.sees("Enamel Mug", ".columns .table")
    assert staff.find(".chart .chart__bar").is_displayed()


def test_people_are_imported_from_the_sample_file(staff, downloads):
    staff.go("/staff/import/")
    people = downloads / "people.csv"
    people.write_text("email,full_name\nida@example.com,Ida\nnonsense,Nobody\n")

    staff.find("[name=file]").send_keys(str(people))
    staff.press("Import")

    staff.sees("1 customer imported")
    staff.sees("Enter a valid email address", ".table")


def test_backstage_shows_the_worker_and_what_it_does_next(staff):
    staff.go("/backstage/")
    staff.sees("high_priority", "#content")

    staff.buy("Tool Roll")
    staff.go("/backstage/")

    staff.sees("payments.charge_card", ".table")
    assert "Nobody is working" not in staff.find("main").text
