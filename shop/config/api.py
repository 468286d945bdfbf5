"""The REST API: /api/…"""

from __future__ import annotations

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from rest_framework.permissions import AllowAny
from rest_framework.routers import SimpleRouter

from apps.core.api import Health, Nowhere
from apps.orders.api import Orders
from apps.products.api import Products
from apps.reports.api import Reports
from apps.users.api import LogIn, Users

router = SimpleRouter(use_regex_path=False)
router.register("users", Users, "api-user")
router.register("products", Products, "api-product")
router.register("orders", Orders, "api-order")
router.register("reports", Reports, "api-report")

urlpatterns = [
    *router.urls,
    path("health/", Health.as_view(), name="api-health"),
    path("token/", LogIn.as_view(), name="api-token"),
    path("session/", include("rest_framework.urls")),
    path("schema/", SpectacularAPIView.as_view(permission_classes=[AllowAny]), name="api-schema"),
    path(
        "", SpectacularSwaggerView.as_view(url_name="api-schema", permission_classes=[AllowAny]), name="api"
    ),
    path("<path:anything>", Nowhere.as_view()),
]
