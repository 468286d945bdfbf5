from __future__ import annotations

from django.urls import path

from apps.core import views

urlpatterns = [
    path("backstage/", views.BackstagePage.as_view(), name="backstage"),
    path("backstage/now/", views.BackstageNow.as_view(), name="backstage-now"),
    path("backstage/strip/", views.BackstageStrip.as_view(), name="backstage-strip"),
]
