from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path

from pages.words import GREETING


def greet(request: HttpRequest) -> HttpResponse:
    return HttpResponse(GREETING)


urlpatterns = [path("", greet)]
