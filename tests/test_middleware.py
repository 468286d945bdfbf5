"""Who caused a task: the middleware on synchronous and asynchronous stacks, and blocks that are no requests."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils.functional import SimpleLazyObject

import hardy
from hardy.cause import cause_of_what_is_sent
from hardy.middleware import CauseMiddleware

APP = SimpleNamespace(current_worker_task=None)


def answer(request: Any) -> HttpResponse:
    return HttpResponse(repr(cause_of_what_is_sent(APP)))


def asked(user: Any = None, **headers: str) -> Any:
    request = RequestFactory().get("/", headers=headers)
    if user is not None:
        request.user = user
    return request


def test_a_request_has_an_id_which_its_tasks_carry_and_its_answer_tells():
    request = asked(SimpleNamespace(pk=7))

    response = CauseMiddleware(answer)(request)

    id = response.headers["X-Request-ID"]
    assert len(id) == 32 and request.hardy_request_id == id
    assert response.content.decode() == repr({"request": id, "user": "7"})


def test_the_id_of_a_proxy_is_kept():
    response = CauseMiddleware(answer)(asked(**{"X-Request-ID": "edge-7/abc"}))

    assert response.headers["X-Request-ID"] == "edge-7/abc"
    assert response.content.decode() == repr({"request": "edge-7/abc"})


@pytest.mark.parametrize("said", ["", "a b", "<script>", "x" * 129, "é"])
def test_what_is_no_id_is_replaced(said):
    assert len(CauseMiddleware(answer)(asked(**{"X-Request-ID": said})).headers["X-Request-ID"]) == 32


def test_nobody_is_looked_up_where_nothing_is_sent():
    def load() -> Any:
        raise AssertionError("looked up")

    assert CauseMiddleware(lambda request: HttpResponse())(asked(SimpleLazyObject(load))).status_code == 200


def test_a_stranger_has_no_id():
    assert "user" not in CauseMiddleware(answer)(asked(AnonymousUser())).content.decode()


def test_after_the_request_nothing_is_left_of_it():
    CauseMiddleware(answer)(asked(SimpleNamespace(pk=7)))

    assert cause_of_what_is_sent(APP) is None


def test_two_requests_of_one_event_loop_are_told_apart():
    async def slow(request: Any) -> HttpResponse:
        await asyncio.sleep(0)
        return answer(request)

    async def both() -> list[HttpResponse]:
        middleware = CauseMiddleware(slow)
        requests = [asked(SimpleNamespace(pk=pk), **{"X-Request-ID": f"r{pk}"}) for pk in (1, 2)]
        return await asyncio.gather(*(middleware(request) for request in requests))

    said = [response.content.decode() for response in asyncio.run(both())]

    assert said == [repr({"request": f"r{pk}", "user": str(pk)}) for pk in (1, 2)]


def test_a_block_names_who_it_is_for_and_the_outer_one_counts_after_it():
    with hardy.caused_by(user=SimpleNamespace(pk=7)):
        with hardy.caused_by(request="r-1"):
            assert cause_of_what_is_sent(APP) == {"request": "r-1"}
        assert cause_of_what_is_sent(APP) == {"user": "7"}
    assert cause_of_what_is_sent(APP) is None
