from __future__ import annotations

from django import forms
from django.db.models import Q, QuerySet

from apps.products.models import Product

ORDERINGS = {
    "name": "by name",
    "price": "cheapest first",
    "-price": "dearest first",
    "-stock": "most in stock",
}


class SearchForm(forms.Form):
    """What may be asked of the list. Nonsense is left out, never an error: it comes from an address bar."""

    q = forms.CharField(
        label="Search",
        required=False,
        max_length=80,
        strip=True,
        widget=forms.TextInput(
            attrs={"type": "search", "placeholder": "Search the shop", "autocomplete": "off"}
        ),
    )
    category = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    ordering = forms.ChoiceField(label="Order", required=False, choices=ORDERINGS.items())

    def choose(self, products: QuerySet[Product]) -> QuerySet[Product]:
        asked = self.asked
        for word in asked.get("q", "").split():
            products = products.filter(
                Q(name__icontains=word) | Q(description__icontains=word) | Q(sku__icontains=word)
            )
        if asked.get("category"):
            products = products.filter(category=asked["category"])
        return products.order_by(asked.get("ordering") or "name", "pk")

    @property
    def asked(self) -> dict[str, str]:
        """What was asked and makes sense."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}
