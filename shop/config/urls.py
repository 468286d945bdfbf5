"""The shop's addresses: pages, the API under /api/, the admin, and the control room and the metrics under /hardy/."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

pages = [
    path("", include(f"apps.{app}.urls"))
    for app in ("core", "products", "orders", "users", "reports", "warehouse")
]

urlpatterns = [
    *pages,
    path("api/", include("config.api")),
    path("admin/", admin.site.urls),
    path("hardy/", include("hardy.telemetry.urls")),
    path("hardy/", include("hardy.dashboard.urls")),
]
