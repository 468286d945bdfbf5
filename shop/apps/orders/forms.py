from __future__ import annotations

from django import forms

from apps.orders.serializers import MOST_PER_LINE
from apps.payments.models import Card


class QuantityForm(forms.Form):
    """How many to put into the basket."""

    quantity = forms.IntegerField(
        min_value=1,
        max_value=MOST_PER_LINE,
        initial=1,
        error_messages={
            "required": "How many?",
            "invalid": "How many? A whole number.",
            "min_value": "At least one.",
            "max_value": f"At most {MOST_PER_LINE} at once.",
        },
    )


class CardForm(forms.Form):
    """With what an order is paid."""

    card = forms.ChoiceField(
        label="Pay with",
        choices=[
            (Card.GOOD, f"Test card ending in {Card.GOOD[-4:]}, which pays"),
            (Card.DECLINED, f"Test card ending in {Card.DECLINED[-4:]}, which is declined"),
        ],
        initial=Card.GOOD,
        widget=forms.RadioSelect,
    )
