"""The desk in Django's admin, as people with different permissions meet it."""

from __future__ import annotations

import json
import re

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hardy.db.clock import seconds_from_now
from hardy.ledger.models import DeadLetter
from tests.dead_letters.letters import decisions, died, end_badly, jobs, letters, raised

pytestmark = pytest.mark.usefixtures("desk")

LIST = "/admin/hardy/deadletter/"
EVERYTHING = (
    "view_deadletter",
    "replay_deadletter",
    "edit_deadletter",
    "discard_deadletter",
    "view_arguments",
)
ALL_BUT_ARGUMENTS = EVERYTHING[:-1]


def person(*permissions, name="ada@example.com"):
    """A client that is logged in as a member of staff who may do this and nothing else."""
    user = get_user_model().objects.create_user(email=name, password="a long password", is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(content_type__app_label="hardy", codename__in=permissions)
    )
    client = Client()
    client.force_login(user)
    return client


def selected(*chosen, action="replay_letters", **more):
    return {
        "action": action,
        "index": "0",
        "select_across": "0",
        "_selected_action": [c.pk for c in chosen],
        **more,
    }


def hidden_fields(page):
    """The hidden fields of a page's form, as a browser sends them."""
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.content.decode())
    sent = {}
    for name, value in fields:
        sent.setdefault(name, []).append(value)
    return {name: values for name, values in sent.items() if name != "csrfmiddlewaretoken"}


def text_of(page):
    return page.content.decode()


def page_of(letter, act="change"):
    return f"{LIST}{letter.pk}/{act}/"


# looking


def test_an_empty_desk_says_so():
    assert "No dead letters." in text_of(person(*EVERYTHING).get(LIST))


def test_letters_of_one_kind_are_counted_together():
    for number in range(3):
        died("orders.place", (number,), error=raised(KeyError(number)))
    other = died("orders.pack", error=raised(ValueError("odd")))
    client = person(*EVERYTHING)

    said = text_of(client.get(LIST))

    assert len(re.findall(r'field-same_kind"><a [^>]*>3</a>', said)) == 3
    assert re.search(r'hardy-count">3</span> orders.place\s+<span class="error">KeyError', said)
    assert "4 dead letters" in said
    link = re.search(r'hardy-kinds.*?href="(\?[^"]*ValueError[^"]*)"', said, re.S)[1].replace("&amp;", "&")
    assert [letter.pk for letter in client.get(LIST + link).context["cl"].result_list] == [other.pk]


@pytest.mark.parametrize(
    "query",
    [
        "q=KeyError",
        "q=orders.pack",
        "q=acme",
        "reason__exact=timed+out",
        "task=orders.pack",
        "error_type=KeyError",
        "queue=high_priority",
        "age=older",
    ],
)
def test_letters_are_found_by_search_and_filters(query):
    died()
    letter = died("orders.pack", ("acme",), error=KeyError("x"), reason="timed out", queue="high_priority")
    letters().filter(pk=letter.pk).update(died_at=seconds_from_now(-30 * 24 * 3600))

    page = person(*EVERYTHING).get(f"{LIST}?{query}")

    assert [found.pk for found in page.context["cl"].result_list] == [letter.pk]


def test_a_fresh_letter_is_of_the_past_hour():
    letter, old = died(), died()
    letters().filter(pk=old.pk).update(died_at=seconds_from_now(-7200))

    page = person(*EVERYTHING).get(f"{LIST}?age=hour")

    assert [found.pk for found in page.context["cl"].result_list] == [letter.pk]


def test_a_letter_shows_its_arguments_and_every_attempt():
    letter = died("notifications.send_welcome_email", (4711,), error=raised(KeyError("<user>")))

    said = text_of(person(*EVERYTHING).get(page_of(letter)))

    assert "4711" in said
    assert "notifications.send_welcome_email(user_id:" in said
    assert "Traceback (most recent call last)" in said
    assert "&lt;user&gt;" in said and "<user>" not in said
    assert all(f"{LIST}{letter.pk}/{act}/" in said for act in ("replay", "edit", "discard"))


def test_what_was_decided_earlier_stands_on_the_page():
    client = person(*EVERYTHING)
    first = died()
    client.post(page_of(first, "replay"), {"confirmed": "yes", "note": "try again"})
    second = end_badly(first.job, ValueError("odd"))

    said = text_of(client.get(page_of(second)))

    assert "Earlier letters of this job" in said
    assert "try again" in said
    assert said.count("worker@here/1/a") == 2


