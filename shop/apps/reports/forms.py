from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from apps.reports.api import MOST_DAYS
from apps.reports.models import Report
from apps.users.models import User

USUAL_DAYS = 30


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")  # what a browser's own calendar wants


class ReportForm(forms.Form):
    """Which orders a report is about; its fields are those of `POST /api/reports/`."""

    first_day = forms.DateField(label="From", widget=DayInput)
    last_day = forms.DateField(label="To", widget=DayInput)
    scope = forms.ChoiceField(label="Of", choices=Report.Scope.choices, required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not user.is_staff:
            del self.fields["scope"]

    @staticmethod
    def usual_days() -> dict[str, Any]:
        today = timezone.localdate()
        return {"first_day": today - timedelta(days=USUAL_DAYS - 1), "last_day": today}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first, last = data.get("first_day"), data.get("last_day")
        if first and last:
            self._check_days((last - first).days)
        return {**data, "scope": data.get("scope") or Report.Scope.MINE}

    def _check_days(self, days: int) -> None:
        if days < 0:
            self.add_error("last_day", ValidationError("The last day is before the first."))
        if days > MOST_DAYS:
            self.add_error("last_day", ValidationError(f"A report covers at most {MOST_DAYS} days."))
