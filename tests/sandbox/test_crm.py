from __future__ import annotations

import json
from contextlib import closing
from http.client import HTTPConnection

import pytest

ADA = {"name": "Ada", "email": "ada@example.com"}


def test_a_contact_is_created_under_the_number_the_shop_gives(sandbox):
    answer = sandbox.call("PUT", "/crm/contacts/7", ADA)

    assert answer.status == 201
    assert answer.body | ADA | {"id": "7", "revision": 1} == answer.body
    assert sandbox.call("GET", "/crm/contacts/7").body == answer.body


def test_the_same_contact_again_changes_nothing(sandbox):
    first = sandbox.call("PUT", "/crm/contacts/7", ADA)

    again = sandbox.call("PUT", "/crm/contacts/7", ADA)

    assert again.status == 200
    assert again.body == first.body
    assert sandbox.call("GET", "/crm/contacts").body == [first.body]


def test_a_changed_contact_replaces_the_old_one_and_counts_a_revision(sandbox):
    first = sandbox.call("PUT", "/crm/contacts/7", {**ADA, "phone": "1"}).body

    changed = sandbox.call("PUT", "/crm/contacts/7", {**ADA, "name": "Ada L."}).body

    assert (changed["name"], changed["revision"]) == ("Ada L.", 2)
    assert "phone" not in changed
    assert changed["created_at"] == first["created_at"]


def test_contacts_are_listed_newest_first_and_found_by_mail_address(sandbox):
    sandbox.call("PUT", "/crm/contacts/1", ADA)
    sandbox.call("PUT", "/crm/contacts/2", {"email": "bob@example.com"})

    everyone = sandbox.call("GET", "/crm/contacts").body
    ada = sandbox.call("GET", "/crm/contacts?email=ADA@example.com").body

    assert [contact["id"] for contact in everyone] == ["2", "1"]
    assert [contact["id"] for contact in ada] == ["1"]


@pytest.mark.parametrize("body", [["a", "list"], "text", 7, None])
def test_a_contact_that_is_no_json_object_is_refused(sandbox, body):
    answer = sandbox.call("PUT", "/crm/contacts/7", body)

    assert answer.status == 400
    assert sandbox.call("GET", "/crm/contacts").body == []


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b"\xff"], ids=["empty", "cut", "deep", "binary"])
def test_a_body_that_is_no_json_is_refused(sandbox, body):
    connection = HTTPConnection("127.0.0.1", sandbox.http_port, timeout=10)
    with closing(connection):
        connection.request("PUT", "/crm/contacts/7", body)
        answer = connection.getresponse()
        assert (answer.status, json.load(answer)["error"]) == (400, "invalid_json")


def test_an_unknown_contact_is_not_found(sandbox):
    assert sandbox.call("GET", "/crm/contacts/99").status == 404
