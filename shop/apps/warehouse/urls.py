from __future__ import annotations

from django.urls import path

from apps.warehouse import views

urlpatterns = [
    path("staff/warehouse/", views.WarehousePage.as_view(), name="warehouse"),
    path("staff/warehouse/now/", views.WarehouseNow.as_view(), name="warehouse-now"),
]
