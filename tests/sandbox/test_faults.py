from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sandbox.process import Answer, Sandbox

CHARGE = {"order": 7, "amount": "12.50", "currency": "EUR", "card": "4242424242424242"}
CALLS = {
    "crm": ("PUT", "/crm/contacts/7", {"name": "Ada"}),
    "gateway": ("POST", "/gateway/charges", CHARGE),
    "supplier": ("GET", "/supplier/inventory", None),
    "carrier": ("POST", "/carrier/shipments", {"order": 7}),
    "sentry": ("POST", "/sentry/api/1/envelope/", {}),
}


def call(sandbox: Sandbox, vendor: str, **how: Any) -> Answer:
    return sandbox.call(*CALLS[vendor], Idempotency_Key="task-1", **how)


def is_silent(sandbox: Sandbox, vendor: str) -> bool:
    try:
        call(sandbox, vendor, timeout=0.5)
    except TimeoutError:
        return True
    return False


@pytest.mark.parametrize("vendor", CALLS)
def test_every_vendor_answers_the_status_asked_for_so_many_times_and_then_works(sandbox, vendor):
    sandbox.break_vendors(**{vendor: {"status": 429, "retry_after": 2, "times": 2}})

    answers = [call(sandbox, vendor) for _ in range(3)]

    assert [answer.status for answer in answers[:2]] == [429, 429]
    assert [answer.headers.get("Retry-After") for answer in answers] == ["2", "2", None]
    assert answers[2].status < 300


@pytest.mark.parametrize("vendor", CALLS)
def test_every_vendor_resets_the_connection(sandbox, vendor):
    sandbox.break_vendors(**{vendor: {"reset": True, "times": 1}})

    with pytest.raises(ConnectionResetError):
        call(sandbox, vendor)
    assert call(sandbox, vendor).status < 300


@pytest.mark.parametrize("vendor", CALLS)
def test_every_vendor_keeps_silent(sandbox, vendor):
    sandbox.break_vendors(**{vendor: {"timeout": True, "times": 1}})

    assert is_silent(sandbox, vendor)
    assert call(sandbox, vendor).status < 300


def test_a_timeout_with_seconds_hangs_up_after_them(sandbox):
    sandbox.break_vendors(crm={"timeout": 0.2})

    with pytest.raises(ConnectionResetError):
        call(sandbox, "crm")


def test_a_delay_ends_in_the_usual_answer(sandbox):
    sandbox.break_vendors(crm={"delay": 0.2})

    assert call(sandbox, "crm").status == 201
    assert is_silent(sandbox, "crm") is False


def test_a_delay_longer_than_the_caller_waits_has_no_effect(sandbox):
    sandbox.break_vendors(crm={"delay": 3600})

    assert is_silent(sandbox, "crm")
    assert sandbox.call("GET", "/crm/contacts").body == []


def test_a_delay_may_end_in_a_failure(sandbox):
    sandbox.break_vendors(crm={"delay": 0.1, "status": 503})

    assert call(sandbox, "crm").status == 503


@pytest.mark.parametrize(
    "fault",
    [{"status": 500}, {"reset": True}, {"timeout": True}, {"delay": 3600}],
    ids=lambda fault: str(fault),
)
def test_after_breaks_the_answer_and_keeps_the_effect(sandbox, fault):
    sandbox.break_vendors(gateway={**fault, "after": True, "times": 1})

    try:
        assert call(sandbox, "gateway", timeout=0.5).status == 500
    except (ConnectionResetError, TimeoutError):
        assert "status" not in fault
    assert len(sandbox.call("GET", "/gateway/charges").body) == 1


@pytest.mark.parametrize("vendor", ["crm", "gateway", "carrier"])
def test_a_failed_call_without_after_has_no_effect(sandbox, vendor):
    sandbox.break_vendors(**{vendor: {"status": 500}})

    call(sandbox, vendor)

    lists = {"crm": "/crm/contacts", "gateway": "/gateway/charges", "carrier": "/carrier/shipments"}
    assert sandbox.call("GET", lists[vendor]).body == []


def test_looking_and_deleting_are_never_broken_and_use_no_fault_up(sandbox):
    sandbox.break_vendors(crm={"status": 500, "times": 1}, gateway={"reset": True, "times": 1})

    for address in ("/crm/contacts", "/gateway/charges"):
        assert sandbox.call("GET", address).status == 200
        assert sandbox.call("DELETE", address).status == 200

    assert call(sandbox, "crm").status == 500


