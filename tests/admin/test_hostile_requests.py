"""What people can put into an address or a form of the admin: an answer, never an error, and no way to a secret."""

from __future__ import annotations

import celery
import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client, RequestFactory

from hardy.admin.base import ReadOnlyAdmin
from hardy.ledger.models import DeadLetter, Job
from tests.dead_letters.letters import died

pytestmark = pytest.mark.usefixtures("desk")

SECRET = "swordfish"
LETTERS = "/admin/hardy/deadletter/"
JOBS = "/admin/hardy/job/"
PAGES = [model._meta.model_name for model in admin.site._registry if model._meta.app_label == "hardy"]

#: Columns that hold arguments, results, or both.
SECRETIVE = {"message", "result", "changes"}
LOOKUPS = ["", "__exact", "__contains", "__icontains", "__startswith", "__regex", "__gt", "__lt", "__in"]


def person(*without: str) -> Client:
    user = get_user_model().objects.create_user("ada@example.com", password="a long password", is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(content_type__app_label="hardy").exclude(codename__in=without)
    )
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def hardys() -> list[admin.ModelAdmin]:
    return [page for model, page in admin.site._registry.items() if model._meta.app_label == "hardy"]


def test_every_page_of_hardy_says_what_it_may_be_asked_for():
    assert hardys()
    for page in hardys():
        assert isinstance(page, ReadOnlyAdmin)
        columns = {field.name for field in page.model._meta.get_fields()}
        assert set(page.lookups) <= columns - SECRETIVE
        filters = {field for field in page.list_filter if isinstance(field, str)}
        assert filters <= set(page.lookups), page


def test_no_parameter_asks_for_a_column_that_is_not_listed():
    request = RequestFactory().get("/")
    for page in hardys():
        for field in page.model._meta.get_fields():
            for lookup in LOOKUPS:
                asked = f"{field.name}{lookup}"
                allowed = page.lookup_allowed(asked, "x", request)
                harmless = lookup in ("", "__exact", "__in")
                assert allowed == (field.name in page.lookups and harmless), (page, asked)


@pytest.mark.parametrize("lookup", LOOKUPS[1:])
def test_a_secret_is_not_guessed_by_looking_for_it(lookup):
    celery.current_app.send_task("orders.pay", [SECRET], countdown=3600)
    died("orders.pay", (SECRET,))
    ada = person("view_arguments")

    for page in (LETTERS, JOBS):
        right, wrong = (ada.get(page, {f"message{lookup}": guess}) for guess in (SECRET, "another"))
        assert (right.status_code, wrong.status_code) == (400, 400)


def test_nor_by_searching_for_it():
    died("orders.pay", (SECRET,))

    assert "orders.pay" not in rows(person("view_arguments").get(LETTERS, {"q": SECRET}))


def rows(page) -> str:
    return page.content.decode().partition('id="result_list"')[2]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    "query",
    [
        {"id__regex": "("},
        {"job__regex": "("},
        {"task__exact": "\x00"},
        {"queue": "\ud800".encode(errors="surrogatepass")},
        {"pk__in": "1," * 2000},
        {"o": "9.9.-x"},
        {"o": "message"},
        {"p": "9" * 40},
        {"p": "-1"},
        {"q": "\x00"},
        {"q": "%" * 5000},
        {"age": "\x00"},
        {"kind__exact": "\x00"},
        {"attempt__exact": "x"},
        {"attempt__exact": "9" * 40},
        {"letter__exact": "9" * 40},
        {"_to_field": "message"},
        {"_popup": "1", "nonsense": "1"},
    ],
    ids=str,
)
def test_a_list_answers_whatever_its_address_asks(page, query):
    assert person().get(f"/admin/hardy/{page}/", query).status_code < 500


def test_text_that_postgresql_does_not_know_is_never_looked_for():
    assert person().get(LETTERS, {"task__exact": "\x00"}).status_code == 302


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("id", ["nope", "%00", "%FF", "9" * 40, "-1", "_00", "x" * 3000])
def test_a_page_of_an_id_that_no_row_has_is_not_found(page, id):
    assert person().get(f"/admin/hardy/{page}/{id}/change/").status_code in (302, 404)


@pytest.mark.parametrize(
    "more",
    [
        {"newest": "x"},
        {"newest": "9" * 40},
        {"newest": "-1"},
        {"index": "7"},
        {"index": "x"},
        {"index": "-7"},
        {"select_across": "x"},
        {"_selected_action": ["x", "1"]},
        {"_selected_action": ["9" * 40]},
        {"_selected_action": ["\x00"]},
        {"action": ["nope"]},
        {"action": []},
    ],
    ids=str,
)
def test_an_action_answers_whatever_its_form_sends(more):
    letter = died("orders.place")
    form = {"action": "replay_letters", "index": "0", "_selected_action": [letter.pk], **more}

    assert person().post(LETTERS, form).status_code < 500
    assert DeadLetter.objects.filter(pk=letter.pk).exists()


@pytest.mark.parametrize("act", ["replay", "discard", "edit"])
@pytest.mark.parametrize("number", ["0", "9" * 18, "9" * 40])
def test_a_letter_that_is_not_there_is_not_found(act, number):
    assert person().get(f"{LETTERS}{number}/{act}/").status_code == 404


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ('["\\ud800"]', "half of a surrogate pair"),
        ("[" * 100_000, "nested too deeply"),
        ("[" * 5000 + "]" * 5000, "nested too deeply"),
        ("[1", "This is no JSON"),
        ("7", "a JSON list"),
        ("[" + "9" * 5000 + "]", "This is no JSON"),
    ],
    ids=["surrogate", "open", "deep", "cut", "number", "digits"],
)
def test_arguments_that_no_message_can_carry_are_an_error_of_the_form(args, says):
    letter = died("orders.place")
    page = person().post(f"{LETTERS}{letter.pk}/edit/", {"args": args, "kwargs": "{}", "note": ""})

    assert page.status_code == 200
    assert says in page.content.decode()
    assert DeadLetter.objects.filter(pk=letter.pk).exists()


DEEP = '{"headers": {"task": "t", "id": "i"}, "properties": {}, "body": %s}' % ("[" * 9000 + "]" * 9000)


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "null", "not JSON", '"\\ud800"', '{"body": 5}', DEEP], ids=lambda text: text[:20]
)
def test_the_page_of_a_message_that_cannot_be_unpacked_shows_it_as_it_is(text):
    letter = died("orders.place")
    job = celery.current_app.send_task("orders.pay", [1], countdown=3600).id
    DeadLetter.objects.filter(pk=letter.pk).update(message=text)
    Job.objects.filter(id=job).update(message=text)
    ada = person()

    for page in (f"{LETTERS}{letter.pk}/change/", f"{JOBS}{job}/change/"):
        answer = ada.get(page)
        assert answer.status_code == 200, page
        assert "cannot be unpacked" in answer.content.decode()
