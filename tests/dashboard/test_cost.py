"""What a page costs: as few statements on a full ledger as on an empty one, bounded whatever there is."""

from __future__ import annotations

import pytest

from tests.dashboard.tasks import alive, past, running, sent
from tests.dead_letters.letters import died

pytestmark = pytest.mark.usefixtures("desk")

MOST = 30
PAGES = (
    *(
        "/hardy/",
        "/hardy/?range=14d",
        "/hardy/tasks/",
        "/hardy/tasks/?state=waiting",
        "/hardy/tasks/?state=dead",
    ),
    *(
        "/hardy/tasks/?q=place",
        "/hardy/queues/",
        "/hardy/queue/?name=q3",
        "/hardy/workers/",
        "/hardy/errors/",
    ),
    *("/hardy/schedules/", "/hardy/audit/", "/hardy/doctor/"),
)


@pytest.fixture
def full(desk):
    for number in range(8):
        alive("default", f"q{number}", name=f"w{number}@here")
        for _ in range(5):
            sent(queue=f"q{number}")
        sent(queue=f"q{number}", countdown=600)
        running()
        past(20, minutes=number * 10, queue=f"q{number}")
        past(5, minutes=number * 10, outcome="failed")
        died()


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_no_page_asks_more_than_thirty_times(ada, full, django_assert_max_num_queries, page, accept):
    with django_assert_max_num_queries(MOST):
        assert ada.get(page, headers={"Accept": accept}).status_code == 200


def test_asking_before_acting_on_all_that_match_is_bounded_too(ada, full, django_assert_max_num_queries):
    for act in ("cancel", "move", "replay"):
        with django_assert_max_num_queries(MOST):
            assert ada.post("/hardy/tasks/act/", {"act": act, "which": "all"}).status_code == 200
