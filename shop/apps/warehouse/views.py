from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.generic import TemplateView

from apps.core.access import StaffOnly
from apps.core.backstage import is_going_on
from apps.core.live import Live
from apps.products.models import Product
from apps.warehouse import services
from apps.warehouse.charts import Columns, shares
from apps.warehouse.models import Source
from apps.warehouse.queries import BestSeller

ASKED_AT = "warehouse_asked_at"
PATIENCE = timedelta(minutes=10)  # a source that has not come by then needs more than waiting


class WarehousePage(StaffOnly, TemplateView):
    """What the warehouse knows; posting loads it anew."""

    template_name = "warehouse/page.html"

    def post(self, request: HttpRequest) -> HttpResponse:
        request.session[ASKED_AT] = timezone.now().isoformat()
        services.refresh()
        return redirect("warehouse")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        sources = list(Source.objects.all())
        # Before the figures: what is loaded after this look is shown by the next one.
        is_loading = is_being_loaded(sources, self.asked_at)
        figures = services.aggregates()
        return super().get_context_data(
            sources=sources,
            is_loading=is_loading,
            figures=figures,
            columns=Columns.of(figures.days),
            shares=shares(figures.categories),
            best_sellers=named(figures.best_sellers),
            **kwargs,
        )

    @property
    def asked_at(self) -> datetime | None:
        return parse_datetime(self.request.session.get(ASKED_AT, ""))


class WarehouseNow(Live, WarehousePage):
    """The part of the page that moves while it is loaded."""

    template_name = "warehouse/figures.html"
    http_method_names = ["get"]

    def version(self, context: dict[str, Any]) -> str:
        return version(context["sources"], context["is_loading"], context["figures"])


def named(best_sellers: list[BestSeller]) -> list[dict[str, Any]]:
    """The warehouse knows products by their SKU only."""
    skus = [best.sku for best in best_sellers]
    names = dict(Product.objects.filter(sku__in=skus).values_list("sku", "name"))
    return [{**best._asdict(), "name": names.get(best.sku, best.sku)} for best in best_sellers]


def is_being_loaded(sources: list[Source], asked_at: datetime | None) -> bool:
    """Whether something that was asked for has not arrived: a source, or a count that still goes on."""
    if asked_at is None or timezone.now() - asked_at > PATIENCE:
        return False
    return is_going_on("warehouse.") or any(
        source.loaded_at is None or source.loaded_at < asked_at for source in sources
    )


def version(sources: list[Source], is_loading: bool, figures: services.Aggregates) -> str:
    loaded = "-".join(f"{source.loaded_at:%H%M%S%f}" if source.loaded_at else "" for source in sources)
    return f"{is_loading:d}-{loaded}-{figures.turnover}-{len(figures.days)}"