def test_a_message_that_cannot_be_read_is_shown_and_cannot_be_edited():
    letter = died()
    letters().update(message=letter.message.replace("application/json", "application/x-odd"))
    client = person(*EVERYTHING)

    assert "cannot be read here" in text_of(client.get(page_of(letter)))
    refused = client.get(page_of(letter, "edit"), follow=True)
    assert f"Letter {letter.pk} cannot be edited" in text_of(refused)


def test_pages_carry_no_script_and_no_style_of_their_own():
    letter = died()
    client = person(*EVERYTHING)

    for page in (page_of(letter, "edit"), page_of(letter, "replay"), page_of(letter, "discard")):
        said = text_of(client.get(page))
        assert not re.search(r"<script(?![^>]*\bsrc=)", said)
        assert "<style" not in said and " style=" not in said
        assert "hardy/dead_letters.css" in said


# deciding about one


def test_a_letter_is_replayed_after_a_confirmation():
    letter = died()
    client = person(*EVERYTHING)

    asked = client.get(page_of(letter, "replay"))
    assert "Replay 1 dead letter" in text_of(asked)
    assert letters().exists()

    done = client.post(page_of(letter, "replay"), {**hidden_fields(asked), "note": "fixed"}, follow=True)

    assert "Replayed 1 dead letter." in text_of(done)
    assert jobs().filter(id=letter.job).exists()
    assert (decisions().get().by, decisions().get().note) == ("ada@example.com", "fixed")


def test_discarding_needs_a_note():
    letter = died()
    client = person(*EVERYTHING)

    refused = client.post(page_of(letter, "discard"), {"confirmed": "yes", "note": ""})
    assert "This field is required" in text_of(refused)
    assert letters().exists()

    client.post(page_of(letter, "discard"), {"confirmed": "yes", "note": "a test order"})
    assert not letters().exists()
    assert decisions().get().action == "discarded"


def test_a_letter_is_edited_and_replayed():
    letter = died("notifications.send_welcome_email", (1,))
    client = person(*EVERYTHING)
    form = text_of(client.get(page_of(letter, "edit")))
    assert "notifications.send_welcome_email(user_id:" in form

    client.post(page_of(letter, "edit"), {"args": "[2]", "kwargs": "{}", "note": "the right user"})

    assert json.loads(json.loads(jobs().get(id=letter.job).message)["body"])[0] == [2]
    decision = decisions().get()
    assert (decision.action, decision.by) == ("edited", "ada@example.com")
    assert json.loads(decision.changes)["args"] == [[1], [2]]


@pytest.mark.parametrize(
    ("args", "kwargs", "why"),
    [
        ("[]", "{}", "missing a required argument: &#x27;user_id&#x27;"),
        ("[1", "{}", "it is no JSON"),
        ("{}", "{}", "This must be a JSON list"),
        ("[1]", "[]", "This must be a JSON object"),
        ('["1"]', "{}", "user_id is annotated as int"),
    ],
)
def test_arguments_that_do_not_fit_come_back_with_the_reason(args, kwargs, why):
    letter = died("notifications.send_welcome_email", (1,))

    refused = person(*EVERYTHING).post(page_of(letter, "edit"), {"args": args, "kwargs": kwargs})

    assert why in text_of(refused)
    assert letters().exists()


def test_a_conflict_is_shown(desk):
    letter = died(task_id="job-1")
    desk.send_task("orders.place", task_id="job-1")

    done = person(*EVERYTHING).post(page_of(letter, "replay"), {"confirmed": "yes"}, follow=True)

    assert f"Letter {letter.pk} was skipped: its id job-1 is in the ledger again" in text_of(done)
    assert "Replayed" not in text_of(done).split("messagelist")[1].split("</ul>")[0]


# deciding about many


def test_selected_letters_are_replayed_after_a_confirmation():
    one, two, three = died(args=(1,)), died(args=(2,)), died(args=(3,))
    client = person(*EVERYTHING)

    asked = client.post(LIST, selected(one, three))
    assert "Replay 2 dead letters" in text_of(asked)
    assert letters().count() == 3

    done = client.post(LIST, {**hidden_fields(asked), "note": ""}, follow=True)

    assert "Replayed 2 dead letters." in text_of(done)
    assert letters().get() == two
    assert decisions().values("batch").distinct().count() == 1


def test_everything_that_a_filter_matches_is_discarded_and_nothing_that_came_later():
    meant = [died("orders.place", (number,)) for number in range(120)]
    other = died("orders.pack")
    client = person(*EVERYTHING)
    filtered = f"{LIST}?task=orders.place"

    asked = client.post(filtered, selected(meant[0], action="discard_letters", select_across="1"))
    assert "Discard 120 dead letters" in text_of(asked)
    assert hidden_fields(asked)["_selected_action"] == [str(meant[0].pk)]
    later = died("orders.place")

    done = client.post(filtered, {**hidden_fields(asked), "note": "a test run"}, follow=True)

    assert "Discarded 120 dead letters." in text_of(done)
    assert set(letters()) == {other, later}
    assert decisions().filter(note="a test run", by="ada@example.com").count() == 120