def test_a_list_of_faults_strikes_one_after_the_other(sandbox):
    sandbox.break_vendors(crm=[{"status": 500, "times": 1}, {"status": 429, "times": 2}])

    assert [call(sandbox, "crm").status for _ in range(4)] == [500, 429, 429, 201]


def test_a_fault_without_times_lasts_until_it_is_deleted(sandbox):
    sandbox.break_vendors(crm={"status": 500}, carrier={"status": 500})
    before = [call(sandbox, "crm").status for _ in range(5)]

    assert sandbox.call("DELETE", "/faults/crm").status == 200

    assert before == [500] * 5
    assert call(sandbox, "crm").status == 201
    assert call(sandbox, "carrier").status == 500


def test_deleting_all_faults_heals_every_vendor(sandbox):
    sandbox.break_vendors(crm={"status": 500}, carrier={"status": 500})

    assert sandbox.call("DELETE", "/faults").body == {}

    assert [call(sandbox, vendor).status for vendor in ("crm", "carrier")] == [201, 201]


def test_putting_a_fault_replaces_those_of_the_same_vendor_only(sandbox):
    sandbox.break_vendors(crm={"status": 500}, carrier={"status": 500})

    sandbox.break_vendors(crm={"status": 429, "retry_after": 1})

    assert [call(sandbox, vendor).status for vendor in ("crm", "carrier")] == [429, 500]


def test_the_list_says_what_was_set_how_often_it_struck_and_what_is_left(sandbox):
    sandbox.break_vendors(crm={"status": 429, "retry_after": 2, "times": 3})
    call(sandbox, "crm")

    (fault,) = sandbox.call("GET", "/faults").body["crm"]

    set_as = {"status": 429, "retry_after": 2, "times": 3}
    assert fault == {**set_as, "struck": 1, "left": 2, "words": "answers 429"}


def test_a_probability_strikes_the_same_calls_each_time_it_is_set(sandbox):
    def struck() -> list[int]:
        sandbox.break_vendors(supplier={"status": 500, "probability": 0.5})
        return [call(sandbox, "supplier").status for _ in range(30)]

    first = struck()

    assert first == struck()
    assert set(first) == {200, 500}


def test_decline_strikes_the_gateway(sandbox):
    sandbox.break_vendors(gateway={"decline": True})

    assert call(sandbox, "gateway").status == 402


@pytest.mark.parametrize(
    ("faults", "named"),
    [
        ({"crn": {"status": 500}}, "crm, gateway, supplier, carrier, smtp, sentry"),
        ({"crm": {"statos": 500}}, "status, delay, reset, timeout, decline"),
        ({"crm": {}}, "name what fails"),
        ({"crm": {"times": 3}}, "name what fails"),
        ({"crm": {"reset": False}}, "name what fails"),
        ({"crm": "down"}, "a fault is an object"),
        ({"crm": {"status": 200}}, "from 400 to 599"),
        ({"crm": {"status": "500"}}, "from 400 to 599"),
        ({"crm": {"status": True}}, "from 400 to 599"),
        ({"crm": {"delay": -1}}, "seconds above 0"),
        ({"crm": {"delay": float("nan")}}, "seconds above 0"),
        ({"crm": {"reset": "yes"}}, "true or false"),
        ({"crm": {"timeout": 0}}, "true, or the seconds"),
        ({"crm": {"status": 500, "times": 0}}, "a whole number above 0"),
        ({"crm": {"status": 500, "probability": 2}}, "at most 1"),
        ({"crm": {"reset": True, "retry_after": 2}}, "goes with a status"),
        ({"crm": {"reset": True, "timeout": True}}, "exclude each other"),
        ({"crm": {"decline": True}}, "gateway only"),
        ({"gateway": {"decline": True, "after": True}}, "takes no effect"),
        (["crm"], "JSON object"),
    ],
    ids=json.dumps,
)
def test_a_wrong_fault_is_refused_with_what_is_known_and_none_is_set(sandbox, faults, named):
    good = {"supplier": {"status": 500}}
    answer = sandbox.call("PUT", "/faults", {**good, **faults} if isinstance(faults, dict) else faults)

    assert answer.status == 400
    assert named in answer.body["detail"]
    assert sandbox.call("GET", "/faults").body == {}


def test_lifting_the_faults_of_an_unknown_vendor_names_the_known_ones(sandbox):
    answer = sandbox.call("DELETE", "/faults/crn")

    assert answer.status == 400
    assert "crm, gateway, supplier, carrier, smtp, sentry" in answer.body["detail"]
