"""``path("hardy/", include("hardy.telemetry.urls"))`` in a project's addresses; nothing here needs a template."""

from __future__ import annotations

from django.urls import path

from hardy.telemetry.views import health, metrics, scaling

app_name = "hardy_telemetry"

urlpatterns = [
    path("metrics", metrics, name="metrics"),
    path("health", health, name="health"),
    path("scaling", scaling, name="scaling"),
]
