"""The basket's pages, and placing an order."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.generic import FormView, View

from apps.orders.basket import Basket, BasketFull, Line
from apps.orders.forms import CardForm, QuantityForm
from apps.orders.models import Order
from apps.products.models import Product
from apps.products.work import OutOfStock

NONE = "0"


class BasketPage(View):
    """What is in the basket; posting changes it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "orders/basket.html", priced(Basket(request.session).lines()))

    def post(self, request: HttpRequest) -> HttpResponse:
        basket = Basket(request.session)
        errors = {}
        for product, text in asked_quantities(request).items():
            form = QuantityForm({"quantity": text})
            if text == NONE:
                basket.change(product, 0)
            elif form.is_valid():
                basket.change(product, form.cleaned_data["quantity"])
            else:
                errors[product] = form.errors["quantity"][0]
        if errors:
            return render(request, "orders/basket.html", priced(basket.lines(), errors), status=400)
        return redirect("checkout" if "checkout" in request.POST else "basket")


def asked_quantities(request: HttpRequest) -> dict[int, str]:
    """What the basket's form says of each product; its button "Remove" says 0 of one."""
    asked = {f"quantity-{request.POST['remove']}": NONE} if "remove" in request.POST else request.POST.dict()
    fields = {f"quantity-{product}": product for product in Basket(request.session).quantities}
    return {fields[name]: value.strip() for name, value in asked.items() if name in fields}


def priced(lines: list[Line], errors: dict[int, str] | None = None) -> dict[str, Any]:
    """The lines with what is wrong with each, and what they cost together."""
    told = [(line, (errors or {}).get(line.product.pk, line.problem)) for line in lines]
    return {
        "lines": told,
        "total": sum(line.price for line in lines),
        "may_order": bool(lines) and not any(problem for _, problem in told),
    }


class AddToBasket(View):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        product = get_object_or_404(Product.objects.on_sale(), pk=pk)
        form = QuantityForm({"quantity": request.POST.get("quantity", "1")})
        if not form.is_valid():
            context = {"product": product, "error": form.errors["quantity"][0]}
            return render(request, "products/page.html", context, status=400)
        try:
            count = Basket(request.session).add(product, form.cleaned_data["quantity"])
        except BasketFull as error:
            messages.error(request, str(error))
        else:
            messages.success(
                request, f"{product.name} is in your basket{f', {count} times' if count > 1 else ''}."
            )
        return redirect(came_from(request) or product_page(product))


def came_from(request: HttpRequest) -> str:
    """The page of ours to go back to."""
    back = request.POST.get("back", "")
    ours = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return back if ours else ""


def product_page(product: Product) -> str:
    return reverse("product", args=[product.pk])


class Checkout(LoginRequiredMixin, FormView):
    """The last look before an order is placed."""

    template_name = "orders/checkout.html"
    form_class = CardForm

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.context()["may_order"]:
            return redirect("basket")
        return super().get(request, *args, **kwargs)

    def context(self) -> dict[str, Any]:
        return priced(Basket(self.request.session).lines())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**self.context(), **kwargs)

    def form_valid(self, form: CardForm) -> HttpResponse:
        try:
            order = Basket(self.request.session).order(self.request.user, form.cleaned_data["card"])
        except OutOfStock as error:
            messages.error(self.request, f"Somebody was faster. {error}")
            return redirect("basket")
        return redirect("order", order.pk) if order else self.nothing_to_order()

    def nothing_to_order(self) -> HttpResponse:
        """An empty basket: most likely a second click on the button, so the order is there already."""
        latest = Order.objects.filter(user=self.request.user).first()
        return redirect("order", latest.pk) if latest else redirect("basket")
