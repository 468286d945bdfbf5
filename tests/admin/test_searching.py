"""A search in the admin reads a bounded number of rows, says so, and still finds what has exactly an id."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from hardy.admin import searching
from hardy.ledger.models import Run
from tests.dead_letters.letters import died

pytestmark = pytest.mark.usefixtures("every_desk")

LETTERS = "/admin/hardy/deadletter/"


@pytest.fixture
def ada() -> Client:
    client = Client()
    client.force_login(
        get_user_model().objects.create_superuser("ada@example.com", password="a long password")
    )
    return client


@pytest.fixture
def only_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "SEARCHED", 2)


def text(page) -> str:
    return page.content.decode()


def rows(page) -> str:
    return text(page).partition('id="result_list"')[2]


@pytest.mark.usefixtures("only_two")
def test_the_newest_rows_are_searched_and_the_page_says_so(ada):
    old, *_, new = [died("orders.place", ("a bicycle",)) for _ in range(4)]

    page = ada.get(LETTERS, {"q": "bicycle"})

    assert new.job in rows(page)
    assert old.job not in rows(page)
    assert "Only the newest 2 of what the filters leave were searched" in text(page)


@pytest.mark.usefixtures("only_two")
def test_what_the_filters_leave_is_searched_and_not_what_they_take_away(ada):
    old = died("orders.place", ("a bicycle",))
    for _ in range(3):
        died("orders.pay", ("a bicycle",))

    page = ada.get(LETTERS, {"q": "bicycle", "task": "orders.place"})

    assert old.job in rows(page)
    assert "Only the newest" not in text(page)


@pytest.mark.usefixtures("only_two")
@pytest.mark.parametrize("column", ["job", "fingerprint"])
def test_an_id_is_found_at_any_age(ada, column):
    old = died("orders.place", error=KeyError("old"))
    for _ in range(3):
        died("orders.place", error=ValueError("new"))

    assert old.job in rows(ada.get(LETTERS, {"q": getattr(old, column)}))


def test_more_than_a_page_can_show_is_cut_and_said(ada, monkeypatch):
    monkeypatch.setattr(searching, "SHOWN", 2)
    old, *_ = [died("orders.place") for _ in range(3)]

    page = ada.get(LETTERS, {"q": "orders"})

    assert old.job not in rows(page)
    assert "At least 2 were found" in text(page)


def test_every_word_must_be_there(ada):
    letter = died("orders.place", error=ValueError("the card was declined"))

    assert letter.job in rows(ada.get(LETTERS, {"q": "declined ValueError"}))
    assert letter.job not in rows(ada.get(LETTERS, {"q": "declined KeyError"}))


def test_a_run_is_found_by_its_job(ada):
    letter = died("orders.place")
    run = Run.objects.get(job=letter.job)

    assert f"/run/{run.pk}/" in rows(ada.get("/admin/hardy/run/", {"q": letter.job}))
    assert f"/run/{run.pk}/" in rows(ada.get("/admin/hardy/run/", {"q": "PLACE"}))


@pytest.mark.usefixtures("only_two")
def test_the_filters_offer_what_the_newest_rows_have(ada):
    died("orders.forgotten")
    for _ in range(3):
        died("orders.place")

    page = text(ada.get(LETTERS))

    assert "?task=orders.place" in page
    assert "?task=orders.forgotten" not in page
