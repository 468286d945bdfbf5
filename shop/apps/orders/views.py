"""Orders as their owners and the staff see them. The basket and placing an order are in `checkout`."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.generic import DetailView, ListView

from apps.core.live import Live
from apps.orders.forms import CardForm
from apps.orders.models import Order
from apps.orders.timeline import Timeline
from apps.payments.services import charge_again


class MyOrders(LoginRequiredMixin, ListView):
    """One's own orders; the staff may see all with ?all=1."""

    template_name = "orders/list.html"
    context_object_name = "orders"
    paginate_by = 20

    @property
    def sees_all(self) -> bool:
        return self.request.user.is_staff and "all" in self.request.GET

    def get_queryset(self) -> QuerySet[Order]:
        whose = {} if self.sees_all else {"user": self.request.user}
        return (
            Order.objects.filter(**whose)
            .select_related("user")
            .annotate(items=Sum("lines__quantity"))
            .prefetch_related("lines__product")
            .order_by("-pk")
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(sees_all=self.sees_all, **kwargs)


class OrderView(LoginRequiredMixin, DetailView):
    """An order, for its owner and the staff; for all others there is none."""

    context_object_name = "order"

    def get_queryset(self) -> QuerySet[Order]:
        whole = Order.objects.select_related("payment", "user").prefetch_related("lines__product", "events")
        return whole.seen_by(self.request.user)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(timeline=Timeline.of(self.object), **kwargs)


class OrderPage(OrderView):
    template_name = "orders/page.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(form=CardForm(), **kwargs)


class Progress(Live, OrderPage):
    """The part of the page that moves."""

    template_name = "orders/progress.html"

    def version(self, context: dict[str, Any]) -> str:
        return context["timeline"].version


class Pay(OrderView):
    """Charge an order again whose payment failed."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.object = order = self.get_object()
        form = CardForm(request.POST)
        if not form.is_valid():
            return render(request, "orders/page.html", self.get_context_data(form=form))
        if not charge_again(order, request.user, form.cleaned_data["card"]):
            messages.info(request, f"This order is {order.get_status_display()}: nothing was charged.")
        return redirect("order", order.pk)