def test_the_number_of_queries_of_the_list_does_not_grow_with_it():
    client = person(*EVERYTHING)

    def queries():
        with CaptureQueriesContext(
            connection,
        ) as captured:
            client.get(LIST)
        return len(captured)

    for number in range(2):
        died(f"orders.{number}", error=raised(KeyError(number)))
    client.get(LIST)
    few = queries()
    for number in range(2, 30):
        died(f"orders.{number}", error=raised(KeyError(number)))

    assert queries() == few


def test_five_thousand_letters_are_listed_by_page_and_replayed_in_one_go():
    model = died()
    copied = [field.name for field in DeadLetter._meta.concrete_fields if not field.primary_key]
    said = {name: getattr(model, name) for name in copied}
    copies = [
        DeadLetter(
            **{**said, "job": f"job-{number}", "message": said["message"].replace(model.job, f"job-{number}")}
        )
        for number in range(4_999)
    ]
    letters().bulk_create(copies, batch_size=500)
    client = person(*EVERYTHING)

    listed = client.get(LIST)
    assert "5000 dead letters" in text_of(listed)
    assert len(listed.context["cl"].result_list) == 50
    asked = client.post(LIST, selected(model, select_across="1"))
    done = client.post(LIST, {**hidden_fields(asked), "note": ""}, follow=True)

    assert "Replayed 5000 dead letters." in text_of(done)
    assert jobs().count() == 5_000
    assert not letters().exists()


# permissions


@pytest.mark.parametrize("act", ["replay", "edit", "discard"])
def test_each_act_takes_its_own_permission(act):
    letter = died()
    others = [name for name in EVERYTHING if name != f"{act}_deadletter"]
    client = person(*others)

    assert page_of(letter, act) not in text_of(client.get(page_of(letter)))
    assert client.get(page_of(letter, act)).status_code == 403
    refused = client.post(
        page_of(letter, act), {"confirmed": "yes", "note": "n", "args": "[]", "kwargs": "{}"}
    )
    assert refused.status_code == 403
    assert letters().exists()


@pytest.mark.parametrize("act", ["replay", "discard"])
def test_a_bulk_action_takes_its_permission_too(act):
    letter = died()
    client = person("view_deadletter", "view_arguments")

    assert f'value="{act}_letters"' not in text_of(client.get(LIST))
    client.post(LIST, selected(letter, action=f"{act}_letters", confirmed="yes", note="n"))

    assert letters().exists()
    assert not decisions().exists()


def test_without_the_permission_to_look_there_is_nothing_to_see_or_do():
    letter = died()
    client = person("replay_deadletter", "discard_deadletter", "edit_deadletter", "view_arguments")

    for page in (LIST, page_of(letter), page_of(letter, "replay"), page_of(letter, "edit")):
        assert client.get(page).status_code == 403


def test_nobody_who_is_not_staff_gets_in():
    letter = died()

    for page in (LIST, page_of(letter), page_of(letter, "replay"), page_of(letter, "edit")):
        assert Client().get(page).status_code == 302


def test_arguments_are_hidden_from_those_who_may_not_see_them():
    letter = died("notifications.send_welcome_email", ("secret-4711",))
    client = person(*ALL_BUT_ARGUMENTS, "view_decision")

    shown = text_of(client.get(page_of(letter)))
    assert "secret-4711" not in shown
    assert "takes the permission hardy.view_arguments" in shown
    assert client.get(page_of(letter, "edit")).status_code == 403
    assert list(client.get(f"{LIST}?q=secret-4711").context["cl"].result_list) == []

    client.post(page_of(letter, "discard"), {"confirmed": "yes", "note": "n"})
    audited = text_of(client.get(f"/admin/hardy/decision/{decisions().get().pk}/change/"))
    assert "secret-4711" not in audited


def test_the_audit_shows_who_decided_what():
    letter = died("orders.place", ("secret-4711",))
    client = person(*EVERYTHING, "view_decision")
    client.post(page_of(letter, "discard"), {"confirmed": "yes", "note": "a test order"})

    listed = text_of(client.get("/admin/hardy/decision/"))
    assert "a test order" in listed and "ada@example.com" in listed
    full = text_of(client.get(f"/admin/hardy/decision/{decisions().get().pk}/change/"))
    assert "secret-4711" in full
    assert client.get("/admin/hardy/decision/add/").status_code == 403
