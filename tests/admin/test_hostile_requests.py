"""What people can put into an address or a form of the admin: an answer, never an error, and no way to a secret."""

from __future__ import annotations

import celery
import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db.models import IntegerField
from django.test import Client, RequestFactory
from kombu.utils import json as kombu_json

from hardy.admin.base import ReadOnlyAdmin
from hardy.dead_letters.models import Decision
from hardy.ledger.models import DeadLetter, Job, Run
from tests.dead_letters.letters import died
from tests.dead_letters.odd_messages import ODD_BUT_READABLE, UNPACKABLE, message, nested

pytestmark = pytest.mark.usefixtures("every_desk")

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


def address(page: admin.ModelAdmin) -> str:
    return f"/admin/hardy/{page.model._meta.model_name}/"


def test_every_page_of_hardy_says_what_it_may_be_asked_for():
    assert hardys()
    for page in hardys():
        assert isinstance(page, ReadOnlyAdmin)
        columns = {field.name for field in page.model._meta.get_fields()}
        assert set(page.lookups) <= columns - SECRETIVE
        named = [one[0] if isinstance(one, tuple) else one for one in page.list_filter]
        filters = {field for field in named if isinstance(field, str)}
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


NUMBERS = ["9" * 40, "-" + "9" * 40, "9" * 5000, str(2**63), "x", "", "1.5"]
NUMERIC = [
    (page, column)
    for page in hardys()
    for column in page.lookups
    if isinstance(page.model._meta.get_field(column), IntegerField)
]


def test_no_number_is_too_large_to_be_asked_for():
    ada = person()
    died("orders.place")
    assert len(NUMERIC) >= 4

    for page, column in NUMERIC:
        for number in NUMBERS:
            for asked in ({column: number}, {f"{column}__exact": number}, {f"{column}__in": f"1,{number}"}):
                assert ada.get(address(page), asked).status_code in (200, 302), (page, asked)
        assert ada.get(address(page), {f"{column}__in": "1,2"}).status_code == 200


QUERIES = [
    {"id__regex": "("},
    {"job__regex": "("},
    {"task__exact": "\x00"},
    {"job__in": "x,\x00"},
    {"queue": "\ud800".encode(errors="surrogatepass")},
    {"pk__in": "1," * 2000},
    {"o": "9.9.-x"},
    {"o": "message"},
    {"o": "1." * 300},
    {"p": "9" * 40},
    {"p": "9" * 5000},
    {"p": "-1"},
    {"q": "\x00"},
    {"q": "%" * 5000},
    {"q": "a " * 1000},
    {"q": "x" * 100_000},
    {"q": "'\"\\"},
    {"age": "\x00"},
    {"kind__exact": "\x00"},
    {"task__isnull": "x"},
    {"_to_field": "message"},
    {"_popup": "1", "nonsense": "1"},
    {"_facets": "1", "q": "a"},
]


@pytest.mark.parametrize("page", PAGES)
def test_a_list_answers_whatever_its_address_asks(page):
    ada = person()

    for query in QUERIES:
        assert ada.get(f"/admin/hardy/{page}/", query).status_code < 500, query


@pytest.mark.parametrize(("text", "says"), [("a " * 11, "at most 10 words"), ("x" * 201, "200 characters")])
def test_too_long_a_search_is_refused_with_its_limit(text, says):
    died("orders.place")
    page = person().get(LETTERS, {"q": text})

    assert says in page.content.decode()
    assert "orders.place" not in rows(page)


def test_text_that_postgresql_does_not_know_is_never_looked_for():
    assert person().get(LETTERS, {"task__exact": "\x00"}).status_code == 302


@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_an_id_that_no_row_has_is_not_found(page):
    ada = person()

    for id in ("nope", "%00", "%FF", "9" * 40, "-1", "_00", "x" * 3000):
        assert ada.get(f"/admin/hardy/{page}/{id}/change/").status_code in (302, 404), id


FORMS = [
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
]


def test_an_action_answers_whatever_its_form_sends():
    letter, ada = died("orders.place"), person()

    for more in FORMS:
        form = {"action": "replay_letters", "index": "0", "_selected_action": [letter.pk], **more}
        assert ada.post(LETTERS, form).status_code < 500, more
    assert DeadLetter.objects.filter(pk=letter.pk).exists()


def test_a_letter_that_is_not_there_is_not_found():
    ada = person()

    for act in ("replay", "discard", "edit"):
        for number in ("0", "9" * 18, "9" * 40):
            assert ada.get(f"{LETTERS}{number}/{act}/").status_code == 404, (act, number)


