"""Dead letters by their kind, and deciding about them."""

from __future__ import annotations

import re

import pytest

from hardy.dashboard import errors as page
from hardy.dead_letters import queries
from hardy.dead_letters.models import Decision
from hardy.ledger.models import DeadLetter, Job
from tests.dead_letters.letters import died, raised

pytestmark = pytest.mark.usefixtures("desk")

LIST, DECIDE = "/hardy/errors/", "/hardy/errors/decide/"


def links(client):
    said = client.get(LIST).content.decode()
    return [link.replace("&amp;", "&") for link in re.findall(r'href="(/hardy/errors/kind/[^"]+)"', said)]


def form_of(client, link, **more):
    """What the page of a kind sends."""
    said = client.get(link).content.decode()
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', said))
    return {**hidden, "which": "all", **more}


def test_without_dead_letters_the_page_says_what_would_be_there(ada):
    assert "No dead letters." in ada.get(LIST).content.decode()


def test_letters_are_grouped_by_task_and_error_the_most_frequent_first(ada):
    died("orders.pack", error=raised(ValueError("odd")))
    for number in range(3):
        died("orders.place", error=raised(KeyError(number)))

    kinds = [line["kind"] for line in ada.get(LIST).context["kinds"]]

    assert [(kind.task, kind.error_type, kind.letters) for kind in kinds] == [
        ("orders.place", "KeyError", 3),
        ("orders.pack", "ValueError", 1),
    ]


def test_only_the_newest_letters_are_grouped_and_the_page_says_so(ada, monkeypatch):
    monkeypatch.setattr(queries.newest, "__defaults__", (2,))
    for _ in range(3):
        died()

    answer = ada.get(LIST)

    assert sum(line["kind"].letters for line in answer.context["kinds"]) == 2
    assert "there are more" in answer.content.decode()


def test_the_page_of_a_kind_lists_its_letters_page_by_page(ada, monkeypatch):
    monkeypatch.setattr(page, "LETTERS", 2)
    for _ in range(3):
        died("orders.place")
    died("orders.pack")
    [link] = [link for link in links(ada) if "orders.place" in link]

    first = ada.get(link)
    second = ada.get(first.context["next"])

    assert [len(answer.context["letters"]) for answer in (first, second)] == [2, 1]
    assert str(first.context["count"]) == "3"
    assert second.context["next"] == ""


def test_all_of_a_kind_are_replayed_after_a_question(ada):
    for _ in range(3):
        died("orders.place")
    other = died("orders.pack")
    form = form_of(ada, next(link for link in links(ada) if "orders.place" in link), act="replay")

    question = ada.post(DECIDE, form)
    assert "Replay 3 dead letters?" in question.content.decode()
    assert DeadLetter.objects.count() == 4
    done = ada.post(DECIDE, {**form, "confirmed": "yes"}, follow=True)

    assert "Replayed 3 dead letters." in done.content.decode()
    assert list(DeadLetter.objects.values_list("pk", flat=True)) == [other.pk]
    assert Job.objects.count() == 3
    assert set(Decision.objects.values_list("by", flat=True)) == {"ada@example.com"}


def test_letters_that_died_after_the_page_was_made_are_left_alone(ada):
    died("orders.place")
    [link] = links(ada)
    form = form_of(ada, link, act="replay")
    late = died("orders.place")

    ada.post(DECIDE, {**form, "confirmed": "yes"})

    assert DeadLetter.objects.get().pk == late.pk


def test_discarding_takes_a_note(ada):
    died("orders.place")
    [link] = links(ada)
    form = form_of(ada, link, act="discard", confirmed="yes")

    refused = ada.post(DECIDE, form)
    assert "Say in a note why" in refused.content.decode()
    assert DeadLetter.objects.count() == 1
    ada.post(DECIDE, {**form, "note": "a test order"})

    assert not DeadLetter.objects.exists()
    assert Decision.objects.get().note == "a test order"


def test_only_those_selected_are_decided_about(ada):
    first, second = died("orders.place"), died("orders.place")

    ada.post(DECIDE, {"act": "replay", "which": "selected", "letter": [first.pk], "confirmed": "yes"})

    assert DeadLetter.objects.get().pk == second.pk


def test_with_nothing_selected_nothing_is_done(ada):
    died("orders.place")

    answer = ada.post(DECIDE, {"act": "replay", "which": "selected", "confirmed": "yes"}, follow=True)

    assert answer.status_code == 200
    assert DeadLetter.objects.count() == 1


def test_so_many_at_once_and_no_more(ada, monkeypatch):
    monkeypatch.setattr(page, "AT_ONCE", 2)
    for _ in range(3):
        died("orders.place")
    form = form_of(ada, links(ada)[0], act="replay")

    assert "The oldest 2 are done now" in ada.post(DECIDE, form).content.decode()
    ada.post(DECIDE, {**form, "confirmed": "yes"})

    assert DeadLetter.objects.count() == 1


def test_one_that_cannot_be_sent_is_named_and_stays(ada):
    letter = died("orders.place")
    DeadLetter.objects.filter(pk=letter.pk).update(message="nonsense")

    form = {"act": "replay", "letter": letter.pk, "confirmed": "yes"}
    said = ada.post(DECIDE, form, follow=True).content.decode()

    assert f"Letter {letter.pk} was skipped" in said
    assert DeadLetter.objects.exists()


def test_the_question_cannot_be_asked_by_a_link(ada):
    assert ada.get(DECIDE, {"act": "replay"}).url == LIST
