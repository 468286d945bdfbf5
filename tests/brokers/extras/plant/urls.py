"""One view, which asks for a task and may fail afterwards."""

from __future__ import annotations

from depot import tasks
from django.http import HttpRequest, HttpResponse
from django.urls import path


def order(request: HttpRequest) -> HttpResponse:
    tasks.record.delay(request.GET["name"])
    if "fail" in request.GET:
        raise RuntimeError("the view failed behind the task")
    return HttpResponse("asked")


urlpatterns = [path("order", order)]
