from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.generic import DetailView, ListView

from apps.products import pictures
from apps.products.forms import SearchForm
from apps.products.models import Product

FEW = 4


class ProductList(ListView):
    """The shop's front: what it sells, by category, by search, page by page."""

    template_name = "products/list.html"
    context_object_name = "products"
    paginate_by = 12

    def get_queryset(self) -> QuerySet[Product]:
        self.form = SearchForm(self.request.GET)
        return self.form.choose(Product.objects.on_sale())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        categories = (
            Product.objects.on_sale().order_by("category").values_list("category", flat=True).distinct()
        )
        return super().get_context_data(
            form=self.form,
            asked=self.form.asked,
            categories=categories,
            url_end=f"&{urlencode(self.form.asked)}",
            **kwargs,
        )


class ProductPage(DetailView):
    """One product. What is no longer on sale is not found."""

    template_name = "products/page.html"
    queryset = Product.objects.on_sale()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        others = self.queryset.filter(category=self.object.category).exclude(pk=self.object.pk)[:FEW]
        return super().get_context_data(others=others, **kwargs)


@cache_control(public=True, max_age=24 * 60 * 60)
def picture(request: HttpRequest, name: str) -> HttpResponse:
    return HttpResponse(pictures.draw(name), content_type="image/svg+xml")