def edited(client: Client, letter: DeadLetter, args: str):
    return client.post(f"{LETTERS}{letter.pk}/edit/", {"args": args, "kwargs": "{}", "note": ""})


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ('["\\ud800"]', "half of a surrogate pair"),
        ("[" * 100_000, "nested too deeply"),
        ("[" * 100_000 + "]" * 100_000, "nested too deeply"),
        ("[1", "it is no JSON"),
        ("7", "a JSON list"),
        ("[" + "9" * 5000 + "]", "too long a number"),
    ],
    ids=["surrogate", "open", "deep", "cut", "number", "digits"],
)
def test_arguments_that_no_message_can_carry_are_an_error_of_the_form(args, says):
    letter = died("orders.place")
    page = edited(person(), letter, args)

    assert page.status_code == 200
    assert says in page.content.decode()
    assert DeadLetter.objects.filter(pk=letter.pk).exists()


#: What no type of Kombu's JSON is made of, and what only some are.
ODD = [
    "5",
    "-1.5",
    "null",
    "true",
    "[]",
    "[1, [2], 3]",
    "{}",
    '{"hex": 5}',
    '{"odd": 1}',
    '"x"',
    '"\\ud800"',
    '"1e9999999999999999999"',
]
TYPES = [*kombu_json._decoders, "nonsense"]


@pytest.mark.parametrize("type", TYPES)
def test_a_typed_value_that_is_none_of_its_type_is_an_error_of_the_form(type):
    letter, ada = died("orders.place"), person()
    odd = [f'[{{"__type__": "{type}", "__value__": {value}}}]' for value in ODD]

    for args in [*odd, '[{"__type__": [], "__value__": 1}]', '[{"__type__": {}, "__value__": 1}]']:
        page = edited(ada, letter, args)
        assert page.status_code in (200, 302), args  # some are of their type
        assert page.status_code == 302 or "errorlist" in page.content.decode(), args


def test_an_uuid_that_is_none_is_named_in_the_form():
    page = edited(person(), died("orders.place"), '[{"__type__": "uuid", "__value__": 5}]')

    assert "none of its type" in page.content.decode()


@pytest.mark.parametrize("text", UNPACKABLE.values(), ids=UNPACKABLE)
def test_the_page_of_a_message_that_cannot_be_unpacked_shows_it_as_it_is(text):
    letter, job = row_of_each(text)
    ada = person()

    for page in (f"{LETTERS}{letter.pk}/change/", f"{JOBS}{job}/change/"):
        answer = ada.get(page)
        assert answer.status_code == 200, page
        if "-" not in text:  # what has all its parts is shown, however odd they are
            assert "cannot be unpacked" in answer.content.decode()


@pytest.mark.parametrize("text", ODD_BUT_READABLE.values(), ids=ODD_BUT_READABLE)
def test_every_page_about_an_odd_message_is_shown(text):
    letter, job = row_of_each(text)
    ada = person()

    for page in (LETTERS, JOBS, f"{LETTERS}{letter.pk}/change/", f"{JOBS}{job}/change/"):
        assert ada.get(page, {"q": "orders"}).status_code in (200, 302), page
    assert ada.get(f"{LETTERS}{letter.pk}/edit/").status_code in (200, 302)
    assert ada.post(f"{LETTERS}{letter.pk}/replay/", {"confirmed": "yes"}).status_code == 302


def row_of_each(text: str) -> tuple[DeadLetter, str]:
    """A dead letter, and a job that waits, whose message is ``text``."""
    letter = died("orders.place")
    job = celery.current_app.send_task("orders.pay", [1], countdown=3600).id
    DeadLetter.objects.filter(pk=letter.pk).update(message=text)
    Job.objects.filter(id=job).update(message=text)
    return letter, job


def test_half_a_character_is_shown_as_json_has_it_and_is_an_error_where_it_is_edited():
    letter = died("notifications.send_welcome_email", (1,))
    odd = message('[["\\ud800"], {}, {}]', headers={"task": letter.task, "id": letter.job})
    DeadLetter.objects.filter(pk=letter.pk).update(message=odd)
    ada = person()

    assert "\\ud800" in ada.get(f"{LETTERS}{letter.pk}/change/").content.decode()
    assert "\\ud800" in ada.get(f"{LETTERS}{letter.pk}/edit/").content.decode()
    assert "half of a surrogate pair" in edited(ada, letter, '["\\ud800"]').content.decode()
    edited(ada, letter, "[1]")
    (decision,) = Decision.objects.all()
    assert "\\ud800" in decision.changes
    assert "\\ud800" in ada.get(f"/admin/hardy/decision/{decision.pk}/change/").content.decode()


def test_the_page_of_an_odd_result_is_shown():
    letter = died("orders.place")
    run, ada = Run.objects.get(job=letter.job), person()

    for result in ('"\\ud800"', nested(9000), "9" * 5000, "no JSON"):
        Run.objects.filter(pk=run.pk).update(result=result)
        assert ada.get(f"/admin/hardy/run/{run.pk}/change/").status_code == 200, result[:20]
