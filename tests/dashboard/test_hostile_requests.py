"""Whatever an address or a form says, the answer is a page: never an error of the server."""

from __future__ import annotations

import pytest

from hardy.ledger.models import DeadLetter, Job
from tests.dashboard.tasks import past, sent
from tests.dead_letters.letters import died

pytestmark = pytest.mark.usefixtures("desk")

PAGES = (
    "/hardy/",
    "/hardy/tasks/",
    "/hardy/task/",
    "/hardy/errors/",
    "/hardy/errors/kind/",
    "/hardy/schedules/",
)
#: Half of a surrogate pair, as bytes that are no UTF-8.
HALF = "\ud800".encode(errors="surrogatepass")
NASTY = (
    "\x00",
    "a\x00b",
    HALF,
    "9" * 40,
    "-1",
    "1e9",
    "²",
    "(",
    ".*+?[",
    "%",
    "_",
    "\\",
    "'; --",
    "x" * 5000,
    "{{7*7}}",
    "💥",
)
NAMES = (
    "range",
    "state",
    "task",
    "queue",
    "q",
    "after",
    "id",
    "before",
    "reason",
    "error_type",
    "fingerprint",
    "newest",
)


@pytest.fixture
def somebody(ada):
    ada.raise_request_exception = False
    past(2, outcome="failed")
    sent("orders.wait")
    died()
    return ada


@pytest.mark.parametrize("page", PAGES)
def test_an_address_is_answered_whatever_it_asks(somebody, page):
    for value in NASTY:
        answer = somebody.get(page, dict.fromkeys(NAMES, value))
        assert answer.status_code in (200, 404), (page, value)


@pytest.mark.parametrize("name", ["state", "task", "queue", "q", "after"])
def test_the_list_is_answered_whatever_one_of_its_filters_asks(somebody, name):
    for value in NASTY:
        assert somebody.get("/hardy/tasks/", {name: value}).status_code == 200, (name, value)


@pytest.mark.parametrize("state", ["waiting", "later", "running", "failed", ""])
def test_a_list_is_answered_wherever_it_is_to_go_on(somebody, state):
    for value in NASTY:
        for text in ("", "orders"):
            answer = somebody.get("/hardy/tasks/", {"state": state, "after": value, "q": text})
            assert answer.status_code == 200, (state, value)


@pytest.mark.parametrize("value", ["\x00", "x" * 300])
def test_what_no_database_knows_is_left_out_with_a_note(somebody, value):
    answer = somebody.get("/hardy/tasks/", {"q": value})

    assert "“q” was left out" in answer.content.decode()
    assert len(answer.context["rows"]) == 4


@pytest.mark.parametrize(
    "name", ["letter", "which", "newest", "task", "reason", "note", "act", "confirmed", "fingerprint"]
)
def test_a_decision_is_answered_whatever_its_form_sends(somebody, name):
    for value in NASTY:
        form = {"act": "replay", "letter": "0", "note": "", "confirmed": "yes", name: value}
        assert somebody.post("/hardy/errors/decide/", form).status_code in (200, 302), (name, value)
    assert DeadLetter.objects.count() == 1


@pytest.mark.parametrize("name", ["act", "delay"])
def test_a_task_is_answered_whatever_its_form_sends(somebody, name):
    job = Job.objects.get()
    for value in NASTY:
        form = {"act": "later", "delay": "", name: value}
        assert somebody.post(f"/hardy/task/?id={job.pk}", form).status_code in (200, 302), (name, value)
    assert Job.objects.get().due_at == job.due_at


@pytest.mark.parametrize("id", ["%00", "%ED%A0%80", "%FF", "9" * 40, "x" * 3000, "a%0Ab", ""])
def test_a_job_that_no_row_can_be_is_not_found(somebody, id):
    assert somebody.get(f"/hardy/task/?id={id}").status_code == 404
    assert somebody.post(f"/hardy/task/?id={id}", {"act": "cancel"}).status_code == 302


@pytest.mark.parametrize("address", ["/hardy/nope/", "/hardy/task/x/", "/hardy/errors/kind/1/"])
def test_there_is_no_other_page(somebody, address):
    assert somebody.get(address).status_code == 404


def test_an_id_may_hold_anything_that_celery_takes(somebody):
    id = "a/b?c=&d#e\n\"<'%>é"
    sent("orders.odd", task_id=id)

    page = somebody.get("/hardy/tasks/", {"task": "orders.odd"})
    [row] = page.context["rows"]

    assert somebody.get(row.url).context["id"] == id.strip()
