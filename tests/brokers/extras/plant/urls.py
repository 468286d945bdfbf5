"""A view that asks for a task and may fail afterwards, and one that asks from an event loop."""

from __future__ import annotations

from depot import tasks
from django.http import HttpRequest, HttpResponse
from django.urls import path


def order(request: HttpRequest) -> HttpResponse:
    tasks.record.delay(request.GET["name"])
    if "fail" in request.GET:
        raise RuntimeError("the view failed behind the task")
    return HttpResponse("asked")


async def order_from_a_loop(request: HttpRequest) -> HttpResponse:
    tasks.record.delay(request.GET["name"])
    await tasks.record.adelay(request.GET["name"])
    return HttpResponse("asked")


urlpatterns = [path("order", order), path("order_from_a_loop", order_from_a_loop)]
