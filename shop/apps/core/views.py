from __future__ import annotations

from typing import Any

from django.contrib.auth.mixins import UserPassesTestMixin
from django.views.generic import TemplateView

from apps.core.access import may_look_behind
from apps.core.backstage import Backstage
from apps.core.live import Live


class BackstagePage(UserPassesTestMixin, TemplateView):
    """The workers at work."""

    template_name = "core/backstage.html"

    def test_func(self) -> bool:
        return may_look_behind(self.request)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(backstage=Backstage.now(), **kwargs)


class BackstageNow(Live, BackstagePage):
    """The part of that page that moves."""

    template_name = "core/backstage_now.html"

    def version(self, context: dict[str, Any]) -> str:
        return ""  # ages move all the time


class BackstageStrip(BackstageNow):
    """One line of it, for the foot of every page."""

    template_name = "core/backstage_strip.html"
