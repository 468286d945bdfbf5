from __future__ import annotations

import pytest

from apps.reports.models import Report

pytestmark = pytest.mark.django_db

JANUARY = {"first_day": "2026-01-01", "last_day": "2026-01-31"}


def test_a_report_is_asked_for_built_and_fetched(api, customer):
    asked = api(customer).post("/api/reports/", JANUARY, format="json")
    report = api(customer).get(f"/api/reports/{asked.json()['id']}/").json()
    file = api(customer).get(report["file"])

    assert asked.status_code == 202
    assert report["status"] == "ready"
    assert file.headers["Content-Type"] == "application/pdf"
    assert "orders-2026-01-01-2026-01-31.pdf" in file.headers["Content-Disposition"]
    assert b"".join(file.streaming_content).startswith(b"%PDF-")


def test_a_report_that_is_not_ready_has_no_file(api, customer):
    report = Report.objects.create(user=customer, **JANUARY)

    assert api(customer).get(f"/api/reports/{report.pk}/").json()["file"] is None
    assert api(customer).get(f"/api/reports/{report.pk}/file/").status_code == 404


def test_a_report_whose_file_is_gone_is_not_found(api, customer):
    report = Report.objects.create(user=customer, status=Report.Status.READY, **JANUARY)

    assert api(customer).get(f"/api/reports/{report.pk}/file/").status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"first_day": "yesterday"}, "first_day"),
        ({"last_day": None}, "last_day"),
        ({"last_day": "2025-12-31"}, "last_day"),
        ({"first_day": "0001-01-01"}, "last_day"),
        ({"scope": "world"}, "scope"),
        ({"scope": "shop"}, "scope"),
    ],
)
def test_wrong_input_is_named_by_field(api, customer, change, field):
    response = api(customer).post("/api/reports/", {**JANUARY, **change}, format="json")

    assert response.status_code == 400
    assert list(response.json()) == [field]


def test_the_staff_may_ask_about_the_whole_shop(api, staff):
    response = api(staff).post("/api/reports/", {**JANUARY, "scope": "shop"}, format="json")

    assert response.status_code == 202


def test_a_report_is_seen_by_its_owner_and_the_staff_only(api, customer, staff, django_user_model):
    report = Report.objects.create(user=customer, **JANUARY)
    stranger = django_user_model.objects.create_user("eve@example.com")
    address = f"/api/reports/{report.pk}/"

    seen = [api(user).get(address).status_code for user in (customer, staff, stranger, None)]

    assert seen == [200, 200, 404, 401]
    assert api(stranger).get(f"{address}file/").status_code == 404
